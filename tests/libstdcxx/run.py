#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs libstdc++'s own execution tests natively and in the enclave and writes the table.

The tests come from Debian's package gcc-12-source, which must be installed. Each one is
compiled as a static-PIE, run natively, and, if it passes there, run in the enclave, where
it must end with the same status. Tests that need files run with a tmpfs that holds the
suite's data; those that need other processes, which an enclave has not, are reported apart.

    tests/libstdcxx/run.py                 the fixed sample
    tests/libstdcxx/run.py --all           everything, some hours
    tests/libstdcxx/run.py --all --resume  goes on where the last run ended
    tests/libstdcxx/run.py --filter 30_threads/
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import dejagnu
import harness

HERE = pathlib.Path(__file__).resolve().parent
ARCHIVES = "/usr/src/gcc-12"
NOT_TESTS = {"abi", "config", "data", "lib", "libstdc++-abi", "libstdc++-dg", "libstdc++-prettyprinters", "libstdc++-xmethods",
             "performance", "util"}
SUPPORT = ("testsuite_abi", "testsuite_allocator", "testsuite_character", "testsuite_hooks")
VERDICTS = ("passed", "failed", "needs files", "fails natively", "not for us", "passed natively")


def unpack(cache):
    """The suite's folder, unpacked from the package's archive the first time."""
    suite = cache / "suite"
    if not (suite / "util").is_dir():
        archives = sorted(pathlib.Path(ARCHIVES).glob("gcc-*.tar.*"))
        if not archives:
            harness.die(f"no archive in {ARCHIVES}: install Debian's package gcc-12-source")
        partial = cache / "suite.partial"
        shutil.rmtree(partial, ignore_errors=True)
        with tarfile.open(archives[0]) as archive:
            for member in archive:
                _, _, inner = member.name.partition("/libstdc++-v3/testsuite/")
                if inner and member.isfile():
                    member.name = inner
                    archive.extract(member, partial, filter="data") if hasattr(tarfile, "data_filter") else archive.extract(member, partial)
        partial.rename(suite)
    return suite


