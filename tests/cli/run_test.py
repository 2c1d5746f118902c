#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sgxx run ends as the program ends, passes on what it must and nothing else; every sub-command explains itself."""

import json
import signal
import unittest

from command import Sgxx

PROGRAM = r"""
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

extern char** environ;

int main(int argc, char** argv) {
  std::string what = argc > 1 ? argv[1] : "";
  if (what == "exit") return std::atoi(argv[2]);
  if (what == "raise") raise(std::atoi(argv[2]));
  if (what == "abort") std::abort();
  if (what == "throw") throw 1;
  if (what == "null") *static_cast<volatile int*>(nullptr) = 1;
  if (what == "arguments") for (int i = 1; i < argc; ++i) std::printf("%s\n", argv[i]);
  if (what == "environment") for (char** variable = environ; *variable != nullptr; ++variable) std::printf("%s\n", *variable);
  if (what == "copy") {
    std::vector<char> buffer(1 << 16);
    while (size_t count = std::fread(buffer.data(), 1, buffer.size(), stdin)) std::fwrite(buffer.data(), 1, count, stdout);
  }
  if (what == "memory") {
    try {
      std::vector<std::vector<char>> all;
      for (;;) all.emplace_back(1 << 20, 'x');
    } catch (const std::bad_alloc&) {
      std::puts("bad_alloc");
    }
  }
  if (what == "threads") {
    std::vector<std::thread> threads;
    try {
      for (;;) threads.emplace_back([] { for (;;) std::this_thread::sleep_for(std::chrono::hours(1)); });
    } catch (const std::system_error& error) {
      std::printf("%zu threads, then %s\n", threads.size() + 1, error.code() == std::errc::resource_unavailable_try_again ? "EAGAIN" : "?");
      std::fflush(stdout);
      std::_Exit(0);
    }
  }
}
"""


class Run(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("program", PROGRAM)
        cls.must("run", "--device=soft", "program")  # makes the development key

    def inside(self, *arguments, options=(), **keywords):
        return self.call("run", "--device=soft", *options, "program", *arguments, **keywords)

    def test_exit_codes(self):
        for code in (0, 1, 7, 124, 125, 126, 255):
            self.assertEqual(self.inside("exit", code).returncode, code)

    def test_death_by_signal(self):
        for arguments, number in ((("abort",), signal.SIGABRT), (("throw",), signal.SIGABRT), (("null",), signal.SIGSEGV),
                                  (("raise", "15"), signal.SIGTERM), (("raise", "9"), signal.SIGKILL), (("raise", "10"), signal.SIGUSR1)):
            with self.subTest(arguments):
                result = self.inside(*arguments)
                self.assertEqual(result.returncode, -number, result.stderr.decode())
                self.assertNotIn(b"sgxx:", result.stderr)

    def test_arguments_belong_to_the_program(self):
        words = ["arguments", "--help", "-v", "--device=linux", "a b", "", "--", "caf\u00e9"]
        self.assertEqual(self.inside(*words).stdout.decode(), "\n".join(words) + "\n")
        result = self.call("run", "--device=soft", "program", "--", "arguments", "--help")
        self.assertEqual(result.stdout, b"arguments\n--help\n")
        result = self.call("run", "--device=soft", "--", "program", "arguments")
        self.assertEqual(result.stdout, b"arguments\n")

    def test_environment_is_the_manifests(self):
        self.assertEqual(self.inside("environment", environment={"LEAK": "yes"}).stdout, b"")
        (self.folder / "m.toml").write_text("[environment]\nA = \"1\"\nB = \"x y\"\n")
        self.assertEqual(self.inside("environment", options=("--manifest", "m.toml"), environment={"A": "2"}).stdout, b"A=1\nB=x y\n")

    def test_arguments_of_the_manifest_win(self):
        (self.folder / "m.toml").write_text("arguments = [\"program\", \"arguments\", \"measured\"]\n")
        self.assertEqual(self.inside("exit", "9", options=("--manifest", "m.toml")).stdout, b"arguments\nmeasured\n")

    def test_streams(self):
        data = bytes(range(256)) * 2000
        self.assertEqual(self.inside("copy", stdin=data).stdout, data)

    def test_too_little_memory_and_too_many_threads_are_the_programs_to_handle(self):
        result = self.inside("memory", options=("--heap", "8MiB"))
        self.assertEqual((result.returncode, result.stdout), (0, b"bad_alloc\n"))
        result = self.inside("threads", options=("--threads", "4"))
        self.assertEqual((result.returncode, result.stdout), (0, b"4 threads, then EAGAIN\n"))

    def test_says_nothing_of_its_own_unless_asked(self):
        self.assertEqual(self.inside("exit", "0").stderr, b"")
        verbose = self.inside("exit", "0", options=("-v",)).stderr.decode()
        self.assertIn("protects nothing", verbose)
        self.assertIn("MRENCLAVE", verbose)

    def test_every_command_has_help_with_examples(self):
        top = self.must("--help")
        for command in ("run", "c++", "pack", "sign", "keygen", "measure", "inspect", "detect"):
            self.assertIn(f"\n  {command} ", top)
            text = self.must(command, "--sgxx-help" if command == "c++" else "--help")
            self.assertIn("Example", text, command)
            self.assertLessEqual(max(map(len, text.splitlines())), 130, command)
        self.assertRegex(self.must("--version"), r"^sgxx \d+\.\d+\.\d+\n$")

    def test_detect(self):
        result = self.call("detect", "--json")
        report = json.loads(result.stdout)
        self.assertEqual(set(report["devices"]), {"linux", "soft"})
        self.assertEqual(result.returncode, 0 if any(report["devices"].values()) else 126)
        ids = {fact["id"] for fact in report["facts"]}
        self.assertLessEqual({"sgx", "sgx1", "sgx2", "epc", "kernel", "sgx_enclave", "vdso", "fsgsbase", "syscall_user_dispatch",
                              "cpuid_faulting", "low_memory"}, ids)
        for fact in report["facts"]:
            self.assertEqual(fact["present"] == "no", bool(fact.get("advice")), fact["id"])
        self.assertIn("protects nothing", self.call("detect").stdout.decode())


if __name__ == "__main__":
    unittest.main()
