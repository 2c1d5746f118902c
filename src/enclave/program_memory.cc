// SPDX-License-Identifier: Apache-2.0
#include "enclave/program_memory.h"

#include "enclave/entry.h"
#include "enclave/memory/mappings.h"
#include "enclave/memory/page_map.h"

namespace sgxx::enclave {

namespace {

Outcome<> check(u64 address, u64 length, u8 rights) {
  if (length == 0 || page_map().allows(address, length, rights | page::accepted)) return {};
  if (!page_map().allows(address, length, rights)) return fail(Errno::fault);
  accept_memory(address, length);
  return {};
}

constexpr u64 kUserSpaceEnd = 0x7fff'ffff'f000;

u64 allowed_bytes(u64 address, u64 length, u8 rights) {
  u64 count = 0;
  while (count < length) {
    const u64 to_page_end = kPageSize - (address + count) % kPageSize;
    const u64 part = to_page_end < length - count ? to_page_end : length - count;
    if (!page_map().allows(address + count, part, rights)) break;
    count += part;
  }
  return count;
}

}  // namespace

Outcome<> check_range(u64 address, u64 length) {
  const auto end = checked_add(address, length);
  return end && *end <= kUserSpaceEnd ? Outcome<>{} : fail(Errno::fault);
}

u64 readable_bytes(u64 address, u64 length) { return allowed_bytes(address, length, page::readable); }
u64 writable_bytes(u64 address, u64 length) { return allowed_bytes(address, length, page::writable); }

Outcome<> check_readable(u64 address, u64 length) { return check(address, length, page::readable); }

Outcome<> check_writable(u64 address, u64 length) { return check(address, length, page::writable); }

Outcome<> read_program(void* to, u64 address, u64 length) {
  TRY(check_readable(address, length));
  if (copy_program_bytes(to, reinterpret_cast<const void*>(address), length) != 0) return fail(Errno::fault);
  return {};
}

Outcome<> write_program(u64 address, const void* from, u64 length) {
  TRY(check_writable(address, length));
  if (copy_program_bytes(reinterpret_cast<void*>(address), from, length) != 0) return fail(Errno::fault);
  return {};
}

Outcome<> zero_program(u64 address, u64 length) {
  TRY(check_writable(address, length));
  if (zero_program_bytes(reinterpret_cast<void*>(address), length) != 0) return fail(Errno::fault);
  return {};
}

}  // namespace sgxx::enclave
