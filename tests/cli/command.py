# SPDX-License-Identifier: Apache-2.0
"""Runs sgxx for the tests beside this file, with a home folder of their own, and states what every failure owes its reader."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SGXX = os.environ.get("SGXX", "sgxx")
USAGE, ABORTED, BAD_INPUT, CANNOT = 2, 124, 125, 126


class Sgxx(unittest.TestCase):
    """A test case with a scratch folder that its tests share."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="sgxx-cli-")
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": cls.scratch.name,
                           "XDG_DATA_HOME": str(cls.folder / "data")}
        cls.prepare()

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def prepare(cls):
        """For subclasses: makes the files that all their tests use."""

    @classmethod
    def call(cls, *arguments, stdin=b"", cwd=None, environment=None):
        return subprocess.run([SGXX, *map(str, arguments)], input=stdin, capture_output=True, timeout=120, cwd=cwd or cls.folder,
                              env={**cls.environment, **(environment or {})})

    @classmethod
    def must(cls, *arguments, **keywords):
        result = cls.call(*arguments, **keywords)
        if result.returncode != 0:
            raise AssertionError(f"sgxx {' '.join(map(str, arguments))}: {result.returncode}: {result.stderr.decode()}")
        return result.stdout.decode()

    @classmethod
    def compile(cls, name, source, *flags):
        """A static-PIE of the C++ `source`, small and fast to build."""
        path = cls.folder / name
        (cls.folder / f"{name}.cc").write_text(source)
        subprocess.run(["g++", "-std=c++20", "-O1", *(flags or ["-static-pie"]), f"{name}.cc", "-o", name], cwd=cls.folder, check=True)
        return path

    def refused(self, code, pattern, *arguments, **keywords):
        """sgxx ends with `code` and one line on standard error that matches; nothing else is printed."""
        result = self.call(*arguments, **keywords)
        error = result.stderr.decode()
        self.assertEqual(result.returncode, code, error)
        self.assertEqual(result.stdout, b"")
        self.assertRegex(error, r"\Asgxx: [^\n]+\n\Z", "one line, no more")
        self.assertLess(len(error), 500)
        self.assertTrue(re.search(pattern, error), f"{error!r} does not match {pattern!r}")
        self.assertNotRegex(error, r"terminate called|Assertion|core dumped")


SMALL = "#include <cstdio>\nint main() { std::puts(\"small\"); }\n"
