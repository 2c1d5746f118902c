#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs under tests/programs natively and in an enclave and compares them.

Each program is compiled once, as a static-PIE, and the same binary serves every mode:
`native`, `enclave`, `no-rewrite` (in the enclave, every refused instruction left to
trap) and, for a program that wants a folder in memory, `host-folder` (the same in a folder of the
host's) and `encrypted` (in an encrypted volume). A mode passes if the exit status is the declared one and the standard output is
that of the native run, or the one that the program declares for the enclave. What a
program may declare is described in tests/programs/README.md.

Binaries are cached under a name made from the hash of everything that they depend on,
so a second run compiles nothing.
"""

import argparse
import ast
import concurrent.futures
import dataclasses
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import harness

PROGRAMS = harness.ROOT / "tests" / "programs"
SUFFIXES = {".cc", ".rs"}
MODES = ("native", "enclave", "no-rewrite", "host-folder", "encrypted")
COMMON = ["-std=gnu++20", "-O2", "-g0", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Wno-maybe-uninitialized", f"-I{PROGRAMS}"]
DIRECTIVE = re.compile(r"^// sgxx-test: (\S+) ?(.*)$")


@dataclasses.dataclass
class Program:
    """One source file and what its header comment declares."""

    path: pathlib.Path
    args: list = dataclasses.field(default_factory=list)
    stdin: bytes = b""
    status: int = 0
    flags: list = dataclasses.field(default_factory=list)
    manifest: list = dataclasses.field(default_factory=list)
    enclave_stdout: list = dataclasses.field(default_factory=list)
    enclave_status: int = None
    stderr: bool = False
    folder: str = ""
    folder_holds: list = dataclasses.field(default_factory=list)
    needs: list = dataclasses.field(default_factory=list)
    skip: dict = dataclasses.field(default_factory=dict)
    timeout: int = 60
    binary: pathlib.Path = None
    native: tuple = None

    @property
    def name(self):
        return f"{self.path.parent.name}/{self.path.stem}"


def parse(path):
    program = Program(path)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith("//") and line.strip():
            break
        match = DIRECTIVE.match(line)
        if not match:
            if "sgxx-test" in line:
                harness.die(f"{path}:{number}: expected `// sgxx-test: NAME VALUE`")
            continue
        key, value = match.groups()
        if key == "args":
            program.args = shlex.split(value)
        elif key == "stdin":
            program.stdin += ast.literal_eval(f"b'''{value}'''")
        elif key in ("status", "enclave-status", "timeout"):
            setattr(program, key.replace("-", "_"), int(value))
        elif key == "flags":
            program.flags += shlex.split(value)
        elif key == "needs":
            program.needs += value.split()
        elif key == "manifest":
            program.manifest.append(value)
        elif key == "enclave-stdout":
            program.enclave_stdout.append(value)
        elif key == "stderr":
            program.stderr = True
        elif key == "folder":
            program.folder = value or "memory"
        elif key == "folder-holds":
            program.folder_holds.append(value)
        elif key == "skip":
            mode, _, reason = value.partition(" ")
            if mode not in MODES or not reason:
                harness.die(f"{path}:{number}: expected `skip MODE REASON`, MODE one of {', '.join(MODES)}")
            program.skip[mode] = reason
        else:
            harness.die(f"{path}:{number}: unknown directive {key}; see tests/programs/README.md")
    return program


def command_for(program, mode, options, holder):
    """`holder`: a folder of this run's own. A program that wants a folder finds it under the same path in every mode."""
    folder = pathlib.Path(holder, "files")
    args = [folder, *program.args] if program.folder else program.args
    is_outside = mode in ("native", "host-folder") or program.folder.startswith("host")
    if program.folder and is_outside:
        folder.mkdir()
        subprocess.run(["sh", "-ec", "\n".join(program.folder_holds)], cwd=folder, check=True)
    if mode == "native":
        return [program.binary, *args]
    lines = program.manifest + (["[[mount]]", f'path = "{folder}"'] if program.folder else [])
    if program.folder and mode == "encrypted":
        volume = pathlib.Path(holder, "volume")
        volume.mkdir()
        lines += ['type = "encrypted"', f'source = "{volume}"']
    elif program.folder:
        lines += ['type = "host"', f'source = "{folder}"'] if is_outside else ['type = "tmpfs"']
    if program.folder == "host read-only":
        lines.append("read_only = true")
    manifest = pathlib.Path(holder, "manifest.toml") if lines else None
    if manifest:
        manifest.write_text("\n".join(lines) + "\n")
    return harness.enclave_command(options, program.binary, args, mode != "no-rewrite", manifest)


def judge(program, mode, options):
    """Returns None if the program behaves as declared in this mode, else a description."""
    timeout = program.timeout * options.patience
    # In memory, as the files in an enclave are.
    with tempfile.TemporaryDirectory(prefix="sgxx-", dir="/dev/shm" if program.folder else None) as holder:
        status, out, err = harness.execute(command_for(program, mode, options, holder), program.stdin, timeout)
    if status is None:
        return f"timed out after {timeout} s" + harness.tail(err)
    wanted_status, wanted_out = program.status, None
    if mode == "native":
        program.native = (out, err)
    else:
        if program.enclave_status is not None:
            wanted_status = program.enclave_status
        if program.enclave_stdout:
            wanted_out = ("\n".join(program.enclave_stdout) + "\n").encode()
        elif program.native:
            wanted_out = program.native[0]
    if status != wanted_status:
        return f"status {status}, expected {wanted_status}" + harness.tail(err)
    if wanted_out is not None and out != wanted_out:
        return "standard output differs\n" + harness.difference(wanted_out, out) + harness.tail(err)
    if program.stderr and mode != "native" and program.native and err != program.native[1]:
        return "standard error differs\n" + harness.difference(program.native[1], err)
    return None


def missing(program):
    """The first of a program's needs that this machine has not: a command, a library or a file."""
    for need in program.needs:
        found = subprocess.run(["g++", f"-print-file-name={need}"], capture_output=True, text=True).stdout.strip()
        if not (shutil.which(need) or pathlib.Path(found).is_file()):
            return need
    return None


def select(options):
    root = pathlib.Path(options.root)
    programs = [parse(path) for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES]
    if options.filter:
        pattern = re.compile(options.filter)
        programs = [program for program in programs if pattern.search(program.name)]
        if not programs:
            harness.die(f"no program matches {options.filter!r}")
    return programs


def run_one(program, modes, options, toolchain):
    """Builds and judges one program in every mode; returns rows (mode, verdict, detail)."""
    absent = missing(program)
    if absent:
        return [(mode, "skipped", f"there is no {absent} here") for mode in modes]
    program.binary, message = toolchain.build(program.name, program.path, COMMON + program.flags)
    if message:
        return [(mode, "failed", "does not compile\n" + message[-3000:]) for mode in modes]
    if options.build_only:
        return []
    rows = []
    if "native" not in modes and "native" not in program.skip:
        judge(program, "native", options)
    for mode in modes:
        if mode in ("host-folder", "encrypted") and program.folder != "memory":
            continue
        if mode in program.skip:
            rows.append((mode, "skipped", program.skip[mode]))
            continue
        try:
            detail = judge(program, mode, options)
        except OSError as error:
            detail = str(error)
        rows.append((mode, "failed" if detail else "passed", detail or ""))
    return rows


def modes_of(options):
    if options.native_only:
        return ("native",)
    modes = tuple(options.modes.split(",")) if options.modes else MODES
    if set(modes) - set(MODES):
        harness.die(f"--modes takes {','.join(MODES)}")
    if not options.sgxx and modes != ("native",) and not options.build_only:
        harness.die("no sgxx command under build/: build the project, name it with --sgxx, or say --native-only")
    return modes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "programs")
    parser.add_argument("--root", default=PROGRAMS, help="folder of programs (default: tests/programs)")
    parser.add_argument("--native-only", action="store_true", help="run natively only")
    parser.add_argument("--modes", help=f"comma-separated, of {','.join(MODES)}")
    parser.add_argument("--filter", help="regular expression on FOLDER/NAME")
    parser.add_argument("--build-only", action="store_true", help="compile, run nothing")
    parser.add_argument("--patience", type=float, default=1.0, help="multiplies every time limit")
    parser.add_argument("-v", "--verbose", action="store_true", help="one line for every result")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    modes = modes_of(options)
    toolchain = harness.Toolchain(options, sorted({*PROGRAMS.glob("**/*.h"), *pathlib.Path(options.root).glob("**/*.h")}))
    programs = select(options)
    count = {"passed": 0, "failed": 0, "skipped": 0}
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(run_one, program, modes, options, toolchain): program for program in programs}
        for job in concurrent.futures.as_completed(jobs):
            for mode, verdict, detail in job.result():
                count[verdict] += 1
                if verdict == "failed" or options.verbose:
                    print(f"{verdict.upper():7} {jobs[job].name} [{mode}] {detail}", flush=True)
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped "
          f"({len(programs)} programs, {time.monotonic() - started:.0f} s)")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
