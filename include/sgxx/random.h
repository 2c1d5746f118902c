// SPDX-License-Identifier: Apache-2.0
//
// Random bytes. Inside an enclave they are the processor's (RDRAND, by way of the runtime, which checks it at the start and ends
// the enclave rather than go on without); outside they are the kernel's. The host has no part in the former.
#pragma once

#include <sgxx/secret.h>

#include <limits>

namespace sgxx {

/// Throws `no_randomness` where there is none.
void fill_random(ByteSpan bytes);

template <std::size_t Size>
std::array<std::uint8_t, Size> random_bytes() {
  std::array<std::uint8_t, Size> bytes;
  fill_random(bytes);
  return bytes;
}

template <std::size_t Size>
Secret<std::array<std::uint8_t, Size>> random_secret() {
  Secret<std::array<std::uint8_t, Size>> secret;
  fill_random(secret.bytes());
  return secret;
}

/// Evenly distributed below `bound`; throws `bad_argument` for 0.
std::uint64_t random_below(std::uint64_t bound);

/// For <random> and std::shuffle: a UniformRandomBitGenerator that is good enough for secrets.
class RandomGenerator {
 public:
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();
};

}  // namespace sgxx
