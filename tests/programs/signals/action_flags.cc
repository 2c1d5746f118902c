// SPDX-License-Identifier: Apache-2.0
//
// SA_NODEFER, SA_RESETHAND, SA_ONSTACK with and without SS_AUTODISARM, SA_NOCLDSTOP and SA_NOCLDWAIT; what sigaction gives back.

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "check.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static int depth, deepest, nested, runs;
static char area[64 * 1024];
static bool on_area;
static int state_inside;

static void nest(int number) {
  if (++depth > deepest) deepest = depth;
  if (++nested < 4) raise(number);
  --depth;
}

static void look(int) {
  const char here = 0;
  on_area = reinterpret_cast<std::uintptr_t>(&here) - reinterpret_cast<std::uintptr_t>(area) < sizeof area;
  stack_t now{};
  CHECK(sigaltstack(nullptr, &now) == 0);
  state_inside = now.ss_flags;
  ++runs;
}

static struct sigaction set(int number, void (*handler)(int), int flags) {
  struct sigaction action {
  }, old{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  CHECK(sigaction(number, &action, nullptr) == 0 && sigaction(number, nullptr, &old) == 0);
  CHECK(old.sa_handler == handler);
  return old;
}

int main() {
  set(SIGUSR1, nest, 0);
  raise(SIGUSR1);
  std::printf("deferred: depth %d\n", deepest);  // 1, and again when the handler has returned
  deepest = nested = 0;
  set(SIGUSR1, nest, SA_NODEFER);
  raise(SIGUSR1);
  std::printf("not deferred: depth %d\n", deepest);

  set(SIGWINCH, look, static_cast<int>(SA_RESETHAND));
  raise(SIGWINCH);
  raise(SIGWINCH);  // does nothing by default
  struct sigaction old {};
  CHECK(sigaction(SIGWINCH, nullptr, &old) == 0);
  std::printf("reset: %d runs, default again %d\n", runs, old.sa_handler == SIG_DFL);

  stack_t stack{};
  stack.ss_sp = area;
  stack.ss_size = sizeof area;
  CHECK(sigaltstack(&stack, nullptr) == 0);
  set(SIGUSR2, look, 0);
  raise(SIGUSR2);
  std::printf("ordinary: on the alternate stack %d, flags %d\n", on_area, state_inside);
  set(SIGUSR2, look, SA_ONSTACK);
  raise(SIGUSR2);
  std::printf("SA_ONSTACK: on the alternate stack %d, flags %d\n", on_area, state_inside);
  stack.ss_flags = static_cast<int>(SS_AUTODISARM);
  CHECK(sigaltstack(&stack, nullptr) == 0);
  for (int i = 0; i < 2; ++i) {
    raise(SIGUSR2);
    std::printf("SS_AUTODISARM: on the alternate stack %d, flags %d\n", on_area, state_inside);
  }
  stack_t now{};
  CHECK(sigaltstack(nullptr, &now) == 0 && now.ss_sp == area && now.ss_flags == static_cast<int>(SS_AUTODISARM));
  stack.ss_flags = 8;
  CHECK(sigaltstack(&stack, nullptr) == -1);
  stack.ss_flags = 0;
  stack.ss_size = 100;
  CHECK(sigaltstack(&stack, nullptr) == -1);

  old = set(SIGCHLD, look, SA_NOCLDSTOP | SA_NOCLDWAIT | SA_RESTART);
  std::printf("flags kept: %d\n",
              (old.sa_flags & (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_RESTART)) == (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_RESTART));
  CHECK(signal(SIGKILL, SIG_IGN) == SIG_ERR && signal(SIGSTOP, look) == SIG_ERR && signal(0, look) == SIG_ERR &&
        signal(65, look) == SIG_ERR);
}
