#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs under tests/programs natively and in an enclave and compares them.

Each program is compiled once, as a static-PIE, and the same binary serves every mode:
`native`, `enclave` and `no-rewrite` (in the enclave, every refused instruction left to
trap). A mode passes if the exit status is the declared one and the standard output is
that of the native run, or the one that the program declares for the enclave. What a
program may declare is described in tests/programs/README.md.

Binaries are cached under a name made from the hash of everything that they depend on,
so a second run compiles nothing.
"""

import argparse
import ast
import concurrent.futures
import dataclasses
import difflib
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent
PROGRAMS = ROOT / "programs"
MODES = ("native", "enclave", "no-rewrite")

# What `sgxx c++` adds to the compiler's command line; used only where there is no sgxx.
HARDENED = """-static-pie -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
-fstack-clash-protection -ftrivial-auto-var-init=zero
-fsanitize=bounds-strict,object-size,signed-integer-overflow,shift,integer-divide-by-zero
-fsanitize=unreachable,return,vla-bound,bool,enum,nonnull-attribute,returns-nonnull-attribute
-fsanitize-undefined-trap-on-error""".split()
PLAIN = ["-static-pie"]
COMMON = ["-std=gnu++20", "-O2", "-g0", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Wno-maybe-uninitialized", f"-I{PROGRAMS}"]

DIRECTIVE = re.compile(r"^// sgxx-test: (\S+) ?(.*)$")


def die(message):
    print(f"run_programs: {message}", file=sys.stderr)
    sys.exit(2)


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
    skip: dict = dataclasses.field(default_factory=dict)
    timeout: int = 60
    binary: pathlib.Path = None
    native: tuple = None

    @property
    def name(self):
        return str(self.path.relative_to(PROGRAMS).with_suffix(""))


def parse(path):
    program = Program(path)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith("//") and line.strip():
            break
        match = DIRECTIVE.match(line)
        if not match:
            if "sgxx-test" in line:
                die(f"{path}:{number}: expected `// sgxx-test: NAME VALUE`")
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
        elif key == "manifest":
            program.manifest.append(value)
        elif key == "enclave-stdout":
            program.enclave_stdout.append(value)
        elif key == "stderr":
            program.stderr = True
        elif key == "skip":
            mode, _, reason = value.partition(" ")
            if mode not in MODES or not reason:
                die(f"{path}:{number}: expected `skip MODE REASON`, MODE one of {', '.join(MODES)}")
            program.skip[mode] = reason
        else:
            die(f"{path}:{number}: unknown directive {key}; see {PROGRAMS}/README.md")
    return program


class Compiler:
    """Builds programs into a cache directory, keyed by all that the result depends on."""

    def __init__(self, options):
        self.cache = pathlib.Path(options.cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        if options.plain or not options.sgxx:
            self.command = ["g++"] + (PLAIN if options.plain else HARDENED)
        else:
            self.command = [options.sgxx, "c++"]
        self.flavour = "plain" if options.plain else "hardened"
        self.launcher = ["ccache"] if self.command[0] == "g++" and shutil.which("ccache") else []
        banner = subprocess.run(self.command + ["-###", "-x", "c++", "/dev/null"],
                                capture_output=True, text=True).stderr
        banner = re.sub(r"/tmp/\S+|COLLECT_\w+=\S+", "", banner)
        self.identity = banner + (PROGRAMS / "check.h").read_text()

    def build(self, program):
        """Returns None, or what the compiler said."""
        flags = COMMON + program.flags
        key = hashlib.sha256("\0".join(
            [self.identity, program.path.read_text(), " ".join(flags)]).encode()).hexdigest()[:16]
        stem = f"{program.name.replace('/', '-')}-{self.flavour}"
        program.binary = self.cache / f"{stem}-{key}"
        if program.binary.exists():
            return None
        for stale in self.cache.glob(f"{stem}-" + "?" * 16):
            stale.unlink(missing_ok=True)
        libraries = [flag for flag in flags if flag.startswith("-l")]
        switches = [flag for flag in flags if not flag.startswith("-l")]
        unit = program.binary.with_suffix(".o")
        result = run_tool(self.launcher + self.command + switches + ["-c", program.path, "-o", unit])
        if result is None:
            partial = program.binary.with_suffix(".partial")
            result = run_tool(self.command + switches + [unit, "-o", partial] + libraries)
            if result is None:
                partial.rename(program.binary)
        unit.unlink(missing_ok=True)
        return result


def run_tool(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return None if result.returncode == 0 else result.stdout + result.stderr


def execute(command, stdin, timeout):
    """Runs one command in a group of its own; returns status (128+N for a signal), stdout, stderr."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.environ.get("HOME", "/"),
                   "SGXX_TEST_FROM_HOST": "leaked"}
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        source.write(stdin)
        source.seek(0)
        child = subprocess.Popen([str(word) for word in command], stdin=source, stdout=out, stderr=err,
                                 env=environment, start_new_session=True)
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            status = None
        out.seek(0)
        err.seek(0)
        if status is not None and status < 0:
            status = 128 - status
        return status, out.read(), err.read()


