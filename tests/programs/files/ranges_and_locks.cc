// SPDX-License-Identifier: Apache-2.0
//
// fallocate, sendfile, copy_file_range, flock and record locks.
// sgxx-test: folder
// sgxx-test: flags -pthread
#include <fcntl.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  result < 0 ? std::printf("%s: %s\n", what, strerrorname_np(error)) : std::printf("%s: %ld\n", what, result);
}

void print_size(int file) {
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  std::printf("size %ld, blocks %ld\n", static_cast<long>(status.st_size), static_cast<long>(status.st_blocks));
}

void room() {
  const int file = open("room", O_RDWR | O_CREAT, 0600);
  show("fallocate", fallocate(file, 0, 1000, 20000));
  print_size(file);
  show("keep size", fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 40000));
  print_size(file);
  const std::string text(16384, 'q');
  CHECK(pwrite(file, text.data(), text.size(), 0) == 16384);
  show("punch", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 9000));
  char bytes[3];
  CHECK(pread(file, bytes, 1, 99) == 1 && pread(file, bytes + 1, 1, 100) == 1 && pread(file, bytes + 2, 1, 9100) == 1);
  std::printf("%c %d %c\n", bytes[0], bytes[1], bytes[2]);
  print_size(file);
  show("punch without keeping", fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 10));
  show("no length", fallocate(file, 0, 0, 0));
  show("negative", fallocate(file, 0, -1, 10));
  show("unknown mode", fallocate(file, 0x4000, 0, 10));
  show("posix_fallocate", posix_fallocate(file, 0, 50000));
  show("fadvise", posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL));
  show("bad advice", posix_fadvise(file, 0, 0, 77));
  const int reader = open("room", O_RDONLY);
  show("of a reader", fallocate(reader, 0, 0, 10));
  int ends[2];
  CHECK(pipe(ends) == 0);
  show("of a pipe", fallocate(ends[1], 0, 0, 10));
}

void copies() {
  const int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + ' ';
  CHECK(write(from, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  off_t offset = 10;
  show("sendfile", sendfile(to, from, &offset, 100000));
  std::printf("offset %ld, positions %ld %ld\n", static_cast<long>(offset), static_cast<long>(lseek(from, 0, SEEK_CUR)),
              static_cast<long>(lseek(to, 0, SEEK_CUR)));
  CHECK(lseek(from, 5, SEEK_SET) == 5);
  show("from the position", sendfile(to, from, nullptr, 7));
  std::printf("position %ld\n", static_cast<long>(lseek(from, 0, SEEK_CUR)));
  std::string back(100007, 0);
  CHECK(pread(to, back.data(), back.size(), 0) == 100007);
  std::printf("equal: %d\n", back == text.substr(10, 100000) + text.substr(5, 7));
  off_t source = 0, target = 50;
  show("copy_file_range", copy_file_range(from, &source, to, &target, 1000, 0));
  std::printf("offsets %ld %ld\n", static_cast<long>(source), static_cast<long>(target));
  source = 1 << 30;
  show("behind the end", copy_file_range(from, &source, to, &target, 10, 0));
  source = 0, target = 5;
  show("onto itself", copy_file_range(from, &source, from, &target, 10, 0));
  show("flags", copy_file_range(from, nullptr, to, nullptr, 10, 1));
  const int reader = open("to", O_RDONLY);
  show("to a reader", copy_file_range(from, nullptr, reader, nullptr, 10, 0));
  show("sendfile to a reader", sendfile(reader, from, nullptr, 10));
  int ends[2];
  CHECK(pipe(ends) == 0);
  offset = 0;
  show("sendfile to a pipe", sendfile(ends[1], from, &offset, 20));
  show("sendfile from a pipe", sendfile(to, ends[0], nullptr, 20));
  char bytes[21]{};
  show("read", read(ends[0], bytes, 20));
  std::printf("%s\n", bytes);
}

flock64 range(short type, off_t start, off_t length) {
  flock64 lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return lock;
}

void locks() {
  const int one = open("locks", O_RDWR | O_CREAT, 0600), other = open("locks", O_RDWR), reader = open("locks", O_RDONLY);
  auto lock = range(F_WRLCK, 0, 100);
  show("own lock", fcntl(one, F_SETLK, &lock));
  show("never in its own way", fcntl(other, F_SETLK, &lock));
  show("who holds it", fcntl(other, F_GETLK, &lock));
  std::printf("nobody else: %d\n", lock.l_type == F_UNLCK);
  lock = range(F_WRLCK, 0, 100);
  show("exclusive through a reader", fcntl(reader, F_SETLK, &lock));
  lock = range(7, 0, 100);
  show("bad type", fcntl(one, F_SETLK, &lock));
  lock = range(F_UNLCK, 0, 0);
  show("unlock", fcntl(one, F_SETLK, &lock));
  lock = range(F_WRLCK, 10, 20);
  show("open file's lock", fcntl(one, F_OFD_SETLK, &lock));
  lock = range(F_RDLCK, 25, 20);
  show("in the way", fcntl(other, F_OFD_SETLK, &lock));
  show("which", fcntl(other, F_OFD_GETLK, &lock));
  std::printf("%d %ld %ld %d\n", lock.l_type, static_cast<long>(lock.l_start), static_cast<long>(lock.l_len), lock.l_pid);
  lock = range(F_UNLCK, 15, 5);
  show("unlock the middle", fcntl(one, F_OFD_SETLK, &lock));
  lock = range(F_RDLCK, 15, 5);
  show("free now", fcntl(other, F_OFD_SETLK, &lock));
  lock = range(F_RDLCK, 14, 1);
  show("not free", fcntl(other, F_OFD_SETLK, &lock));
  close(one);
  show("after close", fcntl(other, F_OFD_SETLK, &lock));
}

void whole_file() {
  int one = open("locks", O_RDWR), other = open("locks", O_RDWR);
  show("flock", flock(one, LOCK_EX));
  show("in the way", flock(other, LOCK_SH | LOCK_NB));
  show("shared", flock(one, LOCK_SH));
  show("both", flock(other, LOCK_SH | LOCK_NB));
  show("no upgrade", flock(other, LOCK_EX | LOCK_NB));
  show("bad operation", flock(one, 77));
  std::thread waiter([other] { CHECK(flock(other, LOCK_EX) == 0); });
  usleep(20000);
  show("unlock", flock(one, LOCK_UN));
  waiter.join();
  show("the waiter has it", flock(one, LOCK_SH | LOCK_NB));
  std::thread second([one] { CHECK(flock(one, LOCK_SH) == 0); });
  usleep(20000);
  CHECK(close(other) == 0);
  second.join();
  std::puts("close lets go");
  int directory = open(".", O_RDONLY);
  show("flock of a directory", flock(directory, LOCK_EX));
  CHECK(close(directory) == 0);
  directory = open(".", O_RDONLY);
  const int another = open(".", O_RDONLY);
  show("free after close", flock(another, LOCK_EX | LOCK_NB));
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  room();
  copies();
  locks();
  whole_file();
}
