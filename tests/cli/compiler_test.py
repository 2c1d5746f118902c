#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sgxx c++ is g++ with our flags in front: it compiles, links, preprocesses and fails as g++ does, and the hardening bites."""

import subprocess
import unittest

from command import SMALL, Sgxx

CHECKED = {
    "signed overflow": "int x = 2147483647; x += argc; return x == 0;",
    "shift": "return 1 << (argc + 40);",
    "division": "return 5 / (argc - 1);",
    "bounds of an array": "int a[4] = {}; return a[argc + 5];",
    "bounds of a vector": "std::vector<int> v(3); return v[argc + 5];",
    "value of a bool": "bool b; *reinterpret_cast<volatile char*>(&b) = static_cast<char>(argc + 5); return b;",
    "length of a variable array": "int n = -argc; int a[n]; return a[0];",
    "end of a function": "auto f = [](int n) -> int { if (n > 5) return 1; }; return f(argc);",
}


class Compiler(Sgxx):
    @classmethod
    def prepare(cls):
        (cls.folder / "small.cc").write_text(SMALL)

    def native(self, name, *arguments):
        return subprocess.run([self.folder / name, *arguments], capture_output=True).returncode

    def test_links_a_static_pie_that_runs_here_and_in_an_enclave(self):
        self.must("c++", "-O2", "small.cc", "-o", "small")
        kind = subprocess.run(["file", "-b", self.folder / "small"], capture_output=True, text=True).stdout
        self.assertIn("static-pie linked", kind)
        self.assertEqual(self.native("small"), 0)
        self.assertEqual(self.must("run", "--device=soft", "small"), "small\n")

    def test_compiling_and_linking_apart(self):
        self.must("c++", "-c", "small.cc", "-o", "part.o")
        self.must("c++", "part.o", "-o", "linked")
        self.assertEqual(self.must("run", "--device=soft", "linked"), "small\n")

    def test_other_modes_are_those_of_g_plus_plus(self):
        self.assertIn("int main()", self.must("c++", "-E", "-x", "c++", "-", stdin=SMALL.encode()))
        self.assertIn("12", self.must("c++", "-dumpversion"))
        self.assertEqual(self.call("c++", "-fsyntax-only", "missing.cc").returncode, 1)

    def test_hardening_traps(self):
        for name, body in CHECKED.items():
            with self.subTest(name):
                source = f"#include <vector>\nint main(int argc, char**) {{ {body} }}\n"
                (self.folder / "wrong.cc").write_text(source)
                self.must("c++", "-w", "-O1", "wrong.cc", "-o", "wrong")
                self.assertIn(self.native("wrong"), (-4, -6), "SIGILL or abort")
                self.must("c++", "-w", "-O1", "--sgxx-no-harden", "wrong.cc", "-o", "plain")
                self.must("c++", "-w", "-O1", "--sgxx-show", "wrong.cc")

    def test_hardening_needs_no_run_time_library(self):
        self.must("c++", "-O2", "small.cc", "-o", "small")
        symbols = subprocess.run(["nm", self.folder / "small"], capture_output=True, text=True).stdout
        self.assertNotIn("__ubsan", symbols)

    def test_switches_and_order(self):
        hardened = self.must("c++", "--sgxx-show", "x.cc").split()
        self.assertEqual(hardened[0], "g++")
        for flag in ("-static-pie", "-D_FORTIFY_SOURCE=3", "-D_GLIBCXX_ASSERTIONS", "-fstack-protector-strong",
                     "-fstack-clash-protection", "-ftrivial-auto-var-init=zero", "-fsanitize-undefined-trap-on-error"):
            self.assertIn(flag, hardened)
        kinds = next(flag for flag in hardened if flag.startswith("-fsanitize="))
        for kind in ("bounds-strict", "object-size", "signed-integer-overflow", "shift", "integer-divide-by-zero", "unreachable",
                     "return", "vla-bound", "bool", "enum", "nonnull-attribute"):
            self.assertIn(kind, kinds)
        plain = self.must("c++", "--sgxx-show", "--sgxx-no-harden", "-c", "x.cc").split()
        self.assertEqual([word for word in plain if not word.startswith("-idirafter")], ["g++", "-fPIE", "-static-pie", "-c", "x.cc"])
        no_sanitize = self.must("c++", "--sgxx-no-sanitize", "--sgxx-show", "x.cc")
        self.assertNotIn("-fsanitize", no_sanitize)
        self.assertIn("-D_FORTIFY_SOURCE=3", no_sanitize)
        users = self.must("c++", "--sgxx-show", "-D_FORTIFY_SOURCE=2", "-fno-stack-protector", "x y.cc")
        self.assertNotIn("-D_FORTIFY_SOURCE=3", users)
        self.assertIn("-D_FORTIFY_SOURCE=2 -fno-stack-protector 'x y.cc' -L", users)
        self.assertNotIn("-static-pie", self.must("c++", "--sgxx-show", "-shared", "x.cc"))
        self.assertIn("--sgxx-no-sanitize", self.must("c++", "--sgxx-help"))

    def test_the_sdk_is_linked_last_and_only_into_programs(self):
        for words in (["x.cc"], ["-o", "app", "x.o"], ["-x", "c++", "-"]):
            self.assertRegex(self.must("c++", "--sgxx-show", *words), r" -L\S+ -lsgxx -lssl -lcrypto\n\Z")
        for words in ([], ["-c", "x.cc"], ["-E", "x.cc"], ["-shared", "x.o"], ["-v", "-o", "app"], ["-nostdlib", "x.o"]):
            shown = self.must("c++", "--sgxx-show", *words)
            self.assertNotIn("-lsgxx", shown)
            self.assertIn("-idirafter", shown)

    def test_without_openssl_what_needs_none_links_and_the_rest_is_told(self):
        (self.folder / "verify.cc").write_text(
            "#include <sgxx/report.h>\nint main() { sgxx::verify_report(sgxx::create_report(sgxx::TargetInfo::own())); }\n")
        (self.folder / "identity.cc").write_text("#include <sgxx/identity.h>\nint main() { return sgxx::in_enclave(); }\n")
        compiler = self.folder / "compiler"  # one that knows of no libcrypto.a
        compiler.write_text('#!/bin/sh\ncase "$*" in -print-file-name=*) echo "${1#*=}" ;; *) exec g++ "$@" ;; esac\n')
        compiler.chmod(0o755)
        other = ("c++", f"--sgxx-compiler={compiler}", "-std=c++20")
        self.must(*other, "identity.cc", "-o", "identity")
        self.assertEqual(self.native("identity"), 0)
        self.assertEqual(self.call("run", "--device=soft", "identity").returncode, 1)
        result = self.call(*other, "verify.cc", "-o", "verify")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr.decode(), r"undefined reference to `EVP_MAC_fetch'(.|\n)*\nsgxx: .*apt-get install libssl-dev")
        self.must("c++", "-std=c++20", "verify.cc", "-o", "verify")

    def test_an_older_standard_is_told_so(self):
        result = self.call("c++", "-std=c++17", "-c", "-x", "c++", "-", "-o", "old.o", stdin=b"#include <sgxx/identity.h>\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("need C++20", result.stderr.decode())


if __name__ == "__main__":
    unittest.main()
