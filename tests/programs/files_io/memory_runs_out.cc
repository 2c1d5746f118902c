// SPDX-License-Identifier: Apache-2.0
//
// When the enclave's memory is used up: calls that need some fail with ENOMEM and nothing else happens, what is open goes on, and
// all is well once some is free again. First it is pipes that take all, then the program.
// sgxx-test: skip native memory does not end there
// sgxx-test: manifest heap = "4 MiB"
// sgxx-test: enclave-stdout pipes end with ENOMEM
// sgxx-test: enclave-stdout pairs end with ENOMEM
// sgxx-test: enclave-stdout files end with ENOSPC
// sgxx-test: enclave-stdout memory ends with ENOMEM
// sgxx-test: enclave-stdout what was open goes on
// sgxx-test: enclave-stdout all is well

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "check.h"

namespace {

std::vector<int> held;

void keep(const int* ends) {
  held.push_back(ends[0]);
  held.push_back(ends[1]);
}

void let_go() {
  for (const int descriptor : held) close(descriptor);
  held.clear();
}

void pipes_and_pairs() {
  int ends[2];
  while (pipe(ends) == 0) keep(ends);
  std::printf("pipes end with %s\n", strerrorname_np(errno));
  // The last one that was made works.
  char back = 0;
  CHECK(write(held.back(), "p", 1) == 1 && read(held[held.size() - 2], &back, 1) == 1 && back == 'p');
  let_go();
  while (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) keep(ends);
  std::printf("pairs end with %s\n", strerrorname_np(errno));
  CHECK(write(held.back(), "s", 1) == 1 && read(held[held.size() - 2], &back, 1) == 1 && back == 's');
  let_go();
}

void files() {
  const int file = open("/dev/shm/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  const std::vector<char> block(64 * 1024, 'f');
  size_t written = 0;
  ssize_t count = 0;
  while ((count = write(file, block.data(), block.size())) > 0) written += static_cast<size_t>(count);
  std::printf("files end with %s\n", strerrorname_np(errno));
  CHECK(lseek(file, 0, SEEK_END) == static_cast<off_t>(written));
  char back = 0;
  CHECK(pread(file, &back, 1, static_cast<off_t>(written) - 1) == 1 && back == 'f');
  CHECK(close(file) == 0 && unlink("/dev/shm/file") == 0);
}

/// Every call either works or says that there is no memory.
void with_no_memory(int in, int out) {
  int ends[2] = {-1, -1};
  for (int i = 0; i < 200; ++i) {
    const int made[] = {eventfd(0, 0), epoll_create1(0), open("/dev/shm/none", O_RDWR | O_CREAT, 0600),
                        open("/proc/self/maps", O_RDONLY), socket(AF_INET, SOCK_DGRAM, 0)};
    for (const int descriptor : made) {
      CHECK(descriptor >= 0 || errno == ENOMEM || errno == ENOSPC);
      if (descriptor >= 0) held.push_back(descriptor);
    }
    if (pipe(ends) == 0) keep(ends);
  }
  CHECK(pipe(ends) == -1 && errno == ENOMEM);
  char back = 0;
  CHECK(write(out, "g", 1) == 1 && read(in, &back, 1) == 1 && back == 'g');
  std::puts("what was open goes on");
  let_go();
}

}  // namespace

int main() {
  int ends[2];
  held.reserve(4096);
  CHECK(pipe(ends) == 0);
  pipes_and_pairs();
  files();
  // All that is left, page by page.
  std::vector<void*> pages;
  pages.reserve(4096);
  void* page = nullptr;
  while ((page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED)
    pages.push_back(page);
  std::printf("memory ends with %s\n", strerrorname_np(errno));
  with_no_memory(ends[0], ends[1]);
  for (void* one : pages) munmap(one, 4096);
  int more[2];
  CHECK(pipe(more) == 0 && write(more[1], "w", 1) == 1);
  std::puts("all is well");
}