def command_for(program, mode, options):
    if mode == "native":
        return [program.binary, *program.args]
    command = [options.sgxx, "run", f"--device={options.device}"]
    if mode == "no-rewrite":
        command.append("--no-rewrite")
    if program.manifest:
        manifest = program.binary.with_suffix(".toml")
        text = "\n".join(program.manifest) + "\n"
        if not manifest.exists() or manifest.read_text() != text:
            manifest.write_text(text)
        command += ["--manifest", manifest]
    return command + [program.binary, *program.args]


def difference(wanted, got):
    lines = difflib.unified_diff(wanted.decode(errors="replace").splitlines(),
                                 got.decode(errors="replace").splitlines(), "expected", "got", lineterm="", n=1)
    return "\n".join("    " + line for line in list(lines)[:14])


def judge(program, mode, options):
    """Returns None if the program behaves as declared in this mode, else a description."""
    timeout = program.timeout * options.patience
    status, out, err = execute(command_for(program, mode, options), program.stdin, timeout)
    if status is None:
        return f"timed out after {timeout} s" + tail(err)
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
        return f"status {status}, expected {wanted_status}" + tail(err)
    if wanted_out is not None and out != wanted_out:
        return "standard output differs\n" + difference(wanted_out, out) + tail(err)
    if program.stderr and mode != "native" and program.native and err != program.native[1]:
        return "standard error differs\n" + difference(program.native[1], err)
    return None


def tail(err):
    text = err.decode(errors="replace").strip().splitlines()[-3:]
    return "".join("\n    stderr: " + line[:300] for line in text)


def select(options):
    programs = [parse(path) for path in sorted(PROGRAMS.glob("*/*.cc"))]
    if options.filter:
        pattern = re.compile(options.filter)
        programs = [program for program in programs if pattern.search(program.name)]
        if not programs:
            die(f"no program matches {options.filter!r}")
    return programs


def run_one(program, modes, options, compiler):
    """Builds and judges one program in every mode; returns lines (mode, verdict, detail)."""
    message = compiler.build(program)
    if message:
        return [(mode, "failed", "does not compile\n" + message[-3000:]) for mode in modes]
    if options.build_only:
        return []
    rows = []
    if "native" not in modes and "native" not in program.skip:
        judge(program, "native", options)
    for mode in modes:
        if mode in program.skip:
            rows.append((mode, "skipped", program.skip[mode]))
            continue
        try:
            detail = judge(program, mode, options)
        except OSError as error:
            detail = str(error)
        rows.append((mode, "failed" if detail else "passed", detail or ""))
    return rows


def find_sgxx():
    beside = ROOT.parent / "build"
    for candidate in sorted(beside.glob("**/sgxx")):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sgxx", help="the sgxx command (default: the one in build/)")
    parser.add_argument("--device", default="soft", help="passed to `sgxx run`")
    parser.add_argument("--native-only", action="store_true", help="run natively only")
    parser.add_argument("--modes", help=f"comma-separated, of {','.join(MODES)}")
    parser.add_argument("--plain", action="store_true", help="compile with g++ -static-pie, no hardening")
    parser.add_argument("--filter", help="regular expression on FOLDER/NAME")
    parser.add_argument("--build-only", action="store_true", help="compile, run nothing")
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/sgxx/programs"))
    parser.add_argument("--patience", type=float, default=1.0, help="multiplies every time limit")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true", help="one line for every result")
    options = parser.parse_args()
    options.sgxx = options.sgxx or find_sgxx()
    modes = MODES
    if options.native_only:
        modes = ("native",)
    elif options.modes:
        modes = tuple(options.modes.split(","))
        if set(modes) - set(MODES):
            die(f"--modes takes {','.join(MODES)}")
    if not options.sgxx and modes != ("native",) and not options.build_only:
        die("no sgxx command under build/: build the project, name it with --sgxx, or say --native-only")
    compiler = Compiler(options)
    programs = select(options)
    count = {"passed": 0, "failed": 0, "skipped": 0}
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(run_one, program, modes, options, compiler): program for program in programs}
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
