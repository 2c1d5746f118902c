#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sgxx run --stats, --trace and --transition-cost: what they count is what happened, however the program ended."""

import json
import signal
import unittest

from command import ABORTED, BAD_INPUT, Sgxx

PROGRAM = r"""
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  const std::string what = argv[1];
  const int count = argc > 2 ? std::atoi(argv[2]) : 0;
  if (what == "write") for (int i = 0; i < count; ++i) (void)!write(1, "x", 1);
  if (what == "getpid") for (int i = 0; i < count; ++i) syscall(SYS_getpid);
  if (what == "touch") std::memset(std::malloc(static_cast<size_t>(count) << 20), 1, static_cast<size_t>(count) << 20);
  if (what == "raise") raise(count);
  if (what == "threads") {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([] { usleep(50000); });
    for (auto& thread : threads) thread.join();
  }
  if (what == "abort") {  // an undefined instruction of the runtime, which lies below its vDSO
    auto* at = reinterpret_cast<const unsigned char*>(getauxval(AT_SYSINFO_EHDR));
    while (at[0] != 0x0f || at[1] != 0x0b) --at;
    reinterpret_cast<void (*)()>(const_cast<unsigned char*>(at))();
  }
  return 7;
}
"""


class Stats(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("program", PROGRAM)
        cls.call("run", "--device=soft", "program", "nothing")  # makes the development key

    def inside(self, *arguments, options=()):
        return self.call("run", "--device=soft", *options, "program", *arguments)

    def report(self, *arguments, options=(), code=7):
        result = self.inside(*arguments, options=("--stats-file", "stats.json", *options))
        self.assertEqual(result.returncode, code, result.stderr.decode())
        return json.loads((self.folder / "stats.json").read_text())

    def test_host_calls(self):
        report = self.report("write", 1500)
        self.assertEqual(report["host_calls"]["write"]["calls"], 1500)
        self.assertEqual(report["host_calls"]["write"]["bytes"], 1500)
        self.assertEqual(report["host_calls"]["write"]["errors"], 0)
        self.assertEqual(report["host_calls"]["exit"]["calls"], 1)
        entries = 1 + sum(call["calls"] for name, call in report["host_calls"].items() if name != "exit")
        entries -= report["host_calls_without_leaving"]
        self.assertEqual(report["entries"], entries)
        self.assertTrue(any("1 500 writes" in hint for hint in report["hints"]), report["hints"])
        self.assertEqual(report["end"], {"kind": "exited", "value": 7})
        self.assertEqual(report["threads"], {"started": 1, "most_at_once": 1})

    def test_trapped_instructions(self):
        redirected = self.report("getpid", 20000)
        self.assertEqual(redirected["asynchronous_exits"]["system_call"], 0)
        self.assertEqual(redirected["hints"], [])
        trapped = self.report("getpid", 20000, options=("--no-rewrite",))
        self.assertGreaterEqual(trapped["asynchronous_exits"]["system_call"], 20000)
        self.assertLess(trapped["asynchronous_exits"]["system_call"], 20100)
        # The kernel repairs some page faults by itself; all else comes back to the host.
        silent = {"interrupt", "page_fault"}
        exits = sum(count for cause, count in trapped["asynchronous_exits"].items() if cause not in silent)
        self.assertEqual(exits, sum(count for vector, count in trapped["exceptions"].items() if vector != "14"))
        self.assertEqual(trapped["exception_entries"], sum(trapped["exceptions"].values()))
        self.assertRegex(trapped["hints"][0], r"^20 0\d\d syscall instructions were not redirected .*sgxx inspect")

    def test_threads(self):
        report = self.report("threads", 3)
        self.assertEqual(report["threads"], {"started": 4, "most_at_once": 4})
        self.assertEqual(report["host_calls"]["thread_start"]["calls"], 3)

    def test_memory(self):
        little, much = self.report("nothing")["memory"], self.report("touch", 40)["memory"]
        self.assertEqual(much["heap"], 256 << 20)
        grown = much["heap_in_use"] - little["heap_in_use"]
        self.assertTrue(40 << 20 <= grown < 44 << 20, grown)
        self.assertGreater(much["enclave_in_use"], much["heap_in_use"])

    def test_every_way_to_end(self):
        self.assertEqual(self.report("raise", 15, code=-signal.SIGTERM)["end"], {"kind": "signaled", "value": 15})
        aborted = self.report("abort", code=ABORTED)
        self.assertEqual(aborted["end"]["kind"], "aborted")
        self.assertEqual(aborted["asynchronous_exits"]["undefined"], 1)

    def test_table(self):
        result = self.inside("write", 3, options=("--stats",))
        self.assertEqual(result.stdout, b"xxx")
        text = result.stderr.decode()
        self.assertRegex(text, r"\Asgxx: statistics\n[0-9.]+ s, 1 threads, 1 of them at once at most\n")
        self.assertRegex(text, r"(?m)^  write +3 +0 +[0-9.]+ +[0-9.]+ +3$")
        printed = self.inside("write", 3, options=("--stats=json",)).stderr
        self.assertEqual(json.loads(printed)["host_calls"]["write"]["calls"], 3)
        self.refused(2, "--stats", "run", "--stats=xml", "program")

    def test_trace(self):
        result = self.inside("write", 2, options=("--trace",))
        lines = [line for line in result.stderr.decode().splitlines() if "write" in line]
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], r"^\d+\.\d{6} thread 0: write\(bytes=1, handle=\d+, ns=-?\d+\) = 1 in \d+\.\d us$")
        self.inside("raise", 10, options=("--trace-file", "trace"))
        self.assertRegex((self.folder / "trace").read_text().splitlines()[-1], r"thread 0: exit\(code=0, signal=10\)$")
        self.refused(BAD_INPUT + 1, "--trace-file", "run", "--device=soft", "--trace-file", "no/such/folder", "program")

    def test_transition_cost(self):
        def seconds(cost):
            return self.report("write", 1000, options=("--transition-cost", cost))["seconds"]

        ticks = 400_000  # more than 40 microseconds on any processor of today
        self.assertGreater(seconds(f"eenter={ticks},eexit=0"), 0.04)
        self.assertGreater(seconds(f"eexit={ticks},eenter=0"), 0.04)
        self.assertGreater(seconds(str(ticks)), 0.04)
        self.assertLess(seconds("0"), 0.04)
        trapping = ("--no-rewrite", "--transition-cost")
        for name in ("aex", "eresume"):
            self.assertGreater(self.report("getpid", 1000, options=(*trapping, f"{name}={ticks}"))["seconds"], 0.04, name)
        for wrong in ("x", "-1", "eenter", "eenter=", "eenter=1,", "entry=1", "1,2"):
            self.refused(BAD_INPUT, "--transition-cost", "run", "--device=soft", f"--transition-cost={wrong}", "program")


if __name__ == "__main__":
    unittest.main()
