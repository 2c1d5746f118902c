// SPDX-License-Identifier: Apache-2.0
//
// FS belongs to the program: thread-local storage is at fs:0, differs between threads and can be read by
// arch_prctl and rdfsbase.

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <thread>

#include "check.h"

static std::uintptr_t own_fs() {
  std::uintptr_t base = 0;
  asm volatile("mov %%fs:0,%0" : "=r"(base));
  std::uintptr_t asked = 0;
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &asked) == 0 && asked == base);
  std::uintptr_t read = 0;
  asm volatile("rdfsbase %0" : "=r"(read));
  CHECK(read == base);
  return base;
}

int main() {
  const std::uintptr_t mine = own_fs();
  std::uintptr_t other = 0;
  std::thread([&other] { other = own_fs(); }).join();
  CHECK(mine != other && mine == own_fs());
  std::puts("apart");
}
