#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs SQLite's own test suite (its `*.test` files, in Tcl) natively, on files in memory and on an encrypted volume.

The suite's program is SQLite with its test extensions and Tcl's static library, a static-PIE, made once from Debian's
source; the same binary serves every mode. A file passes if no test in it fails that does not fail natively, but for those of KNOWN. One that
starts processes, which an enclave has not, is counted apart.

    tests/sqlite/suite.py                 the tests of files, journals, locks and memory: about ten minutes
    tests/sqlite/suite.py --sample        a few of them: half a minute, and as much to make the program
    tests/sqlite/suite.py --all           all that are not endless: some hours
    tests/sqlite/suite.py --filter '^wal' some of them
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "tools")]

import debian_source
import harness

SKIPPED = 77  # known to ctest as the status of a test that did not run
MODES = ("memory", "encrypted")
TCL = pathlib.Path("/usr/share/tcltk")
FILES = re.compile("^(wal|journal|pager|lock|mmap|tmp|temp|atomic|shared|backup|vacuum|incrvac|superlock|io|lfs|exclusive|delete_db|diskfull"
                   "|jrnl|multiplex|nolock|openv2|overwrite|quota|reservebytes|rollback|rdonly|readonly|savepoint|snapshot|subjournal"
                   "|symlink|sync|sys|unix|uri|vfs|zerodamage|cksumvfs|attach|8_3|oserror|pcache|checkpoint|busy|cacheflush|memjournal)")
SAMPLE = re.compile("^(mmap[12]|wal[2-8]|walmode|walshared|journal[1-3]|jrnlmode|lock[5-7]|pager4|superlock|incrvacuum|vacuum5?|tempdb|rollback"
                    "|savepoint|exclusive|snapshot_up|symlink2|cacheflush|memjournal)[.]")
# Files of files, and what runs for minutes natively.
ENDLESS = re.compile("^(all|full|quick|veryquick|extraquick|soak|permutations|mallocAll|memleak|crash|.*_ioerr|.*_malloc|.*crash.*|thread00"
                     "|walslow|walthread|vacuum3|savepoint[46]|shared_err|vtab_err|mmap4|fuzz|speed|sort[34]|bigsort|rtree[34])")
# A page of a file lies at one address: of two connections that want it at two, one reads by system calls, and these count them.
KNOWN = {"mmap1-1.4.2.5"}
# Said to Tcl before a test: one process is all there is.
PRELUDE = "set ::G(valgrind) 1\nset argv0 [lindex $argv 0]\nset argv [lrange $argv 1 end]\nsource $argv0\n"
NO_PROCESSES = re.compile("couldn't fork child process")


@dataclasses.dataclass
class Outcome:
    """What a run of one file said: how many tests there were, and the names of those that failed; none when it did not end."""

    tests: int
    failed: set
    said: str
    seconds: float


def build(cache, source):
    """The suite's program, in a folder of its own, made the first time."""
    folder = cache / "suite"
    if (folder / "testfixture").exists():
        return folder
    partial = cache / "suite.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for command in (["sh", source / "configure", "--disable-shared", "--disable-readline", "--with-tcl=/usr/lib/tcl8.6"],
                    ["make", "sqlite3.c"],
                    ["make", "testfixture", "CFLAGS=-O1 -g0 -w -fPIE -static-pie", "LTLINK=$(TCC)", "TLIBS=-lm -lz -pthread"]):
        said = subprocess.run([str(word) for word in command], cwd=partial, capture_output=True, text=True, errors="replace")
        if said.returncode:
            harness.die(f"SQLite's test program cannot be made:\n{said.stdout[-1000:]}{said.stderr[-2000:]}")
    (partial / "prelude.tcl").write_text(PRELUDE)
    partial.rename(folder)
    return folder


