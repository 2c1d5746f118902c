#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures programs inside an enclave against the same binaries outside.

Every program is compiled once. Its runs inside and outside are interleaved, so that a
machine that slows down slows both; the median of each side is reported with its spread
(half the distance between the quartiles), and a goal stands beside each row. Answers are
compared before any time counts: a program whose output differs has no time.

    bench/run.py                  all rows, about three minutes
    bench/run.py --filter getpid  some of them
    bench/run.py --json out.json  the same numbers for machines
    bench/run.py --smoke          answers only, smallest sizes, a few seconds
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / folder) for folder in ("tests", "tools")]

import debian_source
import harness

BENCH = harness.ROOT / "bench"
FLAGS = {".cc": ["-std=gnu++20", "-O2", f"-I{BENCH}"], ".c": ["-O2", "-w"]}
PRINTED_TOTAL = re.compile(rb"^ *TOTAL\.+ +([0-9.]+)s$", re.M)
PRINTED_TIMES = re.compile(rb"\.+ +[0-9.]+s$", re.M)


@dataclasses.dataclass
class Goal:
    """At most `value`: of the ratio inside to outside, or of the number inside itself."""

    kind: str
    value: float
    text: str

    def met(self, inside, outside):
        return (inside / outside if self.kind == "ratio" else inside) <= self.value


@dataclasses.dataclass
class Row:
    name: str
    source: str
    size: int
    smoke: int
    unit: str
    goal: Goal = None
    # What is measured: time (reported by the program), wall or memory (seen from outside); `inside`: time, and it runs only there;
    # `beside`: likewise, and the column of the outside is what the program reports of another way to do it; `printed`: the total
    # time that SQLite's speed test prints within its answer.
    subject: str = "time"
    packed: bool = False  # inside means a packed and signed image; otherwise `sgxx run` packs and signs first
    volume: bool = False  # it gets a folder: outside one in memory, inside an encrypted volume there
    # A test program of SQLite's, with these words; it starts in a folder: outside one in memory, inside a tmpfs or an encrypted volume.
    words: tuple = ()

    def show(self, value):
        scale = {"ms": 1e6, "us": 1e3, "ns": 1.0, "MiB": 1.0}[self.unit]
        return f"{value / scale:.2f}" if value / scale < 100 else f"{value / scale:.0f}"


def speed_test(name, journal, volume, goal):
    """SQLite's own speed test; what it says of times is no part of its answer."""
    return Row(name, "sqlite/speedtest1", 25, 2, "ms", goal, "printed", volume=volume, words=("--verify", "--journal", journal, "--size"))


