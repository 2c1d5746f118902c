// SPDX-License-Identifier: Apache-2.0
#include "enclave/memory/page_map.h"

#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constinit PageMap map;

}  // namespace

PageMap& page_map() { return map; }

bool PageMap::covers(u64 address, u64 length) const {
  return address >= base_ && fits(address - base_, length, pages_ * kPageSize);
}

bool PageMap::allows(u64 address, u64 length, u8 rights) const {
  if (!covers(address, length)) return false;
  const u64 last = (address + length - 1 - base_) / kPageSize;
  for (u64 i = (address - base_) / kPageSize; i <= last; ++i) {
    if ((__atomic_load_n(&bytes_[i], __ATOMIC_RELAXED) & rights) != rights) return false;
  }
  return true;
}

bool PageMap::is_mapped(u64 address, u64 length) const {
  if (!covers(address, length)) return false;
  for (u64 i = (address - base_) / kPageSize; i * kPageSize < address - base_ + length; ++i) {
    if ((__atomic_load_n(&bytes_[i], __ATOMIC_RELAXED) & (page::used | page::slot | page::rights)) == 0) return false;
  }
  return true;
}

void PageMap::mark(u64 address, u64 length, u8 value) {
  u8* bytes = &at(address);
  for (u64 i = 0; i < length / kPageSize; ++i) bytes[i] = static_cast<u8>((bytes[i] & page::accepted) | value);
}

void PageMap::fill(u64 address, u64 length, u8 value) { memset(&at(address), value, length / kPageSize); }

}  // namespace sgxx::enclave
