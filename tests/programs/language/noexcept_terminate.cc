// SPDX-License-Identifier: Apache-2.0
//
// An exception at a noexcept boundary calls the program's terminate handler.
// sgxx-test: status 3
// sgxx-test: flags -Wno-terminate

#include <cstdio>
#include <cstdlib>
#include <exception>

static void thrower() { throw 1; }

[[gnu::noinline]] static void boundary() noexcept { thrower(); }

int main() {
  std::set_terminate([] {
    std::puts("terminate handler");
    std::fflush(stdout);
    std::_Exit(3);
  });
  boundary();
}
