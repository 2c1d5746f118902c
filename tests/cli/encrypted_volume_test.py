#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypted volumes across runs of their program: what is kept, who may open them, and what is refused."""

import os
import pathlib
import shutil
import subprocess
import unittest

from command import ABORTED, CANNOT, SGXX, Sgxx

PROGRAM = r"""
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#ifdef ANOTHER
volatile int another = 1;
#endif

static void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }
static std::string get(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}
static void synchronise(const char* path) {
  const int file = open(path, O_RDONLY);
  if (fsync(file) != 0) std::printf("fsync: %s\n", strerrorname_np(errno));
  close(file);
}
static std::vector<unsigned> numbers(size_t count, unsigned seed) {
  std::vector<unsigned> all(count);
  for (unsigned& number : all) number = seed = seed * 1664525 + 1013904223;
  return all;
}

// Names of all lengths in three directories, and what they lead to: changed in all ways, now and then synchronised.
static void change_names(unsigned seed) {
  const auto random = [&seed](unsigned below) { return (seed = seed * 1664525 + 1013904223) / 65536 % below; };
  const auto name = [&] {
    const unsigned number = random(60);
    return "names" + std::to_string(number % 3) + "/" + std::to_string(number) + std::string(number * 251 / 59, 'x');
  };
  for (const char* folder : {"names0", "names1", "names2"}) mkdir(folder, 0700);
  for (unsigned i = 0; i < 3000; ++i) {
    const std::string one = name(), other = name();
    switch (random(8)) {
      case 0: (void)mkdir(one.c_str(), 0700); break;
      case 1: (void)(unlink(one.c_str()) == 0 || rmdir(one.c_str()) == 0); break;
      case 2: (void)link(one.c_str(), other.c_str()); break;
      case 3: (void)rename(one.c_str(), other.c_str()); break;
      case 4: (void)renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE); break;
      case 5: (void)(symlink(other.c_str(), one.c_str()) == 0); break;
      default: if (!std::filesystem::exists(one)) put(one, std::to_string(i)); break;
    }
    if (random(100) == 0) synchronise("names0");
  }
  // And each way alone in its directory, with nothing else to write there.
  for (const char* folder : {"exchange", "with", "from", "onto", "without", "linked"}) {
    mkdir(folder, 0700);
    put(std::string(folder) + "/name", folder + std::to_string(seed));
  }
  synchronise(".");
  (void)renameat2(AT_FDCWD, "exchange/name", AT_FDCWD, "with/name", RENAME_EXCHANGE);
  (void)rename("from/name", "onto/name");
  (void)unlink("without/name");
  (void)link("with/name", "linked/other");
}
static size_t digest_of_names() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(".")) {
    std::string line = entry.path().string() + ":";
    if (entry.is_symlink()) line += std::filesystem::read_symlink(entry.path()).string();
    else line += entry.is_directory() ? "directory" : get(entry.path()) + "," + std::to_string(entry.hard_link_count());
    all.push_back(line);
  }
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& line : all) text += line + "\n";
  return std::hash<std::string>()(text) ^ all.size();
}

int main(int count, char** argv) {
  namespace fs = std::filesystem;
  const std::string what = argv[1], value = count > 2 ? argv[2] : "";
  if (chdir("/data") != 0) return std::printf("chdir: %s\n", strerrorname_np(errno)), 0;
  if (what == "put") put("value", value);
  if (what == "get") std::puts(get("value").c_str());
  if (what == "tree") {
    fs::create_directories("a/b/c");
    put("a/b/file", "in a file");
    fs::create_symlink("b/file", "a/link");
    fs::create_hard_link("a/b/file", "a/other");
    fs::rename("a/b/c", "a/d");
    fs::permissions("a/other", fs::perms(0640));
    mkfifo("a/fifo", 0600);
    const timespec times[2] = {{1000, 7}, {2000, 9}};
    utimensat(AT_FDCWD, "a/d", times, 0);
    put("gone", "and never seen again");
    unlink("gone");
  }
  if (what == "look") {
    struct stat status;
    for (const char* path : {"a", "a/b", "a/b/file", "a/link", "a/other", "a/d", "a/fifo"}) {
      lstat(path, &status);
      std::printf("%s %o %lu %ld\n", path, status.st_mode, static_cast<unsigned long>(status.st_nlink),
                  S_ISDIR(status.st_mode) ? 0L : static_cast<long>(status.st_size));
    }
    stat("a/d", &status);
    std::printf("%ld.%09ld\n", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    std::printf("%s, gone: %d\n", get("a/link").c_str(), fs::exists("gone"));
  }
  if (what == "large") {  // far more than the cache holds
    const size_t words = 6 << 20;
    const auto all = numbers(words, 1);
    const int file = open("large", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (size_t at = 0; at < words; at += 1000) {
      const size_t part = std::min<size_t>(1000, words - at) * sizeof(unsigned);
      if (write(file, &all[at], part) != static_cast<ssize_t>(part)) return std::puts("short"), 1;
    }
    for (size_t i = 0; i < 3000; ++i) {  // here and there, across pages
      const size_t at = all[i] % (words - 4000);
      if (pwrite(file, &all[i], 4000, static_cast<off_t>(at * 4)) != 4000) return std::puts("short"), 1;
    }
    if (ftruncate(file, (words - 777) * 4 - 1) != 0) return 1;
    std::puts("written");
  }
  if (what == "compare") {
    const size_t words = 6 << 20;
    const auto all = numbers(words, 1);
    auto wanted = all;
    for (size_t i = 0; i < 3000; ++i) memcpy(&wanted[all[i] % (words - 4000)], &all[i], 4000);
    const size_t length = (words - 777) * 4 - 1;
    const std::string found = get("large");
    std::printf("%d\n", found.size() == length && memcmp(found.data(), wanted.data(), length) == 0);
  }
  if (what == "die") {  // what was synchronised, and what was not
    put("value", value);
    synchronise("value");
    put("value", "lost");
    const int open_file = open("value", O_RDONLY);
    unlink("value2");
    (void)open_file;
    std::puts("ready");
    std::fflush(stdout);
    for (;;) pause();
  }
  if (what == "map") {
    const int file = open("mapped", O_RDWR | O_CREAT, 0600);
    if (ftruncate(file, 10000) != 0) return 1;
    auto* const bytes = static_cast<char*>(mmap(nullptr, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    std::strcpy(bytes + 4090, value.c_str());
    if (msync(bytes, 10000, MS_SYNC) != 0) return 1;
    std::printf("%s\n", bytes + 4090);
    std::strcpy(bytes + 9000, "after msync");
    munmap(bytes, 10000);
    // Writable for a while, all of it and a part of it.
    const int other = open("protected", O_RDWR | O_CREAT, 0600);
    if (ftruncate(other, 16384) != 0) return 1;
    auto* const pages = static_cast<char*>(mmap(nullptr, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0));
    std::strcpy(pages, "written before");
    if (mprotect(pages, 16384, PROT_READ) != 0 || munmap(pages, 8192) != 0) return 1;
    if (mprotect(pages + 8192, 4096, PROT_READ | PROT_WRITE) != 0) return 1;
    std::strcpy(pages + 8192, "written behind");
    if (mprotect(pages + 8192, 4096, PROT_READ) != 0) return 1;
  }
  if (what == "mapped") {
    const int file = open("mapped", O_RDWR);
    auto* const bytes = static_cast<char*>(mmap(nullptr, 10000, PROT_READ, MAP_SHARED, file, 0));
    std::printf("%s, %s\n", bytes + 4090, bytes + 9000);
    const std::string other = get("protected");
    std::printf("%s, %s\n", other.data(), other.data() + 8192);
  }
  if (what == "turns") {  // each piece is read by one thread, as a whole
    constexpr size_t kPiece = 65536, kPieces = 128;
    const int file = open("pieces", O_RDWR | O_CREAT, 0600);
    for (size_t i = 0; i < kPieces; ++i) {
      const std::string piece(kPiece, static_cast<char>(i + 1));
      if (write(file, piece.data(), kPiece) != static_cast<ssize_t>(kPiece)) return 1;
    }
    lseek(file, 0, SEEK_SET);
    std::atomic<size_t> read_whole{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) threads.emplace_back([&] {
      std::string piece(kPiece, 0);
      while (read(file, piece.data(), kPiece) > 0) read_whole += piece == std::string(kPiece, piece[0]);
    });
    for (std::thread& thread : threads) thread.join();
    std::printf("%zu\n", read_whole.load());
  }
  if (what == "fits") {
    const std::vector<char> bytes(10 << 20, 'x');
    const int file = open("much", O_RDWR | O_CREAT, 0600);
    std::printf("%d ", write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    std::printf("%d %d", posix_fallocate(file, 10 << 20, 3 << 20), posix_fallocate(file, 10 << 20, 9 << 20) == ENOSPC);
    // A mapping whose holes nobody writes to takes nothing.
    const int holes = open("holes", O_RDWR | O_CREAT, 0600);
    if (ftruncate(holes, 64 << 20) != 0) return 1;
    auto* const shown = static_cast<char*>(mmap(nullptr, 64 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, holes, 0));
    if (shown == MAP_FAILED) return std::puts("mmap"), 1;
    shown[5 << 20] = 'y';
    std::printf(" %d\n", msync(shown, 64 << 20, MS_SYNC));
  }
  if (what == "many") {  // names in more blocks than are kept for removal
    mkdir("many", 0700);
    long made = 0;
    for (; made < 3000; ++made) {
      const std::string name = "many/" + std::to_string(made) + std::string(180, 'n');
      const int file = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
      if (file < 0 || write(file, "x", 1) != 1) break;
      close(file);
    }
    const int filler = open("filler", O_WRONLY | O_CREAT, 0600);
    while (write(filler, &made, sizeof made) > 0) lseek(filler, 4096, SEEK_CUR);
    std::printf("%ld %s\n", made, strerrorname_np(errno));
  }
  if (what == "change") {  // which changes when each was read, and then its mode
    char byte = 0;
    for (const auto& entry : fs::directory_iterator("many")) {
      const int file = open(entry.path().c_str(), O_RDONLY);
      if (read(file, &byte, 1) != 1) std::puts("nothing to read");
      close(file);
    }
    synchronise("many");
    for (const auto& entry : fs::directory_iterator("many")) fs::permissions(entry.path(), fs::perms(0640));
    synchronise("many");
  }
  if (what == "empty") {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator("many")) paths.push_back(entry.path());
    for (size_t i = 0; i < paths.size(); ++i) {
      if (unlink(paths[i].c_str()) != 0) return std::printf("unlink: %s\n", strerrorname_np(errno)), 0;
      if (i % 300 == 0) synchronise("many");
    }
    if (rmdir("many") != 0) std::printf("rmdir: %s\n", strerrorname_np(errno));
    synchronise(".");
    std::printf("%zu\n", paths.size());
  }
  if (what == "names") change_names(static_cast<unsigned>(std::stoul(value)));
  if (what == "names" || what == "digest") std::printf("%zx\n", digest_of_names());
  if (what == "full") {
    const int file = open("much", O_WRONLY | O_CREAT, 0600);
    static char bytes[65536];
    long result = 0, written = 0;
    while ((result = write(file, bytes, sizeof bytes)) > 0) written += result;
    std::printf("%s after much: %d\n", strerrorname_np(errno), written > 1 << 20);
    close(file);
    unlink("much");
    put("value", "still");
    synchronise("value");
    std::puts(get("value").c_str());
  }
}
"""


