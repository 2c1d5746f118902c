// SPDX-License-Identifier: Apache-2.0
//
// Without the grant nobody is asked for a quote.
// sgxx-test: manifest host = ["streams", "time"]
// sgxx-test: enclave-stdout no_quote
// sgxx-test: enclave-stdout 13 13
#include <sgxx/quote.h>
#include <unistd.h>

#include <cerrno>

#include "outside.h"

namespace {

void test() {
  if (!sgxx::in_enclave()) sgxx::create_quote({});
  std::puts(sgxx_test::code_of([] { sgxx::create_quote({}); }));
  static unsigned char room[4096];
  const bool asked = syscall(0x53475b, room) == 0;
  const int first = asked ? 0 : errno;
  const bool quoted = syscall(0x53475c, room, room, sizeof room) == 0;
  std::printf("%d %d\n", first, quoted ? 0 : errno);
}

}  // namespace

int main() { return sgxx_test::run(test); }
