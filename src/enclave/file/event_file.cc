// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/event_file.h"

#include "enclave/file/events.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kMost = ~u64{0} - 1;

}  // namespace

Outcome<> EventFile::read(Transfer& transfer) {
  if (transfer.remaining() < sizeof(u64)) return fail(Errno::inval);
  const u64 taken = TRY(block_on(*this, kForever, [this]() -> Outcome<u64> {
    Wakes wakes;
    Guard guard(lock_);
    if (value_ == 0) return fail(Errno::again);
    const u64 part = semaphore_ == Semaphore::yes ? 1 : value_;
    value_ -= part;
    notify(*this, wakes);
    return part;
  }));
  return transfer.to_program(&taken, sizeof(taken));
}

// A vector is written piece by piece.
Outcome<> EventFile::write(Transfer& transfer) {
  if (transfer.remaining() < sizeof(u64) || TRY(transfer.next_piece()).length < sizeof(u64)) return fail(Errno::inval);
  u64 more = 0;
  Transfer copied = transfer;  // a write that fails has moved nothing
  TRY(copied.from_program(&more, sizeof(more)));
  if (more > kMost) return fail(Errno::inval);
  TRY(block_on(*this, kForever, [this, more]() -> Outcome<> {
    Wakes wakes;
    Guard guard(lock_);
    if (more > kMost - value_) return fail(Errno::again);
    value_ += more;
    notify(*this, wakes);
    return {};
  }));
  return transfer.skip(sizeof(more));
}

u32 EventFile::ready() {
  Guard guard(lock_);
  return (value_ != 0 ? poll_event::in : 0u) | (value_ < kMost ? poll_event::out : 0u);
}

}  // namespace sgxx::enclave