# A program that brings the key and keeps the anchors itself.
KEEPER = r"""
#include <sgxx/error.h>
#include <sgxx/volume.h>
#include <fcntl.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

static sgxx::VolumeKey key_of(const char* letter) {
  sgxx::VolumeKey key;
  key.reveal()[0] = static_cast<std::uint8_t>(*letter);
  return key;
}

class Broken final : public sgxx::Freshness {
 public:
  explicit Broken(std::string path) : file_(std::move(path)) {}
  std::optional<sgxx::Anchor> current(const sgxx::VolumeId& id) override { return file_.current(id); }
  void advance(const sgxx::VolumeId& id, const std::optional<sgxx::Anchor>& from, const sgxx::Anchor& to) override {
    if (is_broken) throw sgxx::SdkError(sgxx::ErrorCode::unavailable, "no answer");
    file_.advance(id, from, to);
  }
  std::atomic<bool> is_broken{false};

 private:
  sgxx::FileFreshness file_;
};

int main(int, char** argv) {
  const std::string what = argv[1];
  std::printf("before: %s\n", open("/data/value", O_RDONLY) >= 0 ? "open" : strerrorname_np(errno));
  try {
    const auto freshness = std::make_shared<Broken>("/anchors/file");
    auto volume = sgxx::Volume::open("/data", key_of(argv[2]), freshness);
    if (what == "put") {
      std::ofstream("/data/value") << argv[3];
      const int file = open("/data/value", O_RDONLY);
      std::printf("fsync: %d\n", fsync(file));
      freshness->is_broken = true;
      std::ofstream("/data/other") << "other";
      std::printf("fsync: %s\n", fsync(file) == 0 ? "done" : strerrorname_np(errno));
      std::printf("again: %s\n", fsync(file) == 0 ? "done" : strerrorname_np(errno));
      freshness->is_broken = false;
      std::printf("fsync: %d\n", fsync(file));
      const auto info = volume.info();
      std::printf("anchored: %d\n", info.anchored == info.published);
    }
    if (what == "rewrap") volume.rewrap(key_of(argv[3]));
    std::string line;
    std::ifstream in("/data/value");
    std::getline(in, line);
    std::printf("created: %d, %s\n", volume.created(), line.c_str());
  } catch (const sgxx::SdkError& error) {
    std::printf("error: %s\n", error.what());
  }
}
"""