COMPUTE = Goal("ratio", 1.03, "at most 1.03 of native")
TMPFS = Goal("ratio", 1 / 0.9, "at least 0.9 of native")
ENCRYPTED = Goal("ratio", 2.0, "at least 0.5 of native")
SEALING = Goal("ratio", 1 / 0.9, "0.9 of plain OpenSSL")
ROWS = [
    Row("fannkuch-redux", "compute/fannkuch_redux", 10, 7, "ms", COMPUTE),
    Row("fasta", "compute/fasta", 200000, 100, "ms", COMPUTE),
    Row("mandelbrot", "compute/mandelbrot", 1000, 64, "ms", COMPUTE),
    Row("n-body", "compute/n_body", 2000000, 1000, "ms", COMPUTE),
    Row("spectral-norm", "compute/spectral_norm", 1000, 50, "ms", COMPUTE),
    Row("memcpy, 256 KiB", "system/memcpy", 10000, 10, "us", COMPUTE),
    Row("malloc, two threads", "system/malloc_two_threads", 1000000, 2000, "ns", Goal("ratio", 1.1, "at most 1.1 of native")),
    Row("getpid", "system/getpid", 1000000, 100, "ns", Goal("inside", 20, "at most 20 ns")),
    Row("write to /dev/null", "system/dev_null", 1000000, 100, "ns", Goal("inside", 60, "at most 60 ns")),
    Row("clock_gettime", "system/clock_gettime", 1000000, 100, "ns", Goal("ratio", 1.0, "at most native")),
    Row("contended mutex", "system/contended_mutex", 500000, 1000, "ns", Goal("ratio", 1.2, "at most 1.2 of native")),
    Row("condition variable", "system/condition_variable", 10000, 50, "us", Goal("ratio", 1.2, "at most 1.2 of native")),
    Row("thread create, join", "system/thread_create_join", 2000, 20, "us", Goal("ratio", 2.0, "at most 2 of native")),
    Row("TCP echo, 64 bytes", "network/tcp_echo", 20000, 50, "us", Goal("ratio", 1.15, "at most 1.15 of native")),
    Row("UDP echo, 64 bytes", "network/udp_echo", 20000, 50, "us", Goal("ratio", 1.15, "at most 1.15 of native")),
    Row("TCP stream, 64 KiB", "network/tcp_stream", 20000, 50, "us", Goal("ratio", 1.09, "at most 1.09 of native")),
    Row("epoll wake-up", "network/epoll_wake", 20000, 50, "us", Goal("ratio", 1.2, "at most 1.2 of native")),
    Row("HTTP request", "network/http", 50000, 50, "us", Goal("ratio", 1.11, "at most 1.11 of native")),
    Row("read 4 KiB, tmpfs", "files/read_4k", 200000, 100, "ns"),
    Row("write 4 KiB, tmpfs", "files/write_4k", 200000, 100, "ns"),
    Row("SQLite statement", "files/sqlite", 20000, 200, "us"),
    speed_test("speedtest1", "delete", False, TMPFS),
    speed_test("speedtest1 WAL", "wal", False, TMPFS),
    Row("volume: 4 KiB cached", "volumes/cached_read", 200000, 100, "ns", Goal("inside", 350, "at most 350 ns"), volume=True),
    Row("volume: 4 KiB missed", "volumes/missed_read", 50000, 100, "us", Goal("inside", 10e3, "at most 10 us"), volume=True),
    Row("volume: 4 KiB written", "volumes/random_write", 50000, 100, "us", None, volume=True),
    Row("volume: write 1 MiB", "volumes/fresh_write", 256, 2, "us", Goal("inside", 874e3, "at least 1.2 GB/s"), volume=True),
    Row("volume: read 1 MiB", "volumes/fresh_read", 256, 2, "us", Goal("inside", 874e3, "at least 1.2 GB/s"), volume=True),
    Row("volume: 4 KiB, fsync", "volumes/fsync", 2000, 10, "us", None, volume=True),
    Row("volume: SQLite", "files/sqlite", 20000, 200, "us", Goal("ratio", 2.0, "at most 2 of native"), volume=True),
    speed_test("volume: speedtest1", "delete", True, ENCRYPTED),
    speed_test("volume: speedtest1 WAL", "wal", True, ENCRYPTED),
    Row("EREPORT", "sdk/report", 5000, 10, "us", None, "inside"),
    Row("EGETKEY", "sdk/key", 5000, 10, "us", None, "inside"),
    Row("quote", "sdk/quote", 500, 10, "us", None, "inside"),
    Row("seal 64 B", "sdk/seal", 64, 64, "us", None, "beside"),
    Row("seal 4 KiB", "sdk/seal", 4 << 10, 64, "us", None, "beside"),
    Row("seal 1 MiB", "sdk/seal", 1 << 20, 64, "us", SEALING, "beside"),
    Row("seal 16 MiB", "sdk/seal", 16 << 20, 64, "us", SEALING, "beside"),
    Row("unseal 64 B", "sdk/unseal", 64, 64, "us", None, "beside"),
    Row("unseal 4 KiB", "sdk/unseal", 4 << 10, 64, "us", None, "beside"),
    Row("unseal 1 MiB", "sdk/unseal", 1 << 20, 64, "us", SEALING, "beside"),
    Row("unseal 16 MiB", "sdk/unseal", 16 << 20, 64, "us", SEALING, "beside"),
    Row("hello, packed", "system/hello", 0, 0, "ms", Goal("inside", 10e6, "at most 10 ms"), "wall", True),
    Row("hello, packed by run", "system/hello", 0, 0, "ms", None, "wall"),
    Row("hello, peak memory", "system/hello", 0, 0, "MiB", None, "memory", True),
]


