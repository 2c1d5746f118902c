// SPDX-License-Identifier: Apache-2.0
#include "enclave/host_memory.h"

#include "enclave/abort.h"
#include "enclave/entry.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kUserSpaceEnd = 0x7fff'ffff'f000;

}  // namespace

bool is_outside(HostAddr begin, u64 length) {
  const auto end = checked_add(begin.value, length);
  if (!end || *end > kUserSpaceEnd) return false;
  const u64 base = enclave_base();
  const bool outside = *end <= base || begin.value >= base + enclave_config.elrange_size;
  // The branch that follows decides whether host memory is touched: no speculation past it.
  asm volatile("lfence" ::: "memory");
  return outside;
}

namespace {

/// What every copy demands: aligned, and outside up to the end of its last whole word. The rounding must not wrap.
void require_words(HostAddr begin, u64 length) {
  require(is_aligned(begin.value, 8) && length <= kUserSpaceEnd && is_outside(begin, align_up(length, 8)));
}

}  // namespace

void copy_in(void* to, HostAddr from, u64 length) {
  require_words(from, length);
  const u64 whole = align_down(length, 8);
  copy_words_from_host(to, from.value, whole / 8);
  if (whole != length) {
    u64 word = 0;
    copy_words_from_host(&word, from.value + whole, 1);
    memcpy(static_cast<u8*>(to) + whole, &word, length - whole);
  }
}

void copy_out(HostAddr to, const void* from, u64 length) {
  require_words(to, length);
  const u64 whole = align_down(length, 8);
  copy_words_to_host(to.value, from, whole / 8);
  if (whole != length) {
    u64 word = 0;
    memcpy(&word, static_cast<const u8*>(from) + whole, length - whole);
    copy_words_to_host(to.value + whole, &word, 1);
  }
}

Outcome<> copy_program_to_host(HostAddr to, u64 from, u64 length) {
  require_words(to, length);
  const u64 whole = align_down(length, 8);
  if (copy_words_to_host(to.value, reinterpret_cast<const void*>(from), whole / 8) != 0) return fail(Errno::fault);
  if (whole != length) {
    u64 word = 0;
    if (copy_program_bytes(&word, reinterpret_cast<const void*>(from + whole), length - whole) != 0) return fail(Errno::fault);
    copy_words_to_host(to.value + whole, &word, 1);
  }
  return {};
}

Outcome<> copy_host_to_program(u64 to, HostAddr from, u64 length) {
  require_words(from, length);
  const u64 whole = align_down(length, 8);
  if (copy_words_from_host(reinterpret_cast<void*>(to), from.value, whole / 8) != 0) return fail(Errno::fault);
  if (whole != length) {
    u64 word = 0;
    copy_words_from_host(&word, from.value + whole, 1);
    if (copy_program_bytes(reinterpret_cast<void*>(to + whole), &word, length - whole) != 0) return fail(Errno::fault);
  }
  return {};
}

}  // namespace sgxx::enclave
