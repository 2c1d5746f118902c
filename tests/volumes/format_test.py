#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The format of volumes: what the tool and an enclave write is what reader.py reads, which knows docs/volumes.md alone."""

import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

import reader
from command import Sgxx

# Makes files below its first argument; with a second one, the digits of a key, that is a volume which it opens.
MAKER = r"""
#include <fcntl.h>
#include <sgxx/volume.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace fs = std::filesystem;

static void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

int main(int count, char** argv) {
  std::optional<sgxx::Volume> volume;
  if (count > 2) {
    sgxx::VolumeKey key;
    if (!sgxx::from_hex(argv[2], key.bytes())) return 2;
    volume = sgxx::Volume::open(argv[1], key, nullptr);
  }
  const fs::path top = argv[1];
  // Names in several blocks, with gaps.
  fs::create_directory(top / "many");
  for (int i = 0; i < 400; ++i) put(top / "many" / (std::string(i % 230, 'n') + std::to_string(i)), std::to_string(i));
  for (int i = 0; i < 400; i += 3) fs::remove(top / "many" / (std::string(i % 230, 'n') + std::to_string(i)));
  put(top / "many/\xff\xfe not UTF-8\n", "any bytes");
  fs::create_directories(top / "empty/below");
  put(top / "one", "linked");
  fs::create_hard_link(top / "one", top / "other");
  fs::create_symlink("../one", top / "empty/link");
  // Blocks far apart, below nodes of three levels.
  const int sparse = open((top / "sparse").c_str(), O_WRONLY | O_CREAT, 0640);
  for (const off_t at : {off_t{0}, off_t{4095}, off_t{500'000}, off_t{60'000'000}}) {
    if (pwrite(sparse, "here", 4, at) != 4) return 1;
  }
  if (ftruncate(sparse, 61'000'001) != 0) return 1;
  // One block is cut and grows again.
  put(top / "cut", std::string(5000, 'c'));
  fs::resize_file(top / "cut", 100);
  fs::resize_file(top / "cut", 4100);
  // Open, without a name, when the program ends.
  put(top / "gone", "gone");
  const int gone = open((top / "gone").c_str(), O_RDONLY);
  return gone >= 0 && fs::remove(top / "gone") ? 0 : 1;
}
"""


def lines_of(folder):
    """What reader.lines says of a volume, of a folder."""
    def below(path, name):
        status = os.lstat(path)
        line = f"{name.decode(errors='surrogateescape') or '/'} {status.st_mode:o} {status.st_nlink} "
        if stat.S_ISDIR(status.st_mode):
            yield line + "-"
            for child in sorted(os.listdir(path)):
                yield from below(path + b"/" + child, name + b"/" + child)
        elif stat.S_ISLNK(status.st_mode):
            yield line + os.readlink(path).decode(errors="surrogateescape")
        else:
            yield line + f"{status.st_size} {hashlib.sha256(pathlib.Path(os.fsdecode(path)).read_bytes()).hexdigest()}"

    return list(below(os.fsencode(folder), b""))


class Format(Sgxx):
    @classmethod
    def prepare(cls):
        cls.must("volume", "keygen", "key")
        cls.key = (cls.folder / "key").read_bytes()
        (cls.folder / "maker.cc").write_text(MAKER)
        cls.must("c++", "-std=gnu++20", "-O1", "maker.cc", "-o", "maker")
        cls.native = cls.folder / "native"
        cls.native.mkdir(mode=0o755)
        subprocess.run([cls.folder / "maker", cls.native], check=True)

    def setUp(self):
        self.volume = self.folder / "volume"
        self.addCleanup(shutil.rmtree, self.volume, ignore_errors=True)

    def read(self, key=None):
        return reader.Volume(self.volume / "volume", key or self.key)

    def test_what_the_tool_writes(self):
        self.must("volume", "create", "volume", "--key-file", "key")
        self.assertEqual(list(reader.lines(self.read())), ["/ 40755 2 -"])
        self.must("volume", "cp", "-r", "native", "volume:/", "--key-file", "key")
        found = {line.removeprefix("/native") or "/" for line in reader.lines(self.read())}
        wanted = [line for line in lines_of(self.native) if not line.startswith(("/one ", "/other "))]  # two files to cp
        self.assertGreater(len(wanted), 250)
        self.assertLessEqual(set(wanted[1:]), found)

    def test_another_key(self):
        self.must("volume", "create", "volume", "--key-file", "key")
        self.must("volume", "cp", "-r", "native", "volume:/", "--key-file", "key")
        before = list(reader.lines(self.read()))
        self.must("volume", "keygen", "next")
        self.addCleanup((self.folder / "next").unlink)
        self.must("volume", "rewrap", "volume", "--key-file", "key", "--new-key-file", "next")
        self.assertRaises(reader.Damaged, self.read)
        self.assertEqual(list(reader.lines(self.read((self.folder / "next").read_bytes()))), before)

    def test_what_an_enclave_writes(self):
        (self.folder / "m.toml").write_text('[[mount]]\ntype = "encrypted"\npath = "/data"\nsource = "volume"\nkey = "program"\n')
        self.volume.mkdir()
        self.must("run", "--device=soft", "--manifest", "m.toml", "maker", "/data", self.key.hex())
        volume = self.read()
        self.assertEqual(list(reader.lines(volume)), lines_of(self.native))
        # What was open without a name is there, and has none.
        records = volume.records()
        named = {record.number for _, record, _ in reader.walk(volume)}
        self.assertEqual([record.links for number, record in records.items() if number not in named], [0])

    def test_damage_is_seen(self):
        self.must("volume", "create", "volume", "--key-file", "key")
        self.must("volume", "cp", "native/one", "volume:/one", "--key-file", "key")
        path = self.volume / "volume"
        whole = path.read_bytes()
        good = list(reader.lines(self.read()))
        volume = self.read()
        for block in range(4, len(whole) // reader.BLOCK):
            path.write_bytes(whole[:block * reader.BLOCK + 77] + bytes([whole[block * reader.BLOCK + 77] ^ 1]) + whole[block * reader.BLOCK + 78:])
            try:
                self.assertEqual(list(reader.lines(self.read())), good)
            except reader.Damaged:
                volume = None
        self.assertIsNone(volume, "no block mattered")


if __name__ == "__main__":
    unittest.main()