SQLITE = ["-lsqlite3", "-lm", "-pthread"]
LIBRARIES = {"files/sqlite": SQLITE, "sqlite/speedtest1": SQLITE}
ONLY_INSIDE = ("inside", "beside")


def sample(row, command, launcher):
    """Returns (answer, the row's number, that of the other way) of one run; raises RuntimeError when the program fails."""
    status, answer, notes = harness.execute([launcher, *command] if row.subject in ("wall", "memory") else command)
    notes = notes.decode(errors="replace")
    if status != 0:
        raise RuntimeError(f"ended with {status}: {notes.strip()[-300:]}")
    if row.subject == "printed":
        total = PRINTED_TOTAL.search(answer)
        if not total:
            raise RuntimeError("printed no total")
        return PRINTED_TIMES.sub(b"", answer), float(total.group(1)) * 1e9, None
    key, scale = {"wall": ("wall", 1.0), "memory": ("peak", 1 / 1024)}.get(row.subject, ("nanoseconds", 1.0))
    numbers = {name: float(value) * scale for name, value in re.findall(r"^(\w+) ([0-9.]+)$", notes, re.M)}
    for name in [key] + ["beside"] * (row.subject == "beside"):
        if name not in numbers:
            raise RuntimeError(f"reported no {name}")
    return answer, numbers[key], numbers.get("beside")


def spread(values):
    if len(values) < 4:
        return (max(values) - min(values)) / 2
    quartiles = statistics.quantiles(values, n=4)
    return (quartiles[2] - quartiles[0]) / 2


def pack(binary, options):
    """A signed image of the program, made once for each build of it and of sgxx."""
    key = pathlib.Path(options.cache) / "bench.pem"
    image = binary.with_suffix(".sgx")
    if not key.exists():
        subprocess.run([options.sgxx, "keygen", str(key)], check=True, stdout=subprocess.DEVNULL)
    if not image.exists() or image.stat().st_mtime < pathlib.Path(options.sgxx).stat().st_mtime:
        subprocess.run([options.sgxx, "pack", "--debug", str(binary), "-o", str(image), "--key", str(key)], check=True,
                       stdout=subprocess.DEVNULL)
    return image


def folder_commands(row, command, outside, options, folder):
    """The same in a folder in memory, and in a tmpfs, or in an encrypted volume that lies there. `outside` comes before the native command."""
    files, volume, manifest = folder / "files", folder / "volume", folder / "manifest.toml"
    files.mkdir()
    volume.mkdir()
    kind = f'type = "encrypted"\ncache = "16 MiB"\nsource = "{volume}"\n' if row.volume else 'type = "tmpfs"\n'
    manifest.write_text(f'working_directory = "{files}"\n[[mount]]\npath = "{files}"\n{kind}')
    sides = {"outside": [*outside, *command]}
    if options.sgxx and not options.native_only:
        sides["inside"] = harness.enclave_command(options, command[0], command[1:], manifest=manifest)
    return sides


def commands_for(row, binary, options, folder):
    size = row.smoke if options.smoke else row.size
    arguments = [*row.words, str(size)] if size else []
    if row.words:
        # Its temporary files lie where it starts, as they do inside.
        start = ["env", "-C", folder / "files", "SQLITE_TMPDIR=."]
        return folder_commands(row, [binary, *arguments, "test.db"], start, options, folder)
    if row.volume:
        return folder_commands(row, [binary, *arguments, folder / "files"], [], options, folder)
    sides = {} if row.subject in ONLY_INSIDE else {"outside": [binary, *arguments]}
    if options.sgxx and not options.native_only:
        sides["inside"] = harness.enclave_command(options, pack(binary, options) if row.packed else binary, arguments)
    return sides


def measure(row, binary, launcher, options):
    """Returns the row's numbers as a dictionary; raises RuntimeError when an answer is wrong."""
    with tempfile.TemporaryDirectory(prefix="sgxx-bench-", dir=options.folder) as folder:
        return measure_in(row, binary, launcher, options, pathlib.Path(folder))


