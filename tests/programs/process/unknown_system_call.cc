// SPDX-License-Identifier: Apache-2.0
//
// A system call number that does not exist is ENOSYS.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <initializer_list>

#include "check.h"

int main() {
  for (long number : {-1L, 1000L, 99999L, 0x7FFFFFFFL}) CHECK(syscall(number, 1, 2, 3) == -1 && errno == ENOSYS);
  std::puts("done");
}
