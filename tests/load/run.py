#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts an HTTPS server in an enclave under the load of `wrk`, once with a thread for each connection and once with an epoll;
every request must be answered without an error. The same server outside says what the machine could do.

    tests/load/run.py               a minute each
    tests/load/run.py --seconds 3   less
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import harness

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
CONNECTIONS = 16
ERRORS = re.compile(r"Socket errors: .*|Non-2xx.*")


def load(command, seconds):
    """Requests per second and what went wrong, or None."""
    server = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=harness.ENVIRONMENT)
    try:
        port = server.stdout.readline().decode().strip()
        if not port.isdigit():
            return 0, "the server said no port: " + server.stderr.read().decode(errors="replace")[-300:]
        said = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"https://127.0.0.1:{port}/"],
                              capture_output=True, text=True, timeout=seconds + 60)
        server.stdin.close()
        status = server.wait(60)
        answered = re.search(r"(\d+) requests", server.stdout.read().decode())
        counted = re.search(r"(\d+) requests in", said.stdout)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said.stdout)
        if said.returncode != 0 or not rate or not counted:
            return 0, "wrk: " + said.stdout + said.stderr
        wrong = ERRORS.search(said.stdout)
        if wrong:
            return float(rate.group(1)), wrong.group(0)
        if status != 0 or not answered or int(answered.group(1)) < int(counted.group(1)) or int(counted.group(1)) == 0:
            return float(rate.group(1)), f"the server ended with {status} after {answered and answered.group(1)} requests"
        return float(rate.group(1)), None
    except subprocess.TimeoutExpired:
        return 0, "it did not end"
    finally:
        if server.poll() is None:
            server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "load")
    parser.add_argument("--seconds", type=int, default=60, help="how long each load lasts")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx:
        harness.die("no sgxx command under build/: build the project or name it with --sgxx")
    if not shutil.which("wrk"):
        harness.die("wrk is missing: run  tools/setup.sh test")
    shared = TESTS / "third_party" / "https.h"
    toolchain = harness.Toolchain(options, [TESTS / "programs" / "check.h", shared])
    flags = ["-std=gnu++20", "-O2", f"-I{TESTS / 'programs'}", f"-I{shared.parent}", "-lssl", "-lcrypto"]
    binary, message = toolchain.build("https_server", HERE / "https_server.cc", flags)
    if message:
        harness.die(f"https_server.cc does not compile:\n{message}")
    failures = 0
    for kind in ("threads", "epoll"):
        outside, wrong_outside = load([binary, kind], min(options.seconds, 5))
        inside, wrong = load(harness.enclave_command(options, binary, [kind]), options.seconds)
        failures += wrong is not None or wrong_outside is not None
        verdict = "FAILED" if wrong or wrong_outside else "passed"
        note = f": {wrong or wrong_outside}" if wrong or wrong_outside else ""
        print(f"{verdict}: {kind}, {options.seconds} s, {CONNECTIONS} connections: {inside:.0f} requests/s inside, {outside:.0f} "
              f"outside{note}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
