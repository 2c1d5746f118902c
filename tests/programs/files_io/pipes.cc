// SPDX-License-Identifier: Apache-2.0
//
// Pipes: order, capacity, end of file, EPIPE and SIGPIPE, non-blocking mode, threads at both ends, flags.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

volatile sig_atomic_t pipe_signals = 0;

void in_threads() {
  int ends[2];
  CHECK(pipe(ends) == 0);
  constexpr int kBytes = 1 << 20;
  std::thread writer([&] {
    std::vector<char> data(10007);
    for (int sent = 0; sent < kBytes;) {
      for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>((static_cast<size_t>(sent) + i) * 7 % 251);
      const int part = std::min<int>(kBytes - sent, static_cast<int>(data.size()));
      CHECK(write(ends[1], data.data(), static_cast<size_t>(part)) == part);
      sent += part;
    }
    close(ends[1]);
  });
  std::vector<char> buffer(4099);
  int received = 0;
  for (;;) {
    const ssize_t count = read(ends[0], buffer.data(), buffer.size());
    CHECK(count >= 0);
    if (count == 0) break;
    for (ssize_t i = 0; i < count; ++i) {
      CHECK(buffer[static_cast<size_t>(i)] ==
            static_cast<char>((static_cast<size_t>(received) + static_cast<size_t>(i)) * 7 % 251));
    }
    received += static_cast<int>(count);
  }
  writer.join();
  close(ends[0]);
  std::printf("%d bytes through a pipe\n", received);
}

}  // namespace

int main() {
  int ends[2];
  CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  char byte = 0;
  CHECK(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
  CHECK(read(ends[1], &byte, 1) == -1 && errno == EBADF);
  CHECK(write(ends[0], &byte, 1) == -1 && errno == EBADF);
  CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC);
  CHECK((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0 && (fcntl(ends[1], F_GETFL) & O_ACCMODE) == O_WRONLY);
  struct stat status {};
  CHECK(fstat(ends[0], &status) == 0 && S_ISFIFO(status.st_mode));
  CHECK(lseek(ends[0], 0, SEEK_CUR) == -1 && errno == ESPIPE);
  CHECK(pread(ends[0], &byte, 1, 0) == -1 && errno == ESPIPE);

  CHECK(write(ends[1], "hello", 5) == 5 && write(ends[1], ", world", 7) == 7);
  int available = 0;
  CHECK(ioctl(ends[0], FIONREAD, &available) == 0);
  std::string text(100, '\0');
  const ssize_t count = read(ends[0], text.data(), text.size());
  std::printf("%d available, read %zd: %.12s\n", available, count, text.c_str());

  const std::string block(4096, 'b');
  int blocks = 0;
  while (write(ends[1], block.data(), block.size()) == 4096) ++blocks;
  CHECK(errno == EAGAIN);
  std::printf("a pipe takes %d blocks\n", blocks);
  pollfd entry{ends[1], POLLOUT, 0};
  CHECK(poll(&entry, 1, 0) == 0);
  CHECK(read(ends[0], text.data(), 100) == 100);
  std::string page(4096, '\0');
  CHECK(read(ends[0], page.data(), page.size()) == 4096);
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT);

  const int copy = dup(ends[1]);
  close(ends[1]);
  entry = {ends[0], POLLIN, 0};
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN);
  close(copy);
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == (POLLIN | POLLHUP));
  while (read(ends[0], page.data(), page.size()) > 0) {
  }
  CHECK(read(ends[0], &byte, 1) == 0);
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLHUP);
  close(ends[0]);

  CHECK(pipe(ends) == 0);
  signal(SIGPIPE, [](int) { pipe_signals = pipe_signals + 1; });
  close(ends[0]);
  entry = {ends[1], POLLOUT, 0};
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == (POLLOUT | POLLERR));
  CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && pipe_signals == 1);
  close(ends[1]);
  CHECK(pipe2(ends, 0x40000000) == -1 && errno == EINVAL);
  CHECK(pipe(reinterpret_cast<int*>(8)) == -1 && errno == EFAULT);
  in_threads();
}
