#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS handshakes per second between a server inside and a client outside: plain, and with a quote for each handshake.

The two kinds take turns, one connection at a time. Programs: tests/attestation/greeter.cc and visitor.cc.

    bench/handshakes.py [--sgxx SGXX] [--rounds N] [--visits N]
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sgxx", default=harness.find_sgxx(), help="the sgxx command (default: the one in build/)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--visits", type=int, default=200, help="handshakes of a round")
    options = parser.parse_args()
    if not options.sgxx:
        harness.die("no sgxx command under build/: build the project, or name it with --sgxx")

    with tempfile.TemporaryDirectory(prefix="sgxx-bench-") as folder:
        def sgxx(*words):
            return subprocess.run([options.sgxx, *map(str, words)], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout

        for name in ("greeter", "visitor"):
            sgxx("c++", "-std=c++20", "-O2", f"-I{ROOT}/examples/provisioning", ROOT / "tests/attestation" / f"{name}.cc", "-o", name)
        sgxx("keygen", "key.pem")
        sgxx("pack", "greeter", "-o", "greeter.sgx", "--key", "key.pem")
        sgxx("quote", "--collateral", "collateral")
        mrenclave = sgxx("measure", "greeter.sgx").split()[0]
        rates = {"plain": [], "attested": []}
        for _ in range(options.rounds):
            for kind, whom in (("plain", ["anybody"]), ("attested", [mrenclave, "--insecure-root"])):
                server = subprocess.Popen([options.sgxx, "run", "--device=soft", "greeter.sgx", kind, str(options.visits)], cwd=folder,
                                          stdout=subprocess.PIPE, text=True)
                port = server.stdout.readline().strip()
                visitor = subprocess.run(["./visitor", port, "collateral", *whom, "--visits", str(options.visits)], cwd=folder,
                                         check=True, stdout=subprocess.PIPE, text=True)
                server.communicate(timeout=60)
                rates[kind].append(int(visitor.stdout.splitlines()[1].split()[0]))
    for kind, values in rates.items():
        print(f"{kind:9} {statistics.median(values):7.0f} per second, {min(values)} to {max(values)}")


if __name__ == "__main__":
    main()
