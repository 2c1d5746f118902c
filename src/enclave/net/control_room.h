// SPDX-License-Identifier: Apache-2.0
//
// struct cmsghdr, and a program's buffer for such messages.
#pragma once

#include "enclave/errno.h"
#include "enclave/program_memory.h"

namespace sgxx::enclave {

/// struct cmsghdr.
struct ControlHeader {
  u64 length;  // with this header
  u32 level, type;
};
static_assert(sizeof(ControlHeader) == 16);
inline constexpr u64 kMostControlBytes = 20480;  // net.core.optmem_max

/// Where a program's control messages are written, as put_cmsg of Linux writes them.
class ControlRoom {
 public:
  ControlRoom(u64 address, u64 room) : address_(address), left_(address == 0 ? 0 : room), room_(left_) {}
  u64 used() const { return room_ - left_; }
  /// Not all of what there was is there.
  bool is_truncated() const { return truncated_; }
  void set_truncated() { truncated_ = true; }
  bool holds_header() const { return left_ >= sizeof(ControlHeader); }
  /// The bytes of data that a message could have here.
  u64 space() const { return holds_header() ? left_ - sizeof(ControlHeader) : 0; }
  u64 data_address() const { return address_ + sizeof(ControlHeader); }
  /// A message of which the data has been written.
  Outcome<> finish(u32 level, u32 type, u64 data_length);
  /// A message, cut to the room that there is.
  Outcome<> put(u32 level, u32 type, const void* data, u64 length);

 private:
  u64 address_, left_, room_;
  bool truncated_ = false;
};

/// The messages that a program sends, one after the other: `each(header, address of the data, bytes of the data)`. EINVAL for one
/// that is longer than what is left, EFAULT, ENOBUFS.
template <class Each>
Outcome<> for_each_control(u64 address, u64 length, Each each) {
  if (length > kMostControlBytes) return fail(Errno::nobufs);
  for (u64 at = 0; length - at >= sizeof(ControlHeader);) {
    const auto header = TRY(load<ControlHeader>(address + at));
    if (header.length < sizeof(header) || header.length > length - at) return fail(Errno::inval);
    TRY(each(header, address + at + sizeof(header), header.length - sizeof(header)));
    const u64 step = align_up(header.length, 8);
    if (step >= length - at) break;
    at += step;
  }
  return {};
}

}  // namespace sgxx::enclave
