// SPDX-License-Identifier: Apache-2.0
//
// Transfer: the program's side of a read or a write, one buffer or a vector of them, used up from the front. Addresses are the
// program's: whatever they are, the worst is EFAULT. A vector is fetched piece by piece as the transfer goes on; should another
// thread change it meanwhile, the transfer still moves no more bytes than were asked for at the start.
#pragma once

#include "abi/host_call.h"
#include "base/address.h"
#include "enclave/errno.h"

namespace sgxx::enclave {

class Transfer {
 public:
  /// One buffer; longer ones are cut to what Linux moves at once (0x7ffff000 bytes).
  Transfer(u64 address, u64 length);
  /// `count` struct iovec at `address`. EINVAL for more than 1024 or a sum that is too large, EFAULT.
  static Outcome<Transfer> vectors(u64 address, u64 count);

  u64 remaining() const { return remaining_; }
  u64 done() const { return done_; }
  /// Nothing beyond the next `length` bytes is moved.
  void limit(u64 length) { remaining_ = remaining_ < length ? remaining_ : length; }

  /// Move `length` bytes, at most remaining(). After EFAULT what was moved before the bad page stays moved and counted.
  Outcome<> to_program(const void* from, u64 length);
  Outcome<> from_program(void* to, u64 length);
  Outcome<> zeroes_to_program(u64 length);
  /// The same without moving anything: somebody else did.
  Outcome<> skip(u64 length);
  /// The same from and to host memory, 8-aligned and padded to 8 bytes, in aligned words.
  Outcome<> to_program(HostAddr from, u64 length);
  Outcome<> from_program(HostAddr to, u64 length);

  /// The address and length of the piece that comes next; length 0 at the end.
  struct Piece {
    u64 address, length;
  };
  Outcome<Piece> next_piece();
  /// The piece's first `length` bytes have been moved by the caller.
  void advance(u64 length);

 private:
  template <class Move>
  Outcome<> move(u64 length, Move move);
  bool is_one_piece(u64 length) const { return vector_count_ == 0 && length <= piece_.length; }

  Piece piece_{};         // what is left of the current one
  u64 vector_ = 0;        // address of the next struct iovec
  u64 vector_count_ = 0;  // how many follow the current piece
  u64 remaining_ = 0;
  u64 done_ = 0;
};

/// The outcome of a transfer that moved something before it failed: POSIX answers with the count.
inline Outcome<u64> count_of(const Transfer& transfer, const Outcome<>& ended) {
  if (!ended.ok() && transfer.done() == 0) return fail(ended.error());
  return transfer.done();
}

}  // namespace sgxx::enclave
