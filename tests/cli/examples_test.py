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


if __name__ == "__main__":
    unittest.main()
