// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/transfer.h"

#include "enclave/host_memory.h"
#include "enclave/program_memory.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kMostVectors = 1024;
constexpr u64 kMostBytes = 0x7fff'f000;
constexpr u64 kStage = 512;  // bytes that pass through the stack when a vector's pieces meet host memory

}  // namespace

Transfer::Transfer(u64 address, u64 length)
    : piece_{address, length < kMostBytes ? length : kMostBytes}, remaining_(piece_.length) {}

Outcome<Transfer> Transfer::vectors(u64 address, u64 count) {
  if (count > kMostVectors) return fail(Errno::inval);
  Transfer transfer(0, 0);
  for (u64 i = 0; i < count; ++i) {
    const Piece piece = TRY(load<Piece>(address + i * sizeof(Piece)));
    if (static_cast<i64>(piece.length) < 0) return fail(Errno::inval);
    TRY(check_range(piece.address, piece.length));
    const auto sum = checked_add(transfer.remaining_, piece.length);
    if (!sum || *sum > kMostBytes) return fail(Errno::inval);
    transfer.remaining_ = *sum;
  }
  transfer.vector_ = address;
  transfer.vector_count_ = count;
  return transfer;
}

Outcome<Transfer::Piece> Transfer::next_piece() {
  while (piece_.length == 0 && vector_count_ != 0) {
    piece_ = TRY(load<Piece>(vector_));
    vector_ += sizeof(Piece);
    --vector_count_;
  }
  return Piece{piece_.address, piece_.length < remaining_ ? piece_.length : remaining_};
}

void Transfer::advance(u64 length) {
  piece_.address += length;
  piece_.length -= length;
  remaining_ -= length;
  done_ += length;
}

template <class Move>
Outcome<> Transfer::move(u64 length, Move move) {
  for (u64 moved = 0; moved < length;) {
    const Piece piece = TRY(next_piece());
    if (piece.length == 0) return fail(Errno::fault);  // the vector shrank under our eyes
    const u64 part = piece.length < length - moved ? piece.length : length - moved;
    TRY(move(piece.address, moved, part));
    advance(part);
    moved += part;
  }
  return {};
}

Outcome<> Transfer::to_program(const void* from, u64 length) {
  return move(length, [from](u64 address, u64 moved, u64 part) {
    return write_program(address, static_cast<const u8*>(from) + moved, part);
  });
}

Outcome<> Transfer::from_program(void* to, u64 length) {
  return move(length,
              [to](u64 address, u64 moved, u64 part) { return read_program(static_cast<u8*>(to) + moved, address, part); });
}

Outcome<> Transfer::zeroes_to_program(u64 length) {
  return move(length, [](u64 address, u64, u64 part) { return zero_program(address, part); });
}

Outcome<> Transfer::skip(u64 length) {
  return move(length, [](u64, u64, u64) { return Outcome<>{}; });
}

Outcome<> Transfer::to_program(HostAddr from, u64 length) {
  if (is_one_piece(length)) {
    TRY(check_writable(piece_.address, length));
    TRY(copy_host_to_program(piece_.address, from, length));
    advance(length);
    return {};
  }
  u8 stage[kStage];
  for (u64 moved = 0; moved < length; moved += kStage) {
    const u64 part = length - moved < kStage ? length - moved : kStage;
    copy_in(stage, from + moved, part);
    TRY(to_program(stage, part));
  }
  return {};
}

Outcome<> Transfer::from_program(HostAddr to, u64 length) {
  if (is_one_piece(length)) {
    TRY(check_readable(piece_.address, length));
    TRY(copy_program_to_host(to, piece_.address, length));
    advance(length);
    return {};
  }
  u8 stage[kStage];
  for (u64 moved = 0; moved < length; moved += kStage) {
    const u64 part = length - moved < kStage ? length - moved : kStage;
    TRY(from_program(stage, part));
    copy_out(to + moved, stage, part);
  }
  return {};
}

}  // namespace sgxx::enclave
