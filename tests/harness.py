# SPDX-License-Identifier: Apache-2.0
"""What the runners share: building a program as sgxx builds it, running it natively or in an
enclave, and showing how two outputs differ. Standard library only."""

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

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What `sgxx c++` adds to the compiler's command line; used only where there is no sgxx.
HARDENED = """-fPIE -static-pie -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
-fstack-clash-protection -ftrivial-auto-var-init=zero
-fsanitize=bounds-strict,object-size,signed-integer-overflow,shift,integer-divide-by-zero
-fsanitize=unreachable,return,vla-bound,bool,enum,nonnull-attribute,returns-nonnull-attribute
-fsanitize-undefined-trap-on-error""".split()
PLAIN = ["-static-pie"]

# Kept out of the programs' environment on purpose: everything but what is needed to start.
ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.environ.get("HOME", "/"),
               "SGXX_TEST_FROM_HOST": "leaked"}


def die(message):
    print(f"{pathlib.Path(sys.argv[0]).name}: {message}", file=sys.stderr)
    sys.exit(2)


def find_sgxx():
    """The sgxx command of this tree's build folder, the optimised one before others; or None."""
    for candidate in sorted((ROOT / "build").glob("*/bin/sgxx"), key=lambda path: path.parts[-3] != "release"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def add_options(parser, cache):
    """Options that every runner has."""
    parser.add_argument("--sgxx", help="the sgxx command (default: the one in build/)")
    parser.add_argument("--device", default="soft", help="passed to `sgxx run`")
    parser.add_argument("--cache", default=os.path.expanduser(f"~/.cache/sgxx/{cache}"), help="where binaries are kept")
    parser.add_argument("--plain", action="store_true", help="compile with g++ -static-pie, no hardening")
    parser.add_argument("-j", "--jobs", type=int, default=2)


class Toolchain:
    """Compiles and links into a cache folder, under names made from all that a binary depends on."""

    def __init__(self, options, inputs=()):
        self.cache = pathlib.Path(options.cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.command, self.libraries = ["g++"] + (PLAIN if options.plain else HARDENED), []
        if options.sgxx and not options.plain:
            # The command that `sgxx c++` would run, so that ccache can stand in front of it.
            shown = subprocess.run([options.sgxx, "c++", "--sgxx-show", "last.cc"], capture_output=True, text=True, check=True)
            words = shlex.split(shown.stdout)
            at = words.index("last.cc")
            self.command, self.libraries = words[:at], words[at + 1:]
        self.flavour = "plain" if options.plain else "hardened"
        self.launcher = ["ccache"] if shutil.which("ccache") else []
        banner = subprocess.run(self.command + ["-###", "-c", "-x", "c++", "/dev/null"], capture_output=True, text=True).stderr
        self.identity = re.sub(r"/tmp/\S+|COLLECT_\w+=\S+", "", banner)
        self.identity += "".join(pathlib.Path(path).read_text() for path in inputs)

    def sdk(self):
        """Says which SDK the compiler finds."""
        folders = [word[len(option):] for option in ("-idirafter", "-L") for word in self.command + self.libraries
                   if word.startswith(option)]
        files = [path for folder in folders for path in sorted(pathlib.Path(folder).glob("sgxx/*.h")) + [pathlib.Path(folder, "libsgxx.a")]]
        return "".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file())

    def build(self, name, source, flags):
        """Returns (binary, None), or (None, what the compiler said). Flags that begin with -l go last; `.c` is C."""
        content = pathlib.Path(source).read_text(errors="replace")
        sdk = self.sdk() if "#include <sgxx/" in content else ""
        key = hashlib.sha256("\0".join([self.identity, content, sdk, *map(str, flags)]).encode()).hexdigest()[:16]
        stem = f"{name.replace('/', '-')}-{self.flavour}"
        binary = self.cache / f"{stem}-{key}"
        if binary.exists():
            return binary, None
        for stale in self.cache.glob(f"{stem}-" + "?" * 16):
            stale.unlink(missing_ok=True)
        if pathlib.Path(source).suffix == ".rs":
            return self._build_rust(source, binary)
        libraries = [flag for flag in flags if str(flag).startswith("-l")]
        switches = [flag for flag in flags if not str(flag).startswith("-l")]
        unit, partial = binary.with_suffix(".o"), binary.with_suffix(".partial")
        language = ["-x", "c"] if pathlib.Path(source).suffix == ".c" else []
        message = run_tool(self.launcher + self.command + switches + ["-c", *language, source, "-o", unit])
        if message is None:
            message = run_tool(self.command + switches + [unit, "-o", partial] + libraries + self.libraries)
        unit.unlink(missing_ok=True)
        if message is None:
            partial.rename(binary)
            return binary, None
        return None, message


    def _build_rust(self, source, binary):
        message = run_tool(["rustc", "--edition=2021", "-O", "-C", "target-feature=+crt-static", "-o", binary, source])
        return (binary, None) if message is None else (None, message)


def run_tool(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace")
    return None if result.returncode == 0 else result.stdout + result.stderr


def enclave_command(options, binary, arguments=(), rewrite=True, manifest=None):
    command = [options.sgxx, "run", f"--device={options.device}"]
    if not rewrite:
        command.append("--no-rewrite")
    if manifest:
        command += ["--manifest", manifest]
    return [*command, binary, *arguments]


def execute(command, stdin=b"", timeout=60, folder=None):
    """Runs one command in a group of its own; returns status (128+N for signal N, None for a timeout), stdout, stderr."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        source.write(stdin)
        source.seek(0)
        child = subprocess.Popen([str(word) for word in command], stdin=source, stdout=out, stderr=err, env=ENVIRONMENT,
                                 cwd=folder, start_new_session=True)
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


def difference(wanted, got):
    """The first lines of a unified difference of two outputs, indented."""
    lines = difflib.unified_diff(wanted.decode(errors="replace").splitlines(), got.decode(errors="replace").splitlines(),
                                 "expected", "got", lineterm="", n=1)
    return "\n".join("    " + line[:300] for line in list(lines)[:14])


def tail(err):
    text = err.decode(errors="replace").strip().splitlines()[-3:]
    return "".join("\n    stderr: " + line[:300] for line in text)
