// SPDX-License-Identifier: Apache-2.0
//
// atexit handlers and static destructors run in the reverse order of their registration.

#include <cstdio>
#include <cstdlib>

struct Object {
  explicit Object(int number) : number_(number) {}
  ~Object() { std::printf("object %d\n", number_); }
  int number_;
};

int main() {
  std::atexit([] { std::puts("first registered"); });
  static Object one(1);
  std::atexit([] {
    std::puts("second registered");
    std::atexit([] { std::puts("registered while exiting"); });
  });
  static Object two(2);
  for (int i = 0; i < 50; ++i) std::atexit([] {});
  std::puts("main ends");
}
