// SPDX-License-Identifier: Apache-2.0
//
// mprotect takes rights away and gives them back; a forbidden access is SIGSEGV with its address.

#include <sys/mman.h>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdio>

#include "check.h"

static sigjmp_buf back;
static void* volatile fault_address;
static volatile int fault_code;

static void on_fault(int, siginfo_t* info, void*) {
  fault_address = info->si_addr;
  fault_code = info->si_code;
  siglongjmp(back, 1);
}

template <typename Access>
static bool faults(Access access) {
  if (sigsetjmp(back, 1)) return true;
  access();
  return false;
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGSEGV, &action, nullptr) == 0);
  constexpr std::size_t kPage = 4096;
  auto* block = static_cast<volatile char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  block[kPage + 5] = 42;
  void* second = const_cast<char*>(block) + kPage;
  CHECK(mprotect(second, kPage, PROT_READ) == 0 && block[kPage + 5] == 42);
  CHECK(faults([&] { block[kPage + 5] = 1; }));
  CHECK(fault_address == static_cast<char*>(second) + 5 && fault_code == SEGV_ACCERR);
  CHECK(mprotect(second, kPage, PROT_NONE) == 0);
  CHECK(faults([&] { (void)block[kPage + 7]; }) && fault_address == static_cast<char*>(second) + 7);
  CHECK(!faults([&] {
    block[kPage - 1] = 1;
    block[2 * kPage] = 1;
  }));
  CHECK(mprotect(second, kPage, PROT_READ | PROT_WRITE) == 0 && block[kPage + 5] == 42);
  CHECK(mprotect(const_cast<char*>(block) + 1, kPage, PROT_READ) == -1 && errno == EINVAL);
  CHECK(munmap(const_cast<char*>(block), 4 * kPage) == 0);
  CHECK(mprotect(second, kPage, PROT_READ) == -1 && errno == ENOMEM);
  CHECK(faults([&] { (void)block[0]; }) && fault_code == SEGV_MAPERR);
  std::puts("done");
}
