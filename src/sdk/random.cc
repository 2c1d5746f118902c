// SPDX-License-Identifier: Apache-2.0
#include "sgxx/random.h"

#include <sys/random.h>

#include <cerrno>

namespace sgxx {

void fill_random(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw SdkError(ErrorCode::no_randomness, "getrandom gives no random bytes");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::uint64_t RandomGenerator::operator()() {
  std::uint64_t word = 0;
  fill_random({reinterpret_cast<std::uint8_t*>(&word), sizeof word});
  return word;
}

std::uint64_t random_below(std::uint64_t bound) {
  if (bound == 0) throw SdkError(ErrorCode::bad_argument, "random_below(0): there is no such number");
  // The remainder of words below the greatest multiple of `bound`; fewer than two are drawn on average.
  const std::uint64_t excess = (0 - bound) % bound;  // 2^64 modulo bound
  RandomGenerator generator;
  for (;;) {
    const std::uint64_t word = generator();
    if (word >= excess) return word % bound;
  }
}

}  // namespace sgxx
