// SPDX-License-Identifier: Apache-2.0
#include "enclave/random.h"

#include "enclave/abort.h"

namespace sgxx::enclave {
namespace {

constexpr int kRetries = 10;  // Intel's Digital Random Number Generator guide, "RDRAND retry recommendations"

}  // namespace

u64 random_word() {
  for (int i = 0; i < kRetries; ++i) {
    u64 word;
    bool good;
    asm volatile("rdrand %0" : "=r"(word), "=@ccc"(good));
    if (good) return word;
    asm volatile("pause");
  }
  abort_enclave(abi::AbortReason::no_randomness);
}

void check_randomness() {
  u64 previous = random_word();
  int repeats = 0;
  for (int i = 0; i < 8; ++i) {
    const u64 word = random_word();
    if (word == previous || word == 0 || word == ~u64{0}) ++repeats;
    previous = word;
  }
  require(repeats == 0, abi::AbortReason::no_randomness);
}

}  // namespace sgxx::enclave
