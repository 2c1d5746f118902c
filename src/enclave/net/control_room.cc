// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/control_room.h"

namespace sgxx::enclave {

Outcome<> ControlRoom::finish(u32 level, u32 type, u64 data_length) {
  const u64 length = sizeof(ControlHeader) + data_length, whole = align_up(length, 8);
  TRY(store(address_, ControlHeader{length, level, type}));
  const u64 taken = whole < left_ ? whole : left_;
  address_ += taken;
  left_ -= taken;
  return {};
}

Outcome<> ControlRoom::put(u32 level, u32 type, const void* data, u64 length) {
  const u64 part = space() < length ? space() : length;
  truncated_ = truncated_ || part != length;
  if (!holds_header()) return {};
  TRY(write_program(data_address(), data, part));
  return finish(level, type, part);
}

}  // namespace sgxx::enclave
