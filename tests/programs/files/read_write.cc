// SPDX-License-Identifier: Apache-2.0
//
// open, read, write, lseek, pread, pwrite, truncate and append on regular files, with their errors.
// sgxx-test: folder
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  if (result < 0) {
    std::printf("%s: %s\n", what, strerrorname_np(error));
  } else {
    std::printf("%s: %ld\n", what, result);
  }
}

void show_contents(int file) {
  char bytes[256];
  const ssize_t length = pread(file, bytes, sizeof bytes, 0);
  CHECK(length >= 0);
  std::printf("contents: %zd \"", length);
  for (ssize_t i = 0; i < length; ++i) bytes[i] == 0 ? std::printf(".") : std::printf("%c", bytes[i]);
  std::printf("\"\n");
}

void basics() {
  show("absent", open("a", O_RDONLY));
  const int file = open("a", O_RDWR | O_CREAT, 0644);
  CHECK(file >= 0);
  show("write", write(file, "hello world", 11));
  char bytes_at_end[1];
  show("read at the end", read(file, bytes_at_end, 1));
  show("seek", lseek(file, 6, SEEK_SET));
  char bytes[16]{};
  show("read", read(file, bytes, 16));
  std::printf("%s\n", bytes);
  show("seek from the end", lseek(file, -5, SEEK_END));
  show("seek before the start", lseek(file, -50, SEEK_CUR));
  show("seek nowhere", lseek(file, 0, 77));
  show("position", lseek(file, 0, SEEK_CUR));
  show("pwrite", pwrite(file, "HELLO", 5, 0));
  show("pwrite at a negative offset", pwrite(file, "x", 1, -1));
  show_contents(file);
  char* volatile nowhere = reinterpret_cast<char*>(16);
  show("bad address", read(file, nowhere, 4));
  show("bad address written", write(file, nowhere, 4));
  show("seek far", lseek(file, 20, SEEK_SET));
  show("write behind a hole", write(file, "!", 1));
  show_contents(file);
  const iovec parts[] = {{bytes, 3}, {nullptr, 0}, {bytes + 3, 2}};
  show("writev", pwritev(file, parts, 3, 1));
  show_contents(file);
  show("close", close(file));
  show("close again", close(file));
  show("read closed", read(file, bytes, 1));
}

void modes() {
  const int reader = open("a", O_RDONLY), writer = open("a", O_WRONLY), adder = open("a", O_RDWR | O_APPEND);
  char byte = 'x';
  show("write through a reader", write(reader, &byte, 1));
  show("read through a writer", read(writer, &byte, 1));
  show("truncate through a reader", ftruncate(reader, 3));
  show("truncate", ftruncate(writer, 3));
  show("append", write(adder, "tail", 4));
  show("position", lseek(adder, 0, SEEK_CUR));
  show_contents(reader);
  show("flags of a reader", fcntl(reader, F_GETFL) & (O_ACCMODE | O_APPEND));
  show("flags of an adder", fcntl(adder, F_GETFL) & (O_ACCMODE | O_APPEND));
  show("no more appending", fcntl(adder, F_SETFL, 0));
  show("seek", lseek(adder, 0, SEEK_SET));
  show("write", write(adder, "T", 1));
  show_contents(reader);
  show("negative size", ftruncate(writer, -1));
  show("longer", ftruncate(writer, 12));
  show_contents(reader);
  const int truncated = open("a", O_WRONLY | O_TRUNC);
  show_contents(reader);
  show("exclusive", open("a", O_WRONLY | O_CREAT | O_EXCL, 0600));
  show("descriptor path", open("a/b", O_RDONLY));
  show("as a directory", open("a", O_RDONLY | O_DIRECTORY));
  show("with a slash", open("a/", O_RDONLY));
  show("made with a slash", open("new/", O_WRONLY | O_CREAT, 0600));
  show("empty path", open("", O_RDONLY));
  show("directory for writing", open(".", O_RDWR));
  show("bad path", open(reinterpret_cast<char*>(8), O_RDONLY));
  show("long name", open(std::string(256, 'n').c_str(), O_RDONLY));
  show("long path", open(std::string(5000, '/').c_str(), O_RDONLY));
  const int shared = dup(reader);
  show("seek", lseek(reader, 2, SEEK_SET));
  show("position of the duplicate", lseek(shared, 0, SEEK_CUR));
  for (int file : {reader, writer, adder, truncated, shared}) CHECK(close(file) == 0);
}

void unlinked() {
  const int file = open("gone", O_RDWR | O_CREAT | O_EXCL, 0600);
  CHECK(write(file, "still here", 10) == 10);
  show("unlink", unlink("gone"));
  show("unlink again", unlink("gone"));
  show_contents(file);
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  std::printf("links %lu size %ld\n", static_cast<unsigned long>(status.st_nlink), static_cast<long>(status.st_size));
  CHECK(close(file) == 0);
}

void sparse() {
  const int file = open("sparse", O_RDWR | O_CREAT, 0600);
  show("far", pwrite(file, "x", 1, 1L << 32));
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  std::printf("size %ld, few blocks %d\n", static_cast<long>(status.st_size), status.st_blocks < 64);
  show("first data", lseek(file, 0, SEEK_DATA));
  show("first hole", lseek(file, 0, SEEK_HOLE));
  show("hole after it", lseek(file, 1L << 32, SEEK_HOLE));
  show("data behind the end", lseek(file, 1L << 33, SEEK_DATA));
  show("short", ftruncate(file, 10));
  show("data", lseek(file, 0, SEEK_DATA));
  show("long again", ftruncate(file, 1L << 33));
  char byte = 'y';
  show("old byte", pread(file, &byte, 1, 1L << 32));
  std::printf("%d\n", byte);
  CHECK(close(file) == 0);
}

void large() {
  std::string pattern(1 << 20, 0);
  for (size_t i = 0; i < pattern.size(); ++i) pattern[i] = static_cast<char>(i * 31 >> 3);
  const int file = open("large", O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < 8; ++i) CHECK(write(file, pattern.data(), pattern.size()) == static_cast<ssize_t>(pattern.size()));
  std::string back(pattern.size() + 1, 0);
  CHECK(pread(file, back.data(), back.size(), 3 << 20) == static_cast<ssize_t>(back.size()));
  CHECK(back.compare(0, pattern.size(), pattern) == 0);
  CHECK(pread(file, back.data(), 100, (5 << 20) - 50) == 100);
  CHECK(back.compare(0, 50, pattern, pattern.size() - 50) == 0 && back.compare(50, 50, pattern, 0, 50) == 0);
  std::puts("large: ok");
  CHECK(close(file) == 0);
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  basics();
  modes();
  unlinked();
  sparse();
  large();
}
