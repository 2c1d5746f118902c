// SPDX-License-Identifier: Apache-2.0
//
// A shared mapping of a file that grows: where it lies while there is room, elsewhere when something stands behind it. It is the
// file all the time, and what it left is no memory of the program's any more.
// sgxx-test: folder
// sgxx-test: skip host-folder a shared mapping of a file of the host's is refused
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "check.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMost = 40;  // pages of the file

char letter(size_t page) { return static_cast<char>('A' + page % 26); }

int make(const char* name) {
  const int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(file >= 0);
  for (size_t i = 0; i < kMost; ++i) {
    const std::string page(kPage, letter(i));
    CHECK(write(file, page.data(), kPage) == static_cast<ssize_t>(kPage));
  }
  return file;
}

char* map(void* where, size_t pages, int file, int flags) {
  void* const address = mmap(where, pages * kPage, PROT_READ | PROT_WRITE, flags, file, 0);
  CHECK(address != MAP_FAILED);
  return static_cast<char*>(address);
}

/// Every page has its letter, and what is written through the one is read through the other.
void check(char* memory, size_t pages, int file) {
  for (size_t i = 0; i < pages; ++i) {
    CHECK(memory[i * kPage] == letter(i) && memory[(i + 1) * kPage - 1] == letter(i));
    char there = '?';
    memory[i * kPage + 7] = static_cast<char>(pages);
    CHECK(pread(file, &there, 1, static_cast<off_t>(i * kPage + 7)) == 1 && there == static_cast<char>(pages));
    CHECK(pwrite(file, "f", 1, static_cast<off_t>(i * kPage + 9)) == 1 && memory[i * kPage + 9] == 'f');
  }
}

/// Something stands at `address` from now on, if nothing did before.
void build_wall(char* address) {
  (void)mmap(address, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

bool is_mapped(char* address, size_t pages) { return msync(address, pages * kPage, MS_ASYNC) == 0; }

void where_it_lies(int file) {
  // A hole of known size, for the mapping to grow into.
  char* const room = map(nullptr, kMost, -1, MAP_PRIVATE | MAP_ANONYMOUS);
  CHECK(munmap(room, kMost * kPage) == 0);
  char* const memory = map(room, 2, file, MAP_SHARED | MAP_FIXED_NOREPLACE);
  for (size_t pages = 2; pages + 3 <= kMost; pages += 3) {
    CHECK(mremap(memory, pages * kPage, (pages + 3) * kPage, 0) == memory);
    check(memory, pages + 3, file);
  }
  CHECK(munmap(memory, kMost * kPage) == 0 && !is_mapped(memory, 1));
  std::puts("grown where it lies");
}

void elsewhere(int file) {
  char* memory = map(nullptr, 1, file, MAP_SHARED);
  size_t moved = 0;
  for (size_t pages = 1; pages < kMost; ++pages) {
    build_wall(memory + pages * kPage);
    CHECK(mremap(memory, pages * kPage, (pages + 1) * kPage, 0) == MAP_FAILED && errno == ENOMEM);
    check(memory, pages, file);
    char* const before = memory;
    void* const after = mremap(memory, pages * kPage, (pages + 1) * kPage, MREMAP_MAYMOVE);
    CHECK(after != MAP_FAILED);
    memory = static_cast<char*>(after);
    moved += memory != before;
    CHECK(!is_mapped(before, pages));
    check(memory, pages + 1, file);
  }
  std::printf("moved %zu times\n", moved);
  // In parts, as what was mapped at once.
  CHECK(munmap(memory + 10 * kPage, 5 * kPage) == 0 && is_mapped(memory, 10) && !is_mapped(memory + 10 * kPage, 1));
  check(memory, 10, file);
  CHECK(munmap(memory, kMost * kPage) == 0);
}

/// Two that map the same; one ends before the other.
void twice(int file) {
  char* const room = map(nullptr, kMost, -1, MAP_PRIVATE | MAP_ANONYMOUS);
  CHECK(munmap(room, kMost * kPage) == 0);
  char* const one = map(room, 2, file, MAP_SHARED | MAP_FIXED_NOREPLACE);
  char* other = map(nullptr, 2, file, MAP_SHARED);
  CHECK(mremap(one, 2 * kPage, 5 * kPage, 0) == one);
  other = static_cast<char*>(mremap(other, 2 * kPage, 5 * kPage, MREMAP_MAYMOVE));
  CHECK(other != MAP_FAILED);
  check(one, 5, file);
  check(other, 5, file);
  other[4 * kPage + 1] = 'o';
  CHECK(one[4 * kPage + 1] == 'o');
  other[4 * kPage + 1] = letter(4);
  CHECK(munmap(one, 5 * kPage) == 0);
  check(other, 5, file);
  CHECK(munmap(other, 5 * kPage) == 0);
  std::puts("two of the same");
}

/// Beyond the end of the file, which grows later; and with rights that go along.
void before_its_file(int file) {
  CHECK(ftruncate(file, 2 * kPage + 100) == 0);
  char* memory = map(nullptr, 2, file, MAP_SHARED);
  build_wall(memory + 2 * kPage);
  memory = static_cast<char*>(mremap(memory, 2 * kPage, 6 * kPage, MREMAP_MAYMOVE));
  CHECK(memory != MAP_FAILED && memory[2 * kPage] == letter(2) && memory[2 * kPage + 100] == 0);
  CHECK(ftruncate(file, 5 * kPage) == 0);
  memory[4 * kPage] = 'e';
  char there = '?';
  CHECK(pread(file, &there, 1, 4 * kPage) == 1);
  std::printf("behind the old end: %c\n", there);
  CHECK(mprotect(memory, 6 * kPage, PROT_READ) == 0);
  build_wall(memory + 6 * kPage);
  memory = static_cast<char*>(mremap(memory, 6 * kPage, 7 * kPage, MREMAP_MAYMOVE));
  CHECK(memory != MAP_FAILED && memory[4 * kPage] == 'e');
  // The kernel's own look at whether it may be written: reading a file into it.
  CHECK(pread(file, memory, 1, 0) == -1);
  std::printf("read-only as before: %s\n", strerrorname_np(errno));
  CHECK(munmap(memory, 7 * kPage) == 0);
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  const int file = make("file");
  where_it_lies(file);
  twice(file);
  elsewhere(file);
  std::string all(kMost * kPage, '\0');
  CHECK(pread(file, all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()));
  for (size_t i = 0; i < kMost; ++i)
    CHECK(all[i * kPage] == letter(i) && all[i * kPage + 7] == static_cast<char>(i < 10 ? 10 : kMost));
  before_its_file(file);
}
