#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signals sent to the sgxx process: those that the manifest admits reach the program's handlers, all others keep their effect."""

import os
import signal
import subprocess
import time
import unittest

from command import SGXX, Sgxx

PROGRAM = r"""
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

static std::atomic<int> seen[65], nested{0};
static thread_local volatile bool in_handler;

static void note(int number, siginfo_t* info, void*) {
  if (info->si_code != SI_USER || info->si_signo != number) _exit(90);
  if (in_handler) ++nested;
  in_handler = true;
  for (int i = 0; i < 20000; ++i) {
    asm volatile("");
  }
  in_handler = false;
  ++seen[number];
}

static void handle(int number) {
  struct sigaction action {};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

static void ready() {
  std::puts("ready");
  std::fflush(stdout);
}

int main(int, char** argv) {
  const std::string how = argv[1];
  if (how != "default") for (int number : (const int[]){SIGTERM, SIGINT, SIGHUP, SIGUSR1}) handle(number);
  if (how == "default") signal(SIGHUP, SIG_IGN);
  ready();
  if (how == "pause" || how == "default") while (seen[SIGTERM] == 0) pause();
  if (how == "compute") while (seen[SIGTERM] == 0) {
  }
  if (how == "sleep") sleep(1000);
  if (how == "read") {
    char byte;
    if (read(0, &byte, 1) != -1) return 91;
  }
  if (how == "threads" || how == "storm") {
    std::thread others[4];
    for (auto& thread : others) thread = std::thread([] { while (seen[SIGTERM] == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
    while (seen[SIGTERM] == 0) usleep(100);
    for (auto& thread : others) thread.join();
  }
  if (how == "wait") {
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    int number = 0;
    sigwait(&set, &number);
    seen[number] = 1;
  }
  if (how == "main leaves") {
    std::thread([] {
      usleep(20000);
      while (seen[SIGTERM] == 0) usleep(1000);
      std::printf("TERM %d\n", seen[SIGTERM].load());
      std::fflush(stdout);
      _exit(0);
    }).detach();
    pthread_exit(nullptr);
  }
  if (how == "storm") return nested != 0 ? 92 : seen[SIGUSR1] > 0 ? 0 : 93;
  std::printf("TERM %d INT %d HUP %d USR1 %d\n", seen[SIGTERM].load(), seen[SIGINT].load(), seen[SIGHUP].load(), seen[SIGUSR1].load());
}
"""

ADMITTED = 'signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"]\n'


class HostSignals(Sgxx):
    @classmethod
    def prepare(cls):
        cls.program = cls.compile("program", PROGRAM)
        (cls.folder / "admitted.toml").write_text(ADMITTED)
        (cls.folder / "plain.toml").write_text('heap = "64 MiB"\n')

    def start(self, how, manifest="admitted.toml", *options):
        process = subprocess.Popen([SGXX, "run", "--manifest", manifest, *options, self.program, how], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def end(self, process):
        """Status and what was still printed."""
        status = process.wait(timeout=60)
        out = process.stdout.read()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        return status, out

    def test_reach_the_handler_whatever_the_program_does(self):
        for how in ("pause", "compute", "sleep", "read", "threads", "wait"):
            for options in ((), ("--no-rewrite",)):
                with self.subTest(how=how, options=options):
                    process = self.start(how, "admitted.toml", *options)
                    time.sleep(0.05)
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(self.end(process), (0, b"TERM 1 INT 0 HUP 0 USR1 0\n"))

    def test_reach_whoever_is_left(self):
        process = self.start("main leaves")
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end(process), (0, b"TERM 1\n"))

    def test_each_has_its_number(self):
        process = self.start("pause")
        for number, name in ((signal.SIGINT, b"INT"), (signal.SIGHUP, b"HUP"), (signal.SIGUSR1, b"USR1")):
            process.send_signal(number)
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end(process), (0, b"TERM 1 INT 1 HUP 1 USR1 1\n"))

    def test_default_actions_are_those_of_the_program(self):
        process = self.start("default")
        process.send_signal(signal.SIGHUP)  # the program ignores it
        time.sleep(0.05)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end(process), (-signal.SIGTERM, b""))

    def test_what_is_not_admitted_stays_outside(self):
        process = self.start("pause", "plain.toml")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end(process), (-signal.SIGTERM, b""))
        process = self.start("pause")
        process.send_signal(signal.SIGUSR2)  # absorbed by the software SGX, and not for the program
        time.sleep(0.05)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGXCPU)
        self.assertEqual(self.end(process), (-signal.SIGXCPU, b""))

    def test_a_storm_during_handlers_is_harmless(self):
        process = self.start("storm")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGINT):
                os.kill(process.pid, number)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.end(process), (0, b""))

    def test_names_are_checked(self):
        for name in ("SIGSEGV", "SIGKILL", "SIGSTOP", "SIGFPE", "SIGILL", "SIGBUS", "SIGTRAP", "SIGSYS", "TERM", "15"):
            (self.folder / "bad.toml").write_text(f'signals = ["{name}"]\n')
            self.refused(125, r"bad\.toml:1:12: signals: expected one of .*SIGTERM", "run", "--manifest", "bad.toml", self.program, "pause")


if __name__ == "__main__":
    unittest.main()
