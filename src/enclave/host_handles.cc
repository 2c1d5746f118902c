// SPDX-License-Identifier: Apache-2.0
#include "enclave/host_handles.h"

#include "abi/host_call.h"
#include "enclave/host_call.h"
#include "enclave/lock.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kWords = abi::kMostHandles / 64;

constinit SpinLock handle_lock;
u64 used[kWords] = {(1u << kStreamHandles) - 1};
u32 first_free_word;

}  // namespace

Outcome<u32> take_handle() {
  Guard guard(handle_lock);
  for (u32 word = first_free_word; word < kWords; ++word) {
    if (used[word] == ~u64{0}) continue;
    const u32 bit = static_cast<u32>(__builtin_ctzll(~used[word]));
    used[word] |= u64{1} << bit;
    first_free_word = word;
    return word * 64 + bit;
  }
  return fail(Errno::nfile);
}

void give_handle(u32 handle) {
  Guard guard(handle_lock);
  used[handle / 64] &= ~(u64{1} << handle % 64);
  if (handle / 64 < first_free_word) first_free_word = handle / 64;
}

void close_handle(u32 handle) {
  host::close(handle);
  give_handle(handle);
}

}  // namespace sgxx::enclave