class EncryptedVolume(Sgxx):
    @classmethod
    def prepare(cls):
        cls.compile("program", PROGRAM)
        cls.compile("another", PROGRAM, "-static-pie", "-DANOTHER")
        programs = pathlib.Path(__file__).parents[1] / "programs"
        for name in ("against_a_model", "registers"):
            source = (programs / f"files/{name}.cc").read_text()
            cls.compile(name, source, "-std=c++20", "-O2", f"-I{programs}", "-static-pie")
        (cls.folder / "keeper.cc").write_text(KEEPER)
        cls.must("c++", "-std=gnu++20", "-O1", "keeper.cc", "-o", "keeper")
        cls.must("run", "--device=soft", "program", "none")  # makes the development key

    def setUp(self):
        self.where = self.folder / "volume"
        self.where.mkdir()
        self.addCleanup(shutil.rmtree, self.where)
        self.file = self.where / "volume"
        self.manifest()

    def manifest(self, *lines, key="signer", head=()):
        mount = ["[[mount]]", 'type = "encrypted"', 'path = "/data"', 'source = "volume"', f'key = "{key}"', *lines]
        (self.folder / "m.toml").write_text("\n".join([*head, *mount]) + "\n")

    def inside(self, *arguments, program="program"):
        return self.call("run", "--device=soft", "--manifest", "m.toml", program, *arguments)

    def says(self, text, *arguments, program="program"):
        done = self.inside(*arguments, program=program)
        self.assertEqual((done.stderr.decode(), done.stdout.decode(), done.returncode), ("", text, 0))

    def ends(self, text, *arguments, program="program"):
        done = self.inside(*arguments, program=program)
        self.assertEqual(done.returncode, ABORTED, done.stderr)
        self.assertIn(text, done.stderr.decode())

    def start(self, *arguments):
        """A program that says when it is ready, and waits to be killed."""
        child = subprocess.Popen([SGXX, "run", "--device=soft", "--manifest", "m.toml", "program", *arguments], cwd=self.folder,
                                 env=self.environment, stdout=subprocess.PIPE, text=True)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.assertEqual(child.stdout.readline(), "ready\n")
        return child

    def test_a_tree_is_kept(self):
        self.says("", "tree")
        self.says("a 40755 4 0\na/b 40755 2 0\na/b/file 100640 2 9\na/link 120777 1 6\na/other 100640 2 9\na/d 40755 2 0\n"
                  "a/fifo 10600 1 0\n2000.000000009\nin a file, gone: 0\n", "look")

    def test_nothing_of_it_is_seen_outside(self):
        self.says("", "put", "a value that is nobody's business")
        raw = self.file.read_bytes()
        self.assertEqual(sorted(os.listdir(self.where)), ["volume"])
        self.assertNotIn(b"nobody's business", raw)
        self.assertNotIn(b"value", raw)

    def test_more_than_the_cache_holds(self):
        self.manifest('cache = "2 MiB"', head=['heap = "160 MiB"'])
        self.says("written\n", "large")
        self.says("1\n", "compare")
        # What was freed is used again.
        self.says("written\n", "large")
        self.says("1\n", "compare")
        self.assertLess(self.file.stat().st_size, 90 << 20)

    def test_threads_that_compete_for_a_small_cache(self):
        self.manifest('cache = "1 MiB"')
        self.says("0 wrong\n", "/data", program="against_a_model")

    def test_threads_that_read_at_one_position_take_turns(self):
        self.manifest('cache = "1 MiB"')
        self.says("128\n", "turns")

    def test_the_cipher_leaves_registers_alone(self):
        self.manifest('cache = "1 MiB"')
        self.says("0 calls lost a register\n", "/data", program="registers")

    def test_a_killed_enclave_leaves_what_was_synchronised(self):
        self.says("", "put", "before")
        child = self.start("die", "synchronised")
        child.kill()
        child.wait()
        self.says("synchronised\n", "get")

    def test_it_is_open_once(self):
        self.says("", "put", "one")
        child = self.start("die", "two")
        self.ends("is open in another enclave", "get")
        child.kill()
        child.wait()
        self.says("two\n", "get")

    def test_shared_mappings_are_kept(self):
        self.says("mapped memory\n", "map", "mapped memory")
        self.says("mapped memory, after msync\nwritten before, written behind\n", "mapped")

    def test_an_enclave_s_own_key_is_nobody_else_s(self):
        self.manifest(key="enclave")
        self.says("", "put", "mine")
        self.says("mine\n", "get")
        self.ends("does not open with a key", "get", program="another")
        self.manifest(key="signer")
        self.ends("does not open with a key", "get", program="another")

    def test_a_signer_s_key_is_the_next_version_s_too(self):
        self.manifest(head=["version = 1"])
        self.says("", "put", "ours")
        self.manifest(head=["version = 2"])
        self.says("ours\n", "get", program="another")
        self.file.unlink()
        self.says("", "put", "newer")
        self.manifest(head=["version = 1"])
        self.ends("does not open with a key", "get")
        self.manifest(head=["version = 2", "product_id = 9"])
        self.ends("does not open with a key", "get")

    def test_what_is_absent_is_not_made_against_the_manifest(self):
        self.manifest("create = false")
        self.ends("the manifest lets none be made", "get")
        self.assertEqual(os.listdir(self.where), [])

    def test_a_full_volume_says_so_and_works_on(self):
        self.manifest('size = "8 MiB"')
        self.says("ENOSPC after much: 1\nstill\n", "full")
        self.says("still\n", "get")

    def test_what_fits_is_written(self):
        self.manifest('size = "16 MiB"', head=['heap = "128 MiB"'])
        self.says("1 0 1 0\n", "fits")

    def test_files_of_a_full_volume_are_read_changed_and_removed(self):
        self.manifest('size = "16 MiB"')
        self.says("3000 ENOSPC\n", "many")
        self.says("", "change")
        self.says("3000\n", "empty")
        self.says("", "put", "room")

    def test_names_are_kept_however_they_changed(self):
        self.manifest('size = "2 MiB"')
        for seed in "123":
            told = self.inside("names", seed)
            self.assertEqual((told.stderr, told.returncode), (b"", 0))
            self.says(told.stdout.decode(), "digest")

    def test_another_format_is_named(self):
        self.says("", "put", "x" * 5000)
        bytes_ = bytearray(self.file.read_bytes())
        bytes_[8] = bytes_[4096 + 8] = 1  # of both headers
        self.file.write_bytes(bytes_)
        self.ends("another version made it", "get")

    def test_damage_is_named(self):
        self.says("", "put", "x" * 5000)
        whole = self.file.read_bytes()
        self.file.write_bytes(b"\0" * len(whole))
        self.ends("is damaged", "get")
        # Both superblocks.
        self.file.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])
        self.ends("is damaged", "get")
        self.file.write_bytes(whole)
        self.says("x" * 5000 + "\n", "get")

    def test_an_old_state_is_refused_with_a_freshness_file(self):
        anchor = self.folder / "anchor"
        self.addCleanup(anchor.unlink, missing_ok=True)
        self.manifest('freshness = "file"', 'freshness_file = "anchor"')
        self.says("", "put", "old")
        old = self.file.read_bytes()
        self.says("", "put", "new")
        self.says("new\n", "get")
        new = self.file.read_bytes()
        self.file.write_bytes(old)
        self.ends("is an old one", "get")
        # Nobody knows is not good enough.
        kept = anchor.read_bytes()
        anchor.unlink()
        self.ends("is an old one", "get")
        anchor.write_bytes(kept)
        self.file.write_bytes(new)
        self.says("new\n", "get")

    def test_without_freshness_an_old_state_is_a_state(self):
        self.says("", "put", "old")
        old = self.file.read_bytes()
        self.says("", "put", "new")
        self.file.write_bytes(old)
        self.says("old\n", "get")

    def test_a_program_brings_the_key_and_keeps_the_anchors(self):
        anchors = self.folder / "anchors"
        anchors.mkdir()
        self.addCleanup(shutil.rmtree, anchors)
        self.manifest('freshness = "program"', "[[mount]]", 'type = "host"', 'path = "/anchors"', 'source = "anchors"', key="program")
        self.says("before: ENOKEY\nfsync: 0\nfsync: EIO\nagain: EIO\nfsync: 0\nanchored: 1\ncreated: 1, first\n",
                  "put", "a", "first", program="keeper")
        self.says("before: ENOKEY\ncreated: 0, first\n", "get", "a", program="keeper")
        self.says("before: ENOKEY\nerror: /data: another key opens this volume\n", "get", "b", program="keeper")
        old = self.file.read_bytes()
        self.says("before: ENOKEY\ncreated: 0, first\n", "rewrap", "a", "b", program="keeper")
        self.says("before: ENOKEY\ncreated: 0, first\n", "get", "b", program="keeper")
        self.says("before: ENOKEY\nerror: /data: another key opens this volume\n", "get", "a", program="keeper")
        self.says("before: ENOKEY\nfsync: 0\nfsync: EIO\nagain: EIO\nfsync: 0\nanchored: 1\ncreated: 0, second\n",
                  "put", "b", "second", program="keeper")
        self.file.write_bytes(old)
        self.says("before: ENOKEY\nerror: /data: the volume is not in the state that is known to be the newest\n",
                  "get", "a", program="keeper")

    def test_the_folder_may_be_elsewhere(self):
        (self.folder / "m.toml").write_text((self.folder / "m.toml").read_text().replace('"volume"', '"nowhere"'))
        self.refused(CANNOT, "cannot open the folder nowhere", "run", "--device=soft", "--manifest", "m.toml", "program", "get")
        self.must("run", "--device=soft", "--manifest", "m.toml", "--mount", "/data=volume", "program", "put", "there")
        self.assertTrue(self.file.exists())


if __name__ == "__main__":
    unittest.main()
