#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`sgxx volume`: what goes in comes out, what is damaged is named, what is wrong is one line."""

import fcntl
import json
import os
import pathlib
import shutil
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

from command import BAD_INPUT, USAGE, Sgxx

BLOCK = 4096


class Tool(Sgxx):
    @classmethod
    def prepare(cls):
        cls.must("volume", "keygen", "key")
        cls.must("volume", "keygen", "--hex", "hex.key")
        cls.make("template")
        tree = cls.folder / "tree"
        (tree / "sub" / "deep").mkdir(parents=True)
        (tree / "small").write_text("hello\n")
        (tree / "empty").touch()
        (tree / "sub" / "large").write_bytes(os.urandom((3 << 20) + 17))
        (tree / "sub" / "deep" / "script").write_text("#!/bin/sh\n")
        (tree / "sub" / "deep" / "script").chmod(0o750)
        (tree / "link").symlink_to("sub/large")
        os.utime(tree / "small", (1e9, 1e9))
        cls.must("volume", "cp", "-r", "tree", "template:/", *cls.with_key())

    @classmethod
    def with_key(cls, key="key"):
        return "--key-file", key

    @classmethod
    def make(cls, name, *options, key="key"):
        return cls.must("volume", "create", name, *cls.with_key(key), *options).strip()

    def copy_of_template(self):
        name = self.id().split(".")[-1]
        shutil.copytree(self.folder / "template", self.folder / name)
        return name

    def check(self, name, key="key"):
        result = self.call("volume", "check", name, "--json", *self.with_key(key))
        return result.returncode, json.loads(result.stdout)

    def test_what_goes_in_comes_out(self):
        self.must("volume", "cp", "-r", "template:/tree", "out", *self.with_key())
        source, result = self.folder / "tree", self.folder / "out"
        names = sorted(str(path.relative_to(source)) for path in source.rglob("*"))
        self.assertEqual(sorted(str(path.relative_to(result)) for path in result.rglob("*")), names)
        for name in names:
            one, other = source / name, result / name
            if one.is_symlink():
                self.assertEqual(other.readlink(), one.readlink())
            elif one.is_file():
                self.assertEqual(other.read_bytes(), one.read_bytes())
                self.assertEqual(other.stat().st_mode, one.stat().st_mode)
                self.assertEqual(int(other.stat().st_mtime), int(one.stat().st_mtime))

    def test_one_file_there_and_back(self):
        name = self.copy_of_template()
        (self.folder / "new").write_text("new\n")
        self.must("volume", "cp", "new", f"{name}:/tree/small", *self.with_key())  # replaced
        self.must("volume", "cp", "new", f"{name}:/tree/sub", *self.with_key())    # into the directory
        for path in ("/tree/small", "/tree/sub/new"):
            self.must("volume", "cp", f"{name}:{path}", "back", *self.with_key())
            self.assertEqual((self.folder / "back").read_text(), "new\n")

    def test_a_link_outside_is_replaced_and_not_followed(self):
        (self.folder / "precious").write_text("precious")
        (self.folder / "trap").symlink_to("precious")
        self.must("volume", "cp", "template:/tree/small", "trap", *self.with_key())
        self.assertEqual((self.folder / "precious").read_text(), "precious")
        self.assertEqual((self.folder / "trap").read_text(), "hello\n")

    def test_ls(self):
        text = self.must("volume", "ls", "template", "/tree", *self.with_key()).splitlines()
        self.assertEqual([line.split(maxsplit=5)[-1] for line in text], ["empty", "link -> sub/large", "small", "sub"])
        self.assertRegex(text[2], r"^-rw-r--r-- +1 +6 2001-09-09 01:46 small$")
        every = json.loads(self.must("volume", "ls", "template", "-R", "--json", *self.with_key()))
        self.assertEqual([one["name"] for one in every],
                         ["tree", "tree/empty", "tree/link", "tree/small", "tree/sub", "tree/sub/deep", "tree/sub/deep/script", "tree/sub/large"])
        script = every[6]
        self.assertEqual((script["type"], script["mode"], script["user"], script["size"]), ("file", 0o750, 1000, 10))
        self.assertEqual(every[2]["target"], "sub/large")

    def test_info(self):
        with_key = json.loads(self.must("volume", "info", "template", "--json", *self.with_key()))
        without = json.loads(self.must("volume", "info", "template", "--json"))
        self.assertEqual(without, {key: with_key[key] for key in ("format", "id", "header_generation", "keys")})
        self.assertEqual((with_key["format"], with_key["keys"], with_key["anchored"], with_key["objects"]), (2, ["provisioned"], None, 9))
        self.assertGreaterEqual(with_key["state"]["generation"], 2)
        self.assertEqual(with_key["bytes"], (self.folder / "template" / "volume").stat().st_size)
        self.assertRegex(self.must("volume", "info", "template"), rf"^id +{with_key['id']}\nformat +2\nkeys +provisioned\n$")

    def test_size_is_a_bound(self):
        name = "bounded"
        self.make(name, "--size", "2MiB")
        self.refused(126, "no space", "volume", "cp", "tree/sub/large", f"{name}:/large", *self.with_key())
        self.assertEqual(self.check(name)[1]["files"], 0)  # nothing is half there
        self.must("volume", "cp", "tree/small", f"{name}:/small", *self.with_key())

    def test_check_says_what_is_wrong_where(self):
        name = self.copy_of_template()
        self.assertEqual(self.check(name), (0, {"sound": True, "files": 4, "directories": 3, "links": 1,
                                                "bytes": self.check(name)[1]["bytes"], "problems": []}))
        volume = self.folder / name / "volume"
        good = volume.read_bytes()
        found = set()
        for block in range(4, len(good) // BLOCK, 37):
            damaged = bytearray(good)
            damaged[block * BLOCK + 100] ^= 1
            volume.write_bytes(damaged)
            code, report = self.check(name)
            self.assertEqual(code == 0, report["sound"])
            self.assertEqual(report["sound"], not report["problems"])
            for problem in report["problems"]:
                found.add(problem.split(":")[0].split("/")[-1])
                self.assertRegex(problem, f"damaged or tampered with \\(block {block}\\)")
        self.assertIn("large", found)
        volume.write_bytes(good)
        self.assertRegex(self.must("volume", "check", name, *self.with_key()), "^sound: 4 files, 3 directories, 1 symbolic links")

    def test_a_volume_that_is_cut_does_not_open(self):
        name = self.copy_of_template()
        volume = self.folder / name / "volume"
        for blocks in (1, 3, 5, 300):
            os.truncate(volume, blocks * BLOCK)
            code, report = self.check(name)
            self.assertEqual((code, report["sound"]), (1, False), blocks)

    def test_rewrap(self):
        name = self.copy_of_template()
        before = (self.folder / name / "volume").read_bytes()
        self.must("volume", "rewrap", name, *self.with_key(), "--new-key-file", "hex.key")
        self.refused(BAD_INPUT, "does not open with this key", "volume", "ls", name, *self.with_key())
        self.assertEqual(self.check(name, "hex.key")[0], 0)
        after = (self.folder / name / "volume").read_bytes()
        self.assertEqual(before[2 * BLOCK:], after[2 * BLOCK:])  # nothing but the header is written
        self.must("volume", "rewrap", name, *self.with_key("hex.key"), "--new-key-file", "key")
        self.assertEqual(self.check(name)[0], 0)
        self.assertEqual(json.loads(self.must("volume", "info", name, "--json"))["header_generation"], 3)

    def test_keys(self):
        self.assertEqual(stat.S_IMODE((self.folder / "key").stat().st_mode), 0o600)
        self.assertEqual((self.folder / "key").stat().st_size, 32)
        digits = (self.folder / "hex.key").read_text()
        self.assertRegex(digits, "^[0-9a-f]{64}\n$")
        (self.folder / "raw.key").write_bytes(bytes.fromhex(digits))
        self.make("keyed", key="hex.key")
        self.must("volume", "ls", "keyed", *self.with_key("raw.key"))  # the same key
        self.refused(BAD_INPUT, "exists already", "volume", "keygen", "key")
        for name, content in (("short", b"x" * 31), ("long", b"x" * 33), ("digits", b"g" * 64), ("nothing", b"")):
            (self.folder / name).write_bytes(content)
            self.refused(BAD_INPUT, f"{name}: expected a key", "volume", "ls", "template", *self.with_key(name))

    def test_wrong_input_is_one_line(self):
        key = self.with_key()
        (self.folder / "folder").mkdir()
        (self.folder / "folder" / "volume").write_bytes(b"x" * 5 * BLOCK)
        self.refused(BAD_INPUT, "not a volume", "volume", "ls", "folder", *key)
        self.refused(BAD_INPUT, "not a volume", "volume", "info", "folder")
        self.refused(BAD_INPUT, "cannot read|no volume", "volume", "info", "nowhere")
        self.refused(BAD_INPUT, "there is no volume", "volume", "ls", "nowhere", *key)
        self.refused(BAD_INPUT, "exists already", "volume", "create", "template", *key)
        self.refused(BAD_INPUT, "cannot read", "volume", "ls", "template", "--key-file", "nowhere")
        self.refused(BAD_INPUT, "no such file", "volume", "ls", "template", "/nothing", *key)
        self.refused(BAD_INPUT, "no such file", "volume", "cp", "template:/nothing", "x", *key)
        self.refused(BAD_INPUT, "with -r", "volume", "cp", "tree", "template:/other", *key)
        self.refused(BAD_INPUT, "with -r", "volume", "cp", "template:/tree", "x", *key)
        self.refused(BAD_INPUT, "to be in a volume", "volume", "cp", "tree", "x", *key)
        self.refused(BAD_INPUT, "to be in a volume", "volume", "cp", "template:/a", "template:/b", *key)
        for size in ("1", "2TiB", "many", "1048577"):
            self.refused(BAD_INPUT, "--size: expected", "volume", "create", "sized", "--size", size, *key)
        self.refused(USAGE, "key-file", "volume", "ls", "template")
        self.refused(USAGE, "subcommand", "volume")
        self.refused(USAGE, "sgxx volume", "volume", "mend", "template")

    def test_one_at_a_time(self):
        name = self.copy_of_template()
        with open(self.folder / name / "volume") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.refused(126, "in use", "volume", "ls", name, *self.with_key())
            self.must("volume", "info", name)

    def test_help(self):
        for command in ("keygen", "create", "info", "check", "ls", "cp", "rewrap"):
            self.assertIn("--", self.must("volume", command, "--help"))
        self.assertIn("Exit codes", self.must("volume", "--help"))


if __name__ == "__main__":
    unittest.main()
