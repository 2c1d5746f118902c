#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A host that ends a single thread of the process that runs an enclave: an error says so, and nothing waits for ever. The thread is
made to call exit(2) by ptrace, which is how a kernel could do it."""

import ctypes
import os
import pathlib
import re
import subprocess
import time
import unittest

from command import ABORTED, SGXX, Sgxx

PROGRAM = r"""
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <thread>

int main(int, char** argv) {
  const bool busy = std::strcmp(argv[1], "busy") == 0;
  std::thread other([] { for (;;) pause(); });
  (void)!write(2, "here\n", 5);
  char byte;
  if (busy) for (;;) (void)!write(1, "", 1);
  if (std::strcmp(argv[1], "join") == 0) other.join();
  while (read(0, &byte, 1) > 0) {
  }
  _exit(0);
}
"""

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
GETREGS, SETREGS, ATTACH, DETACH, WALL = 12, 13, 16, 17, 0x40000000
IDLE = 5  # SCHED_IDLE
RAX, RDI, ORIG_RAX, RIP, SYS_EXIT = 10, 14, 15, 16, 60


def ptrace(request, thread, data=None):
    if libc.ptrace(request, thread, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def system_call_instruction(process):
    """An address of one, outside of the enclave."""
    for line in pathlib.Path(f"/proc/{process}/maps").read_text().splitlines():
        match = re.fullmatch(r"(\w+)-(\w+) r-xp .*libc\S*", line)
        if match:
            begin, end = (int(word, 16) for word in match.groups())
            with open(f"/proc/{process}/mem", "rb") as memory:
                memory.seek(begin)
                found = memory.read(end - begin).find(b"\x0f\x05")
            return begin + found
    raise AssertionError("no C library in the process")


def end_thread(process, thread):
    instruction = system_call_instruction(process)
    ptrace(ATTACH, thread)
    os.waitpid(thread, WALL)
    registers = (ctypes.c_uint64 * 27)()
    ptrace(GETREGS, thread, registers)
    registers[RAX], registers[RDI], registers[ORIG_RAX], registers[RIP] = SYS_EXIT, 0, 2 ** 64 - 1, instruction
    ptrace(SETREGS, thread, registers)
    ptrace(DETACH, thread)


def threads_of(process):
    """Their numbers, the first one first, and for each its state and the scheduler's policy."""
    threads = {}
    for number in sorted(int(path.name) for path in pathlib.Path(f"/proc/{process}/task").iterdir()):
        words = pathlib.Path(f"/proc/{process}/task/{number}/stat").read_text().rsplit(")", 1)[1].split()
        threads[number] = (words[0], int(words[38]))
    return threads


class LostThreads(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("program", PROGRAM)
        cls.call("run", "--device=soft", "program", "leave")  # makes the development key

    def lose(self, role, choose, ends_input=False):
        """Runs the program, ends the thread that `choose(threads)` names; the exit status and what was said."""
        with subprocess.Popen([SGXX, "run", "--device=soft", "program", role], cwd=self.folder, env=self.environment,
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
            try:
                self.assertEqual(running.stderr.read(5), b"here\n")
                limit = time.monotonic() + 30
                while (thread := choose(threads_of(running.pid))) is None:
                    self.assertLess(time.monotonic(), limit, "there is no such thread")
                    time.sleep(0.01)
                end_thread(running.pid, thread)
                if ends_input:
                    running.stdin.close()
                status = running.wait(30)
                return status, running.stderr.read().decode()
            finally:
                running.kill()

    @staticmethod
    def asleep(which):
        """An enclave's threads come after the first one, and the kernel has them when they sleep."""
        def choose(threads):
            ordinary = [(number, state) for number, (state, policy) in threads.items() if policy != IDLE]
            return ordinary[which][0] if len(ordinary) == 3 and ordinary[which][1] == "S" else None
        return choose

    def test_a_thread_of_the_program(self):
        for role, which in (("join", 2), ("read", 1), ("read", 2)):
            self.assertEqual(self.lose(role, self.asleep(which)),
                             (ABORTED, "sgxx: the enclave cannot go on: a thread that served it was ended from outside\n"))

    def test_the_thread_that_serves_the_ring(self):
        if os.cpu_count() < 2:
            self.skipTest("a single processor has no ring")
        choose = lambda threads: next((number for number, (_, policy) in threads.items() if policy == IDLE), None)
        self.assertEqual(self.lose("busy", choose),
                         (ABORTED, "sgxx: the enclave cannot go on: a thread that served it was ended from outside\n"))

    def test_the_thread_that_waits_for_the_end(self):
        self.assertEqual(self.lose("read", lambda threads: next(iter(threads)), ends_input=True),
                         (-9, "sgxx: the enclave cannot go on: the thread that waits for its end was ended from outside\n"))


if __name__ == "__main__":
    unittest.main()
