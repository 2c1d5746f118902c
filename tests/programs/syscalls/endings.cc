// SPDX-License-Identifier: Apache-2.0
//
// Calls that do not return to where they were made: the end of a thread, of a handler, of the program.
// sgxx-test: status 7

#include <pthread.h>

#include <csignal>

#include "syscalls/calls.h"

using namespace sgxx_test;

namespace {

[[gnu::naked]] void return_from_handler() { asm("mov %0, %%eax\n\tsyscall" ::"i"(SYS_rt_sigreturn)); }

volatile int handled = 0;

void own_return() {
  constexpr unsigned long kSigInfo = 4, kRestorer = 0x04000000;
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } action{[](int) { handled = handled + 1; }, kSigInfo | kRestorer, return_from_handler, 0};
  CHECK(syscall(SYS_rt_sigaction, SIGUSR1, &action, nullptr, 8) == 0);
  CHECK(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1) == 0 && handled == 1);
  std::puts("the handler is over");
}

void* end_at_once(void*) {
  syscall(SYS_exit, 5);
  std::puts("not reached");
  return nullptr;
}

}  // namespace

int main() {
  own_return();
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, end_at_once, nullptr) == 0 && pthread_join(thread, nullptr) == 0);
  std::puts("the thread is over");
  std::fflush(stdout);
  syscall(SYS_exit_group, 7);
  std::puts("not reached");
}
