// SPDX-License-Identifier: Apache-2.0
#include "enclave/signal/moved.h"

#include "enclave/thread_block.h"

namespace sgxx::enclave {
namespace {

using abi::MovedAddress;

/// The first entry with `member` equal to the address `wanted`; `other` of it, or `wanted` when there is none.
u64 look_up(u64 wanted, u64 MovedAddress::*member, u64 MovedAddress::*other) {
  const u64 base = enclave_base();
  const auto* const table = reinterpret_cast<const MovedAddress*>(base + enclave_config.moved);
  u64 begin = 0, end = enclave_config.moved_count;
  while (begin < end) {
    const u64 middle = begin + (end - begin) / 2;
    if (table[middle].*member < wanted - base) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  if (begin == enclave_config.moved_count || table[begin].*member != wanted - base) return wanted;
  return base + table[begin].*other;
}

}  // namespace

u64 address_shown(u64 rip) { return look_up(rip, &MovedAddress::stub, &MovedAddress::program); }
u64 address_executed(u64 shown) { return look_up(shown, &MovedAddress::program, &MovedAddress::stub); }

}  // namespace sgxx::enclave
