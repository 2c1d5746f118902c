// SPDX-License-Identifier: Apache-2.0
//
// clone3 looks at its argument before it makes anything.

#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

struct Padded {
  clone_args arguments;
  char rest[8192];
};

static Padded thread() {
  static char stack[4096];
  Padded padded{};
  padded.arguments.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  padded.arguments.stack = reinterpret_cast<std::uintptr_t>(stack);
  padded.arguments.stack_size = sizeof(stack);
  return padded;
}

static void show(const char* what, const Padded& padded, std::size_t size = sizeof(clone_args)) {
  errno = 0;
  const long result = syscall(SYS_clone3, &padded, size);
  std::printf("%s: %s\n", what, result == -1 ? strerrorname_np(errno) : "a thread");
}

int main() {
  Padded padded = thread();
  show("nothing", padded, 0);
  show("less than the first version", padded, 56);
  show("more than a page", padded, 4097);
  padded.rest[0] = 1;
  show("something behind", padded, sizeof(clone_args) + 8);
  padded = thread();
  padded.arguments.exit_signal = 17;
  show("an exit signal for a thread", padded);
  padded = thread();
  padded.arguments.flags |= 1;
  show("a signal in the flags", padded);
  padded = thread();
  padded.arguments.flags |= CLONE_DETACHED;
  show("CLONE_DETACHED", padded);
  padded = thread();
  padded.arguments.stack = 0;
  show("a size and no stack", padded);
  padded = thread();
  padded.arguments.stack_size = 0;
  show("a stack and no size", padded);
  padded = thread();
  padded.arguments.set_tid_size = 1;
  show("number of an id and no id", padded);
  errno = 0;
  const long result = syscall(SYS_clone3, 8, sizeof(clone_args));
  std::printf("from nowhere: %ld %s\n", result, strerrorname_np(errno));
}
