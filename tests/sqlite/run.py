#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs SQLite's own test programs natively, on files in memory and on an encrypted volume, and compares what they say.

Each program is linked with Debian's library, as a static-PIE, and the same binary serves every mode. It must end with status 0
and say the same everywhere, times and counts of turns aside; speedtest1 says a hash of everything that it read.
Natively and on the encrypted volume each step of a case is a process of its own, so that the database is opened again from what
lies on the disk; files in memory end with their process, so there one process does all steps.

    tests/sqlite/run.py                   everything, about half a minute
    tests/sqlite/run.py --filter threads  some of it
"""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "tools")]

import debian_source
import harness

SKIPPED = 77  # known to ctest as the status of a test that did not run
MODES = ("native", "memory", "encrypted")
LIBRARIES = ["-lsqlite3", "-lm", "-pthread"]
JOURNALS = ("delete", "wal")
TIMES = re.compile(rb"\.*\s+\d+\.\d{3}s$|^(?:Total elapsed time|Microseconds per|Content (?:read|write) rate).*$", re.M)
OF_THREADS = re.compile(rb"^(?:Running .*|\d+ errors out of \d+ tests)$", re.M)


@dataclasses.dataclass
class Case:
    name: str
    program: str
    steps: list  # of lists of words

    def comparable(self, said):
        return b"\n".join(OF_THREADS.findall(said)) if self.program == "threads" else TIMES.sub(b"", said)


def cases(text):
    """`text`: a file to count the words of."""
    threads = (["walthread1", "walthread2", "walthread3", "walthread4", "walthread5", "cgt_pager_1"],
               ["dynamic_triggers", "create_drop_index_1", "lookaside1"], ["checkpoint_starvation_1", "checkpoint_starvation_2", "vacuum1"],
               ["stress1", "stress2", "shared1"])
    made = [Case(f"threads {names[0]}...", "threads", [names]) for names in threads]
    for journal in JOURNALS:
        speed = ["--verify", "--size", "5", "--journal", journal]
        made += [
            Case(f"speedtest1 {journal}", "speedtest1", [[*speed, "--checkpoint", "--testset", "main,cte,rtree,orm,fp,debug1", "test.db"]]),
            Case(f"speedtest1 {journal}, mapped", "speedtest1",
                 [[*speed, "--mmap", "50000000", "--pagesize", "1024", "--autovacuum", "--utf16be", "--without-rowid", "test.db"]]),
            Case(f"speedtest1 {journal}, temporary files", "speedtest1",
                 [[*speed, "--temp", "6", "--threads", "2", "--pagesize", "65536", "--cachesize", "10", "--incrvacuum", "test.db"]]),
            Case(f"wordcount {journal}", "wordcount",
                 [["--all", "--journal", journal, "--commit", "1000", "--cachesize", "20", "--summary", "test.db", text],
                  ["--insert", "--journal", journal, "--commit", "10", "--pagesize", "512", "--without-rowid", "--summary", "other.db", text]]),
            Case(f"kvtest {journal}", "kvtest",
                 [["init", "test.db", "--count", "1000", "--size", "10000", "--pagesize", "1024"],
                  ["run", "test.db", "--count", "1000", "--update", "--jmode", journal, "--random", "--integrity-check"],
                  ["run", "test.db", "--count", "200", "--update", "--jmode", journal, "--multitrans", "--integrity-check"],
                  ["run", "test.db", "--count", "1000", "--blob-api", "--mmap", "20000000", "--desc", "--integrity-check"],
                  ["stat", "test.db", "--vacuum"], ["export", "test.db", "files"], ["export", "test.db", "tree", "--tree"],
                  ["run", "files", "--count", "1000", "--random"], ["run", "tree", "--count", "1000", "--update", "--fsync"]]),
        ]
    return made


def one_process(steps):
    """The words of all steps, with the commas that steps.c understands."""
    return [word for number, step in enumerate(steps) for word in [","] * (number > 0) + step]


def run(case, mode, binary, text, options):
    """Returns (status, standard output, standard error) of one case in one mode."""
    with tempfile.TemporaryDirectory(prefix="sgxx-sqlite-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        # The same path in every mode, so that messages are the same.
        files = folder / "files"
        files.mkdir()
        steps, manifest = case.steps, None
        if mode != "native":
            (folder / "volume").mkdir()
            manifest = folder / "manifest.toml"
            place = f'type = "encrypted"\nsource = "{folder / "volume"}"' if mode == "encrypted" else 'type = "tmpfs"'
            manifest.write_text(f'heap = "1 GiB"\nworking_directory = "{files}"\n[[mount]]\npath = "{files}"\n{place}\n'
                                f'[[mount]]\npath = "{text}"\ntype = "measured"\nsource = "{text}"\n')
            if mode == "memory" and len(steps) > 1:
                steps = [one_process(steps)]
        said, status, err = b"", 0, b""
        for words in steps:
            command = harness.enclave_command(options, binary, words, manifest=manifest) if manifest else [binary, *words]
            status, out, err = harness.execute(command, timeout=120, folder=files)
            said += out
            if status != 0:
                break
        return status, said, err


def judge(case, binary, text, options):
    """Returns a line for each mode that went wrong."""
    complaints, native = [], None
    for mode in MODES:
        status, said, err = run(case, mode, binary, text, options)
        comparable = case.comparable(said)
        native = comparable if mode == "native" else native
        if status != 0:
            what = "timed out" if status is None else f"status {status}"
            complaints.append(f"{case.name} [{mode}] {what}\n    {said.decode(errors='replace')[-300:]}{harness.tail(err)}")
        elif not comparable or comparable != native:
            complaints.append(f"{case.name} [{mode}] says something else\n" + harness.difference(native, comparable))
    return complaints


def build(toolchain, program, source):
    flags = ["-O2", "-g0", "-w", f"-I{source / 'test'}", f"-I{source / 'src'}", "-DSQLITE_ENABLE_RTREE", *LIBRARIES]
    if program != "threads":
        flags.append(f'-DPROGRAM="{program}.c"')
    binary, message = toolchain.build(f"sqlite-{program}", HERE / ("threads.c" if program == "threads" else "steps.c"), flags)
    if message:
        harness.die(f"{program} does not compile:\n{message[-3000:]}")
    return binary


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "sqlite")
    parser.add_argument("--filter", default="", help="regular expression on a case's name")
    parser.add_argument("-v", "--verbose", action="store_true", help="one line for every case")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx:
        harness.die("no sgxx command under build/: build the project or name it with --sgxx")
    source = debian_source.find("sqlite3")
    if not source:
        print("SKIPPED: SQLite's sources are not here: run  tools/debian_source.py sqlite3")
        return SKIPPED
    text = source / "test" / "wordcount.c"
    chosen = [case for case in cases(text) if re.search(options.filter, case.name)]
    if not chosen:
        harness.die(f"no case matches {options.filter!r}")
    toolchain = harness.Toolchain(options, sorted((source / "test").glob("*.c")))
    binaries = {program: build(toolchain, program, source) for program in dict.fromkeys(case.program for case in chosen)}
    failed, started = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(judge, case, binaries[case.program], text, options): case for case in chosen}
        for job in concurrent.futures.as_completed(jobs):
            complaints = job.result()
            failed += len(complaints)
            for complaint in complaints:
                print("FAILED", complaint, flush=True)
            if options.verbose and not complaints:
                print("passed", jobs[job].name, f"({time.monotonic() - started:.0f} s)", flush=True)
    print(f"{len(chosen) * len(MODES) - failed} passed, {failed} failed ({len(chosen)} cases, {time.monotonic() - started:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
