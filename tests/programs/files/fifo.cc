// SPDX-License-Identifier: Apache-2.0
//
// Pipes with a name: opening waits for the other side, the last writer's close is the end; poll, errors.
// sgxx-test: folder
// sgxx-test: skip host-folder pipes cannot be made in a folder of the host's
// sgxx-test: flags -pthread
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  result < 0 ? std::printf("%s: %s\n", what, strerrorname_np(error)) : std::printf("%s: %ld\n", what, result);
}

void show_ready(const char* what, int file, short events) {
  pollfd entry{file, events, 0};
  const int count = poll(&entry, 1, 0);
  std::printf("%s: %d, %x\n", what, count, static_cast<unsigned>(entry.revents));
}

void both_sides() {
  show("mkfifo", mkfifo("pipe", 0640));
  show("mkfifo again", mkfifo("pipe", 0640));
  for (int round = 0; round < 3; ++round) {
    std::thread writer([round] {
      std::ofstream file("pipe");
      for (int i = 0; i < 20'000; ++i) file << "line " << i << " of round " << round << '\n';
    });
    std::ifstream file("pipe");
    std::string line, last;
    int count = 0;
    while (std::getline(file, line)) ++count, last = line;
    writer.join();
    std::printf("%d lines, the last: %s\n", count, last.c_str());
  }
}

void without_waiting() {
  show("writer without a reader", open("pipe", O_WRONLY | O_NONBLOCK));
  const int reader = open("pipe", O_RDONLY | O_NONBLOCK);
  CHECK(reader >= 0);
  char bytes[8] = {};
  show_ready("nobody came yet", reader, POLLIN);
  show("read", read(reader, bytes, sizeof bytes));
  const int writer = open("pipe", O_WRONLY | O_NONBLOCK);
  CHECK(writer >= 0);
  show("nothing there", read(reader, bytes, sizeof bytes));
  show_ready("writable", writer, POLLOUT);
  show("write", write(writer, "abc", 3));
  show_ready("readable", reader, POLLIN);
  show("read", read(reader, bytes, sizeof bytes));
  show("seek", lseek(reader, 0, SEEK_SET));
  struct stat status;
  CHECK(fstat(reader, &status) == 0);
  std::printf("type %o, permissions %o, links %lu\n", status.st_mode & S_IFMT, status.st_mode & 07777,
              static_cast<unsigned long>(status.st_nlink));
  show("write, then close", write(writer, "end", 3));
  CHECK(close(writer) == 0);
  show_ready("over, something left", reader, POLLIN);
  show("read", read(reader, bytes, sizeof bytes));
  show("the end", read(reader, bytes, sizeof bytes));
  show_ready("over", reader, POLLIN);
  const int again = open("pipe", O_WRONLY);
  show("write to the same reader", write(again, "more", 4));
  show("read", read(reader, bytes, sizeof bytes));
  CHECK(close(reader) == 0);
  show("nobody reads", write(again, "x", 1));
  CHECK(close(again) == 0);
}

void with_one_file() {
  const int both = open("pipe", O_RDWR);
  CHECK(both >= 0);
  char bytes[8] = {};
  show("write", write(both, "self", 4));
  show("read", read(both, bytes, sizeof bytes));
  std::printf("%s\n", bytes);
  const int writer = open("pipe", O_WRONLY);
  show("write beside it", write(writer, "two", 3));
  show("read", read(both, bytes, sizeof bytes));
  CHECK(close(writer) == 0 && close(both) == 0);
  show("truncate", truncate("pipe", 0));
  show("unlink", unlink("pipe"));
  show("gone", open("pipe", O_RDONLY | O_NONBLOCK));
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  both_sides();
  without_waiting();
  with_one_file();
}
