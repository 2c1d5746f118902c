#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two programs that talk to each other over loopback, one in an enclave and one outside, and the other way round: streams of TCP
and UDP in both directions, counted and hashed by both; peers that vanish; a chat with a hundred clients; gRPC calls.

    tests/load/across.py                   all
    tests/load/across.py --mebibytes 200   longer streams
    tests/load/across.py --filter chat     some
"""

import argparse
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import harness
import run_programs

HERE = pathlib.Path(__file__).resolve().parent
THIRD_PARTY = HERE.parent / "third_party"
PATIENCE = 90


def converse(server, client, client_status):
    """(what the server said after its port, what the client said, seconds); raises RuntimeError when either failed. The client
    ends with `client_status`."""
    started = time.monotonic()
    waiting = subprocess.Popen([str(word) for word in server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=harness.ENVIRONMENT)
    try:
        port = waiting.stdout.readline().decode().strip()
        if not port.isdigit():
            raise RuntimeError("the server said no port: " + waiting.stderr.read().decode(errors="replace")[-300:])
        status, said, complaint = harness.execute([*client, port], timeout=PATIENCE)
        if status != client_status:
            raise RuntimeError(f"the client ended with {status}: {complaint.decode(errors='replace')[-300:]}")
        out, complaint = waiting.communicate(timeout=PATIENCE)
        if waiting.returncode != 0:
            raise RuntimeError(f"the server ended with {waiting.returncode}: {complaint.decode(errors='replace')[-300:]}")
        return out.decode(), said.decode(), time.monotonic() - started
    except subprocess.TimeoutExpired:
        raise RuntimeError("the server did not end") from None
    finally:
        if waiting.poll() is None:
            waiting.kill()
            waiting.wait()


def judge_streams(server, client, mebibytes):
    """What one says it sent is what the other says it received, and all of it."""
    told = [dict(re.findall(r"^(sent|received) (\d+ bytes \w+)$", text, re.M)) for text in (server, client)]
    for one, other in (told, told[::-1]):
        if not one.get("sent") or one["sent"] != other.get("received"):
            return f"sent {one.get('sent')}, received {other.get('received')}"
        if int(one["sent"].split()[0]) < (mebibytes << 20) * 0.99:
            return f"only {one['sent']}"
    return None


def conversations(options):
    """(name, binary, the server's arguments, the client's, a judge of what both said, the client's status)."""
    load = run_programs.parse(HERE / "streams.cc")
    tools = {root: harness.Toolchain(options, sorted({*run_programs.PROGRAMS.glob("**/*.h"), *root.glob("**/*.h")}))
             for root in (HERE, THIRD_PARTY)}

    def build(program, root):
        # The cache's names are those of run_programs.py: what it has built is not built again.
        name = f"{program.path.parent.name}/{program.path.stem}"
        binary, message = tools[root].build(name, program.path, run_programs.COMMON + program.flags)
        if message:
            harness.die(f"{program.path.name} does not compile:\n{message[-3000:]}")
        return binary

    size = str(options.mebibytes)
    for kind in ("tcp", "udp"):
        yield kind, lambda: build(load, HERE), [kind, size], [kind, size], \
            lambda server, client: judge_streams(server, client, options.mebibytes), 0
    yield "vanish", lambda: build(load, HERE), ["survive", "8"], ["vanish", "8"], \
        lambda server, client: None if server == "8 peers are gone\n" else f"the server said: {server[-200:]}", 128 + signal.SIGKILL
    for name, source, word, wanted in (("chat", "asio_chat", "join", "10000 lines heard\n"), ("grpc", "grpc_round_trip", "ask", "100 answered\n")):
        program = run_programs.parse(THIRD_PARTY / f"{source}.cc")
        if run_programs.missing(program):
            print(f"skipped: {name}: there is no {run_programs.missing(program)} here")
            continue
        yield name, lambda program=program: build(program, THIRD_PARTY), ["serve"], [word], \
            lambda server, client, wanted=wanted: None if client.endswith(wanted) else f"the client said: {client[-200:]}", 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    harness.add_options(parser, "programs")
    parser.add_argument("--mebibytes", type=int, default=16, help="that each end of a stream sends")
    parser.add_argument("--filter", default="", help="regular expression on tcp, udp, vanish, chat, grpc")
    options = parser.parse_args()
    options.sgxx = options.sgxx or harness.find_sgxx()
    if not options.sgxx:
        harness.die("no sgxx command under build/: build the project or name it with --sgxx")
    failures = 0
    for name, build, serving, asking, judge, client_status in conversations(options):
        if not re.search(options.filter, name):
            continue
        binary = build()
        for inside in ("server", "client"):
            commands = {"server": [binary, *serving], "client": [binary, *asking]}
            commands[inside] = harness.enclave_command(options, *commands[inside][:1], commands[inside][1:])
            try:
                server, client, seconds = converse(commands["server"], commands["client"], client_status)
                wrong = judge(server, client)
            except RuntimeError as error:
                wrong, seconds = str(error), 0
            failures += wrong is not None
            print(f"{'FAILED' if wrong else 'passed'}: {name}, {inside} inside{f': {wrong}' if wrong else f', {seconds:.1f} s'}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