def run(name, mode, suite, source, timeout, options):
    with tempfile.TemporaryDirectory(prefix="sgxx-suite-", dir="/dev/shm") as holder:
        files, volume, manifest = (pathlib.Path(holder, part) for part in ("files", "volume", "manifest.toml"))
        files.mkdir()
        volume.mkdir()
        place = f'type = "encrypted"\nsource = "{volume}"' if mode == "encrypted" else 'type = "tmpfs"'
        text = f'heap = "1 GiB"\nworking_directory = "{files}"\n[environment]\nTCL_LIBRARY = "{TCL / "tcl8.6"}"\n'
        text += f'[[mount]]\npath = "{files}"\n{place}\n[[mount]]\npath = "/tmp"\ntype = "tmpfs"\n'
        for shown in (TCL, suite, source):
            text += f'[[mount]]\npath = "{shown}"\ntype = "host"\nsource = "{shown}"\nread_only = true\n'
        manifest.write_text(text)
        binary, words = suite / "testfixture", [suite / "prelude.tcl", source / "test" / name]
        started = time.monotonic()
        command = [binary, *words] if mode == "native" else harness.enclave_command(options, binary, words, manifest=manifest)
        status, out, err = harness.execute(command, timeout=timeout, folder=files)
        said = (out + err).decode(errors="replace")
        counted = re.search(r"^\d+ errors out of (\d+) tests", said, re.M)
        failed = re.search(r"^!Failures on these tests: (.*)$", said, re.M)
        ended = counted and status in (0, 1)
        return Outcome(int(counted.group(1)) if ended else 0, set(failed.group(1).split()) if failed else set(), said,
                       time.monotonic() - started)


def judge(name, suite, source, options):
    """Returns rows (mode, verdict, number of tests, detail)."""
    native = run(name, "native", suite, source, 60, options)
    if not native.tests:
        return [("native", "does not end natively", 0, native.said.strip()[-200:])]
    rows = []
    for mode in MODES:
        inside = run(name, mode, suite, source, 60 + 6 * native.seconds, options)
        more = sorted(inside.failed - native.failed - KNOWN)
        if NO_PROCESSES.search(inside.said):
            rows.append((mode, "needs processes", inside.tests, " ".join(more)))
        elif not inside.tests or more:
            rows.append((mode, "failed", inside.tests, " ".join(more) or "did not end: " + inside.said.strip()[-400:]))
        else:
            rows.append((mode, "passed", inside.tests, ""))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "sqlite")
    parser.add_argument("--all", action="store_true", help="not the tests of files alone")
    parser.add_argument("--sample", action="store_true", help="a few of the tests of files")
    parser.add_argument("--filter", help="regular expression on a file's name")
    parser.add_argument("-v", "--verbose", action="store_true", help="one line for every file and mode")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx:
        harness.die("no sgxx command under build/: build the project or name it with --sgxx")
    source = debian_source.find("sqlite3")
    if not source or not shutil.which("tclsh") or not (TCL / "tcl8.6").is_dir():
        print("SKIPPED: SQLite's sources or Tcl are not here: run  tools/setup.sh test")
        return SKIPPED
    suite = build(pathlib.Path(options.cache).resolve(), source)
    names = sorted(path.name for path in (source / "test").glob("*.test"))
    if options.filter:
        names = [name for name in names if re.search(options.filter, name)]
    elif options.sample:
        names = [name for name in names if SAMPLE.search(name)]
    else:
        names = [name for name in names if not ENDLESS.search(name) and (options.all or FILES.search(name))]
    count, tests = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(judge, name, suite, source, options): name for name in names}
        for job in concurrent.futures.as_completed(jobs):
            for mode, verdict, number, detail in job.result():
                count[mode, verdict] += 1
                tests[mode] += number
                if verdict == "failed" or options.verbose:
                    print(f"{verdict}: {jobs[job]} [{mode}] {detail}", flush=True)
    for (mode, verdict), number in sorted(count.items()):
        print(f"{mode}: {number} files {verdict}")
    print(", ".join(f"{mode}: {tests[mode]} tests" for mode in MODES))
    return 1 if any(verdict == "failed" for _, verdict in count) else 0


if __name__ == "__main__":
    sys.exit(main())
