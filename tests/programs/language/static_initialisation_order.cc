// SPDX-License-Identifier: Apache-2.0
//
// Globals are constructed in order (init_priority first, then as written), constructors
// by attribute run among them, and destruction is the exact reverse.

#include <cstdio>

namespace {

struct Announced {
  explicit Announced(const char* name) : name_(name) { std::printf("construct %s\n", name_); }
  ~Announced() { std::printf("destroy %s\n", name_); }
  const char* name_;
};

Announced first("first");
Announced second("second");
Announced early [[gnu::init_priority(200)]] ("priority 200");
Announced earlier [[gnu::init_priority(150)]] ("priority 150");
constinit int compile_time = 7;

[[gnu::constructor(140)]] void constructor() { std::printf("constructor attribute, %d\n", compile_time); }
[[gnu::destructor(140)]] void destructor() { std::printf("destructor attribute\n"); }

}  // namespace

int main() {
  static Announced local("local static");
  std::printf("main\n");
}