def measure_in(row, binary, launcher, options, folder):
    sides = commands_for(row, binary, options, folder)
    values = {side: [] for side in ("outside", "inside")}
    answers = set()
    for _ in range(1 if options.smoke else options.rounds):
        for side, command in sides.items():
            answer, value, beside = sample(row, command, launcher)
            answers.add(answer)
            values[side].append(value)
            if row.subject == "beside":
                values["outside"].append(beside)
    if len(answers) != 1:
        raise RuntimeError("the answers inside and outside differ")
    result = {"name": row.name, "unit": row.unit, "answer_bytes": len(answers.pop())}
    for side in (side for side in values if values[side]):
        result[side] = {"median": statistics.median(values[side]), "spread": spread(values[side]), "values": values[side]}
    if "inside" in result and "outside" in result:
        result["ratio"] = result["inside"]["median"] / result["outside"]["median"]
        if row.goal:
            result["goal"] = row.goal.text
            result["met"] = row.goal.met(result["inside"]["median"], result["outside"]["median"])
    return result


def path_of(source):
    """The file of a program, or None: SQLite's own are here only if tools/debian_source.py fetched them."""
    room, name = source.split("/") if "/" in source else ("", source)
    if room != "sqlite":
        return BENCH / f"{source}.cc"
    fetched = debian_source.find("sqlite3")
    return fetched and fetched / "test" / f"{name}.c"


def build(toolchain, source):
    path = path_of(source)
    binary, message = toolchain.build(source, path, FLAGS[path.suffix] + LIBRARIES.get(source, []))
    if message:
        harness.die(f"{source} does not compile:\n{message}")
    return binary


def cell(row, result, side):
    if side not in result:
        return "-"
    return f"{row.show(result[side]['median'])} ±{row.show(result[side]['spread'])}"


def print_row(row, result):
    ratio = f"{result['ratio']:.2f}" if "ratio" in result else "-"
    goal = result.get("goal", "")
    verdict = {True: "met", False: "MISSED", None: ""}[result.get("met")]
    print(f"{row.name:22} {row.unit:4} {cell(row, result, 'outside'):>17} {cell(row, result, 'inside'):>17} {ratio:>6}  "
          f"{goal:24} {verdict}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "bench")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side")
    parser.add_argument("--filter", default="", help="regular expression on a row's name")
    parser.add_argument("--json", help="also write the numbers to this file")
    parser.add_argument("--smoke", action="store_true", help="check answers with small sizes, no times")
    parser.add_argument("--folder", default="/dev/shm", help="where the files of both sides lie: with a disk's, its syncs count")
    parser.add_argument("--native-only", action="store_true", help="outside only")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx and not options.native_only:
        harness.die("no sgxx command under build/: build the project, name it with --sgxx, or say --native-only")
    rows = [row for row in ROWS if re.search(options.filter, row.name)]
    if options.native_only:
        rows = [row for row in rows if row.subject not in ONLY_INSIDE]
    if not rows:
        harness.die(f"no row matches {options.filter!r}")
    toolchain = harness.Toolchain(options, sorted(BENCH.glob("**/*.h")))
    launcher = build(toolchain, "launch")
    load = os.getloadavg()[0]
    if not options.smoke and load > (os.cpu_count() or 1) / 2:
        print(f"other work runs here (load average {load:.1f}): ratios may hold, absolute times will not")
    if not options.smoke:
        print(f"{'':22} {'unit':4} {'outside':>17} {'inside':>17} {'ratio':>6}  goal")
    results, failures = [], 0
    for row in rows:
        if not path_of(row.source):
            print(f"{row.name:22} SKIPPED: run  tools/debian_source.py sqlite3", flush=True)
            continue
        binary = build(toolchain, row.source)
        try:
            result = measure(row, binary, launcher, options)
        except (RuntimeError, OSError) as error:
            failures += 1
            results.append({"name": row.name, "error": str(error)})
            print(f"{row.name:22} FAILED: {error}", flush=True)
            continue
        results.append(result)
        if not options.smoke:
            print_row(row, result)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rounds": options.rounds, "rows": results}, indent=1) + "\n")
    if options.smoke:
        print(f"{len(results) - failures} answers agree, {failures} do not")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
