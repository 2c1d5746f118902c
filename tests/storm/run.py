#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends a storm of signals to every thread of a program in the enclave, redirected and not, and expects nothing lost.

    tests/storm/run.py               a minute each
    tests/storm/run.py --seconds 5   less
"""

import argparse
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import harness

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ["-std=gnu++20", "-O2", f"-I{HERE.parent / 'programs'}"]


def build(toolchain, name):
    binary, message = toolchain.build(name, HERE / f"{name}.cc", FLAGS)
    if message:
        harness.die(f"{name}.cc does not compile:\n{message}")
    return binary


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "storm")
    parser.add_argument("--seconds", type=int, default=60, help="how long each storm lasts")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx:
        harness.die("no sgxx command under build/: build the project or name it with --sgxx")
    toolchain = harness.Toolchain(options, [HERE.parent / "programs" / "check.h"])
    storm, target = build(toolchain, "storm"), build(toolchain, "target")
    failures = 0
    for mode, rewrite in (("redirected", True), ("not redirected", False)):
        command = [storm, *harness.enclave_command(options, target, [str(options.seconds)], rewrite)]
        status, out, err = harness.execute(command, timeout=3 * options.seconds + 60)
        notes = err.decode(errors="replace")
        sent = re.search(r"^sent (\d+)$", notes, re.M)
        good = status == 0 and out == b"nothing lost\n" and sent and int(sent.group(1)) > 0
        failures += not good
        summary = " ".join(notes.split()) if good else f"status {status}" + harness.tail(err)
        print(f"{'passed' if good else 'FAILED'}: {mode}, {options.seconds} s: {summary}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
