// SPDX-License-Identifier: Apache-2.0
//
// mmap of files: shared mappings are the file, private ones a copy; truncation, growth, unmapping in parts, errors.
// sgxx-test: folder
// sgxx-test: skip host-folder a shared mapping of a file of the host's is refused
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <string>

#include "check.h"

namespace {

constexpr size_t kPage = 4096;

void show(const char* what, void* result) {
  std::printf("%s: %s\n", what, result == MAP_FAILED ? strerrorname_np(errno) : "mapped");
}

char byte_at(int file, off_t offset) {
  char byte = '?';
  CHECK(pread(file, &byte, 1, offset) == 1);
  return byte;
}

int make(const char* name, size_t pages) {
  const int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(file >= 0);
  for (size_t i = 0; i < pages; ++i) {
    const std::string page(kPage, static_cast<char>('a' + i));
    CHECK(write(file, page.data(), kPage) == static_cast<ssize_t>(kPage));
  }
  return file;
}

char* map(int file, size_t length, int protection, int flags, off_t offset = 0) {
  void* const address = mmap(nullptr, length, protection, flags, file, offset);
  CHECK(address != MAP_FAILED);
  return static_cast<char*>(address);
}

void shared() {
  const int file = make("shared", 4);
  char* const memory = map(file, 4 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED);
  std::printf("seen: %c %c\n", memory[0], memory[3 * kPage]);
  memory[1] = 'X';
  std::printf("written through memory: %c\n", byte_at(file, 1));
  CHECK(pwrite(file, "Y", 1, kPage) == 1);
  std::printf("written through the file: %c\n", memory[kPage]);
  CHECK(msync(memory, 4 * kPage, MS_SYNC) == 0);
  // The same part again: what one writes, the other sees.
  char* const again = map(file, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, kPage);
  again[5] = 'Z';
  std::printf("seen in the other mapping: %c\n", memory[kPage + 5]);
  CHECK(munmap(again, kPage) == 0);
  std::printf("still mapped: %c\n", memory[kPage + 5]);
  CHECK(munmap(memory + kPage, kPage) == 0);
  std::printf("a hole in the mapping: %c %c\n", memory[0], memory[2 * kPage]);
  memory[2 * kPage] = 'W';
  CHECK(munmap(memory, 4 * kPage) == 0);
  std::printf("after munmap: %c %c %c %c\n", byte_at(file, 1), byte_at(file, kPage), byte_at(file, kPage + 5),
              byte_at(file, 2 * kPage));
  CHECK(close(file) == 0);
}

void closed_and_unlinked() {
  const int file = make("closed", 1);
  char* const memory = map(file, kPage, PROT_READ | PROT_WRITE, MAP_SHARED);
  CHECK(close(file) == 0 && unlink("closed") == 0);
  memory[0] = '!';
  std::printf("lives on: %c%c\n", memory[0], memory[1]);
  CHECK(munmap(memory, kPage) == 0);
}

void read_only() {
  const int file = make("readonly", 1);
  const char* const memory = map(file, kPage, PROT_READ, MAP_SHARED);
  CHECK(pwrite(file, "new", 3, 0) == 3);
  std::printf("read-only sees: %.4s\n", memory);
  CHECK(mprotect(const_cast<char*>(memory), kPage, PROT_READ | PROT_WRITE) == 0);
  const_cast<char*>(memory)[3] = '+';
  std::printf("after mprotect: %c\n", byte_at(file, 3));
  CHECK(mprotect(const_cast<char*>(memory), kPage, PROT_NONE) == 0);
  CHECK(pwrite(file, "deep", 4, 0) == 4);
  std::printf("file of a closed mapping: %c\n", byte_at(file, 2));
  CHECK(munmap(const_cast<char*>(memory), kPage) == 0);
  CHECK(close(file) == 0);
}

void sizes() {
  const int file = make("sizes", 1);
  CHECK(ftruncate(file, 100) == 0);
  char* const memory = map(file, 4 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED);
  std::printf("tail is zero: %d\n", memory[100]);
  CHECK(ftruncate(file, 3 * kPage) == 0);
  memory[2 * kPage] = 'g';
  std::printf("grown: %c\n", byte_at(file, 2 * kPage));
  CHECK(pwrite(file, "end", 3, 4 * kPage - 3) == 3);
  std::printf("grown by a write: %c\n", memory[4 * kPage - 1]);
  CHECK(ftruncate(file, kPage) == 0);
  CHECK(ftruncate(file, 4 * kPage) == 0);
  std::printf("shrunk and grown: %d %d\n", memory[2 * kPage], byte_at(file, 4 * kPage - 1));
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  std::printf("size %ld\n", static_cast<long>(status.st_size));
  CHECK(munmap(memory, 4 * kPage) == 0);
  CHECK(close(file) == 0);
}

void private_copy() {
  const int file = make("private", 3);
  char* const memory = map(file, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, kPage);
  std::printf("private: %c %c\n", memory[0], memory[kPage]);
  memory[0] = '-';
  std::printf("the file stays: %c\n", byte_at(file, kPage));
  CHECK(munmap(memory, 2 * kPage) == 0);
  const int reader = open("private", O_RDONLY);
  char* const writable = map(reader, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  writable[0] = '*';
  std::printf("private of a reader: %c%c\n", writable[0], writable[1]);
  CHECK(munmap(writable, kPage) == 0 && close(reader) == 0 && close(file) == 0);
}

void errors() {
  const int file = make("errors", 1), reader = open("errors", O_RDONLY), writer = open("errors", O_WRONLY);
  show("writable shared of a reader", mmap(nullptr, kPage, PROT_WRITE, MAP_SHARED, reader, 0));
  show("of a writer", mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, writer, 0));
  show("no length", mmap(nullptr, 0, PROT_READ, MAP_PRIVATE, file, 0));
  show("crooked offset", mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, file, 100));
  show("neither shared nor private", mmap(nullptr, kPage, PROT_READ, 0, file, 0));
  show("no file", mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, 999, 0));
  const int directory = open(".", O_RDONLY);
  show("a directory", mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, directory, 0));
  int ends[2];
  CHECK(pipe(ends) == 0);
  show("a pipe", mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, ends[0], 0));
  const int zero = open("/dev/zero", O_RDWR);
  show("/dev/zero", mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0));
}