class Runner:
    def __init__(self, options):
        self.options = options
        self.cache = pathlib.Path(options.cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.suite = unpack(self.cache)
        self.compiler = ["g++"] + (harness.HARDENED if options.hardened else harness.PLAIN)
        self.launcher = ["ccache"] if shutil.which("ccache") else []
        self.flags = ["-O2", "-g0", "-w", "-fmessage-length=0", "-D_GLIBCXX_ASSERT", "-D_GNU_SOURCE", '-DLOCALEDIR="."',
                      f"-I{self.suite / 'util'}"]
        self.support = self.build_support()

    def build_support(self):
        archive = self.cache / "libtestsupport.a"
        units = []
        for name in SUPPORT:
            unit = self.cache / f"{name}.o"
            message = harness.run_tool(self.launcher + self.compiler + self.flags
                                       + ["-std=gnu++17", "-c", self.suite / "util" / f"{name}.cc", "-o", unit])
            if message:
                harness.die(f"{name}.cc does not compile:\n{message[-2000:]}")
            units.append(unit)
        archive.unlink(missing_ok=True)
        subprocess.run(["ar", "rcs", archive, *units], check=True)
        return archive

    def names(self):
        """Every test's path inside the suite, or those of the sample."""
        if not self.options.all and not self.options.filter:
            return [line for line in (HERE / "sample.txt").read_text().split("\n") if line and not line.startswith("#")]
        names = [str(path.relative_to(self.suite)) for path in sorted(self.suite.rglob("*.cc"))]
        names = [name for name in names if name.split("/")[0] not in NOT_TESTS]
        return [name for name in names if re.search(self.options.filter or "", name)]

    def build(self, name, test, folder):
        unit, binary = folder / "test.o", folder / "test"
        libraries = [option for option in test.options if option.startswith("-l")]
        switches = [option for option in test.options if not option.startswith("-l") and option != "-static"]
        message = harness.run_tool(self.launcher + self.compiler + self.flags + switches + ["-c", self.suite / name, "-o", unit])
        if message is None:
            message = harness.run_tool(self.compiler + switches + [unit, self.support, "-o", binary] + libraries)
        return binary, message

    def run(self, name):
        """One test; returns a dictionary with name, verdict and detail."""
        try:
            test = dejagnu.read((self.suite / name).read_text(errors="replace"))
        except dejagnu.Unsupported as reason:
            return {"name": name, "verdict": "not for us", "detail": str(reason)}
        folder = self.cache / "work" / re.sub(r"[^\w.-]", "-", name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            return {"name": name, **self.judge(name, test, folder)}
        finally:
            if not self.options.keep:
                shutil.rmtree(folder, ignore_errors=True)

    def judge(self, name, test, folder):
        binary, message = self.build(name, test, folder)
        if message:
            return {"verdict": "fails natively", "detail": "does not compile: " + message.strip().split("\n")[0][:200]}
        if test.outside_only:
            for data in (self.suite / "data").iterdir():
                shutil.copy(data, folder)
        timeout = 60 * test.timeout_factor
        native, _, err = harness.execute([binary], timeout=timeout, folder=folder)
        if native is None or (native != 0) != test.expect_failure:
            return {"verdict": "fails natively", "detail": f"status {native}" + harness.tail(err)}
        if self.options.native_only:
            return {"verdict": "passed natively", "detail": ""}
        command = harness.enclave_command(self.options, binary, manifest=self.manifest())
        inside, _, err = harness.execute(command, timeout=2 * timeout + 30, folder=folder)
        if inside == native:
            return {"verdict": "passed", "detail": ""}
        detail = "timed out" if inside is None else f"status {inside} instead of {native}"
        if test.outside_only:
            return {"verdict": "needs files", "detail": f"{test.outside_only}: {detail}"}
        return {"verdict": "failed", "detail": detail + harness.tail(err)}

    def manifest(self):
        """Room for the largest strings of the suite, what the native run finds in its folder, and a place for temporary files."""
        path = self.cache / "manifest.toml"
        text = 'heap = "2 GiB"\nthreads = 64\nworking_directory = "/work"\n'
        text += f'[[mount]]\ntype = "tmpfs"\npath = "/work"\nsource = "{self.suite.resolve() / "data"}"\n'
        text += '[[mount]]\ntype = "tmpfs"\npath = "/tmp"\n'
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        return path


def write_table(path, results, native_only):
    """The Markdown page: counts by folder, then every test that passes natively and not inside."""
    by_folder = collections.defaultdict(collections.Counter)
    for result in results:
        by_folder[result["name"].split("/")[0]][result["verdict"]] += 1
        by_folder["all"][result["verdict"]] += 1
    columns = [verdict for verdict in VERDICTS if by_folder["all"][verdict]]
    lines = ["# libstdc++'s own execution tests", "",
             "Compiled as static-PIE, run natively and in the enclave; `passed` means the same status in both.", "",
             "| folder | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for folder in sorted(by_folder):
        lines.append(f"| {folder} | " + " | ".join(str(by_folder[folder][verdict]) for verdict in columns) + " |")
    total = by_folder["all"]
    if not native_only:
        native = total["passed"] + total["failed"]
        share = 100 * total["passed"] / native if native else 0
        lines += ["", f"Of {native} tests that pass natively and need neither files nor processes, {total['passed']} pass inside: "
                      f"{share:.2f} %. {total['needs files']} more need files or processes."]
    for verdict, title in (("failed", "Pass natively and not inside"), ("needs files", "Need files or processes")):
        rows = [result for result in results if result["verdict"] == verdict]
        if rows:
            lines += ["", f"## {title}", "", "| test | what happened |", "|---|---|"]
            lines += [f"| {row['name']} | {' '.join(row['detail'].split()).replace('|', '/')} |" for row in rows]
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "libstdcxx")
    parser.add_argument("--all", action="store_true", help="every execution test, not the sample")
    parser.add_argument("--filter", help="regular expression on a test's path")
    parser.add_argument("--resume", action="store_true", help="keep the results of the last run")
    parser.add_argument("--native-only", action="store_true", help="compile and run natively only")
    parser.add_argument("--hardened", action="store_true", help="compile with what `sgxx c++` adds")
    parser.add_argument("--keep", action="store_true", help="keep every test's folder")
    parser.add_argument("--output", help="folder for libstdcxx.md and libstdcxx.json (default: the cache)")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx and not options.native_only:
        harness.die("no sgxx command under build/: build the project, name it with --sgxx, or say --native-only")
    runner = Runner(options)
    output = pathlib.Path(options.output or options.cache)
    output.mkdir(parents=True, exist_ok=True)
    journal = output / "libstdcxx.jsonl"
    done = {}
    if options.resume and journal.exists():
        done = {row["name"]: row for row in map(json.loads, journal.read_text().splitlines())}
    names = [name for name in runner.names() if name not in done]
    started = time.monotonic()
    with journal.open("a" if options.resume else "w") as log, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(runner.run, names):
            done[result["name"]] = result
            log.write(json.dumps(result) + "\n")
            log.flush()
            if result["verdict"] in ("failed", "fails natively"):
                print(f"{result['verdict'].upper():14} {result['name']} {result['detail']}", flush=True)
    results = [done[name] for name in sorted(done)]
    (output / "libstdcxx.json").write_text(json.dumps(results, indent=1) + "\n")
    write_table(output / "libstdcxx.md", results, options.native_only)
    count = collections.Counter(result["verdict"] for result in results)
    print(", ".join(f"{count[verdict]} {verdict}" for verdict in VERDICTS if count[verdict]) + f" ({time.monotonic() - started:.0f} s)")
    print(f"table: {output / 'libstdcxx.md'}")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
