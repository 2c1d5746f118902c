// SPDX-License-Identifier: Apache-2.0
//
// makecontext and swapcontext: fibres with small stacks on the heap, switched from any thread.

#include <ucontext.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "check.h"

static thread_local ucontext_t scheduler;

struct Fibre {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[16384]};
  int steps = 0;
  bool done = false;
};

static void run(unsigned low, unsigned high) {
  auto* self = reinterpret_cast<Fibre*>(static_cast<unsigned long>(high) << 32 | low);
  for (int i = 0; i < 50; ++i) {
    self->steps += i;
    volatile double real = self->steps * 0.5;
    swapcontext(&self->context, &scheduler);
    CHECK(real == self->steps * 0.5);
  }
  self->done = true;
}

static int rounds() {
  Fibre fibres[8];
  for (auto& fibre : fibres) {
    CHECK(getcontext(&fibre.context) == 0);
    fibre.context.uc_stack.ss_sp = fibre.stack.get();
    fibre.context.uc_stack.ss_size = 16384;
    fibre.context.uc_link = &scheduler;
    const auto address = reinterpret_cast<unsigned long>(&fibre);
    makecontext(&fibre.context, reinterpret_cast<void (*)()>(run), 2, static_cast<unsigned>(address),
                static_cast<unsigned>(address >> 32));
  }
  int switches = 0;
  for (bool active = true; active;) {
    active = false;
    for (auto& fibre : fibres) {
      if (fibre.done) continue;
      active = true;
      ++switches;
      CHECK(swapcontext(&scheduler, &fibre.context) == 0);
    }
  }
  return switches;
}

int main() {
  int other = 0;
  std::thread thread([&other] { other = rounds(); });
  std::printf("%d\n", rounds());
  thread.join();
  std::printf("%d\n", other);
}