void memory_file() {
  const int file = memfd_create("name", MFD_ALLOW_SEALING);
  CHECK(file >= 0 && ftruncate(file, 2 * kPage) == 0);
  char* const memory = map(file, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED);
  std::strcpy(memory + kPage - 2, "over the edge");
  char back[14]{};
  CHECK(pread(file, back, 13, kPage - 2) == 13);
  std::printf("memfd: %s\n", back);
  CHECK(munmap(memory, 2 * kPage) == 0);
  std::printf("seals: %d\n", fcntl(file, F_GET_SEALS));
  CHECK(fcntl(file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE) == 0);
  std::printf("sealed: %d %s\n", fcntl(file, F_GET_SEALS), write(file, "x", 1) < 0 ? strerrorname_np(errno) : "written");
  std::printf("%s\n", ftruncate(file, 0) < 0 ? strerrorname_np(errno) : "cut");
  show("writable after sealing", mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  show("readable after sealing", mmap(nullptr, kPage, PROT_READ, MAP_SHARED, file, 0));
  const int unsealable = memfd_create("name", 0);
  std::printf("unsealable: %d %s\n", fcntl(unsealable, F_GET_SEALS),
              fcntl(unsealable, F_ADD_SEALS, F_SEAL_GROW) < 0 ? strerrorname_np(errno) : "sealed");
}

void shared_memory_object() {
  const std::string name = "/sgxx-test-" + std::to_string(getpid());
  const int object = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  CHECK(object >= 0 && ftruncate(object, kPage) == 0);
  char* const memory = map(object, kPage, PROT_READ | PROT_WRITE, MAP_SHARED);
  memory[7] = '7';
  const int other = shm_open(name.c_str(), O_RDONLY, 0);
  std::printf("shm: %c\n", byte_at(other, 7));
  CHECK(shm_unlink(name.c_str()) == 0);
  std::printf("%s\n", shm_open(name.c_str(), O_RDONLY, 0) < 0 ? strerrorname_np(errno) : "still there");
}

sigjmp_buf before_fault;
void on_fault(int number, siginfo_t* info, void*) {
  std::printf("signal %s, code %d\n", sigabbrev_np(number), info->si_code);
  siglongjmp(before_fault, 1);
}

char touch(const volatile char* address) { return sigsetjmp(before_fault, 1) == 0 ? *address : '-'; }

/// Behind the last page that the file has is SIGBUS, until it has more; and again when it has less.
void behind_the_end() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGBUS, &action, nullptr) == 0 && sigaction(SIGSEGV, &action, nullptr) == 0);
  const int file = make("behind", 1);
  for (int kind : {MAP_SHARED, MAP_PRIVATE}) {
    char* const memory = map(file, 3 * kPage, PROT_READ | PROT_WRITE, kind);
    std::printf("%c %c\n", touch(memory), touch(memory + kPage));
    CHECK(munmap(memory, 3 * kPage) == 0);
  }
  char* const memory = map(file, 3 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED);
  CHECK(ftruncate(file, 2 * kPage) == 0);
  memory[kPage] = 'n';
  std::printf("%c %c\n", touch(memory + kPage), touch(memory + 2 * kPage));
  CHECK(ftruncate(file, 0) == 0);
  std::printf("%c\n", touch(memory));
  CHECK(mprotect(memory, 3 * kPage, PROT_NONE) == 0);
  CHECK(munmap(memory, 3 * kPage) == 0);
  std::printf("%c\n", touch(memory));
  CHECK(close(file) == 0);
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  shared();
  closed_and_unlinked();
  read_only();
  sizes();
  private_copy();
  errors();
  memory_file();
  shared_memory_object();
  behind_the_end();
}
