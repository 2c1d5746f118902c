#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples do what their readers are told: natively, inside, and as a project that finds the installed sgxx."""

import os
import pathlib
import subprocess
import unittest

from command import Sgxx

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Examples(Sgxx):
    def cmake(self, *arguments):
        result = subprocess.run(["cmake", *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **self.environment})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_find_package_and_add_enclave(self):
        prefix, build = self.folder / "prefix", self.folder / "build"
        self.cmake("--install", os.environ["SGXX_BUILD"], "--prefix", prefix)
        self.cmake("-S", ROOT / "examples" / "cmake", "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                   "-DCMAKE_BUILD_TYPE=Release")
        self.cmake("--build", build)
        self.assertTrue((build / "greeting.sgx").exists())
        self.assertIn("Saluton from an enclave", self.cmake("--build", build, "--target", "run_greeting"))
        self.assertIn("greeting", self.must("measure", build / "greeting.sgx"))

    def test_hello(self):
        self.must("c++", "-O2", ROOT / "examples" / "hello" / "hello.cc", "-o", "hello")
        native = subprocess.run([self.folder / "hello"], capture_output=True, text=True).stdout
        self.assertIn("500000500000", native)
        self.assertEqual(self.must("run", "--device=soft", "hello"), native)

    def test_sealed_notes(self):
        example = ROOT / "examples" / "sealed_notes"
        self.must("c++", "-std=c++20", "-O2", example / "sealed_notes.cc", "-o", "sealed_notes")
        (self.folder / "notes").mkdir()
        run = ("run", "--device=soft", "--manifest", example / "sealed_notes.toml", "sealed_notes")
        self.assertEqual(self.must(*run, "list"), "")
        self.must(*run, "add", "buy milk")
        self.must(*run, "add", "call home")
        self.assertEqual(self.must(*run, "list"), "buy milk\ncall home\n")
        sealed = self.folder / "notes" / "sealed"
        blob = sealed.read_bytes()
        self.assertNotIn(b"milk", blob)
        sealed.write_bytes(blob[:-1] + bytes([blob[-1] ^ 1]))
        result = self.call(*run, "list")
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertIn(b"the tag is wrong", result.stderr)
        outside = subprocess.run([self.folder / "sealed_notes", "add", "x"], capture_output=True)
        self.assertEqual(outside.returncode, 1)
        self.assertIn(b"not in an enclave", outside.stderr)


if __name__ == "__main__":
    unittest.main()
