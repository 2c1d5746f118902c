// SPDX-License-Identifier: Apache-2.0
//
// Duties B1, B5: the one check of host addresses, against an oracle that computes without overflow: exhaustively in a small
// world, and at all the edges of the large one. And that no copy starts without it.
#include <gtest/gtest.h>

#include <set>

#include "boundary/outside_stubs.h"
#include "enclave/host_memory.h"

namespace sgxx::boundary {
namespace {

constexpr u64 kUserEnd = 0x7ffffffff000;

bool oracle(u64 base, u64 size, u64 begin, u64 length) {
  using Wide = unsigned __int128;
  const Wide end = Wide{begin} + length, top = Wide{base} + size;
  return end <= kUserEnd && (end <= base || begin >= top);
}

TEST(Outside, AgreesWithTheOracleInASmallWorld) {
  u64 cases = 0;
  for (u64 size : {1u, 2u, 4u, 8u, 16u, 32u}) {
    for (u64 base = 0; base <= 64; base += size) {
      set_elrange(base, size);
      for (u64 begin = 0; begin <= 100; ++begin)
        for (u64 length = 0; length <= 100; ++length, ++cases)
          if (enclave::is_outside(HostAddr(begin), length) != oracle(base, size, begin, length))
            FAIL() << "ELRANGE " << base << '+' << size << ", range " << begin << '+' << length;
    }
  }
  EXPECT_GT(cases, 1'000'000u);
}

/// Values around all edges.
std::set<u64> edges(u64 base, u64 size) {
  std::set<u64> values;
  for (u64 edge : {u64{0}, base, base + size, base + size / 2, kUserEnd, u64{1} << 31, u64{1} << 32, u64{1} << 47, u64{1} << 63,
                   ~u64{0} - 7, u64{0} - base, u64{0} - base - size, u64{0xffff800000000000}, kUserEnd - base, size})
    for (u64 distance : {0u, 1u, 7u, 8u, 9u, 4095u, 4096u}) values.insert(edge + distance), values.insert(edge - distance);
  return values;
}

constexpr std::pair<u64, u64> kPlaces[] = {
    {0, u64{1} << 24}, {0, u64{1} << 36}, {u64{1} << 32, u64{1} << 24}, {0x500000000000, u64{1} << 30}};

TEST(Outside, AgreesWithTheOracleAtEveryEdge) {
  for (const auto& [base, size] : kPlaces) {
    set_elrange(base, size);
    const std::set<u64> values = edges(base, size);
    for (u64 begin : values)
      for (u64 length : values)
        if (enclave::is_outside(HostAddr(begin), length) != oracle(base, size, begin, length))
          FAIL() << std::hex << "ELRANGE 0x" << base << "+0x" << size << ", range 0x" << begin << "+0x" << length;
  }
}

TEST(Outside, NoCopyOfAnyKindStartsOutsideTheRules) {
  u64 buffer[2] = {};
  u64 copied = 0, refused = 0;
  for (const auto& [base, size] : kPlaces) {
    set_elrange(base, size);
    const std::set<u64> values = edges(base, size);
    for (u64 at : values) {
      for (u64 length : values) {
        if (length > (u64{1} << 20) && length < (u64{1} << 62) && length % 4096 != 0) continue;
        const u64 padded = length % 8 == 0 ? length : length + (8 - length % 8);
        const bool allowed = at % 8 == 0 && padded >= length && oracle(base, size, at, padded);
        const auto attempt = [&](const char* what, const auto& copy) {
          copies.clear();
          bool aborted = false;
          try {
            copy();
          } catch (const Aborted&) {
            aborted = true;
          }
          EXPECT_EQ(aborted, !allowed) << what << std::hex << " ELRANGE 0x" << base << "+0x" << size << ", 0x" << at << "+0x"
                                       << length;
          aborted ? ++refused : ++copied;
          for (const auto& [begin, bytes] : copies)
            EXPECT_TRUE(begin % 8 == 0 && (bytes == 0 || oracle(base, size, begin, bytes)))
                << what << std::hex << " 0x" << begin << "+0x" << bytes;
        };
        // Memory of the enclave's side is not touched by the stubs, but the last partial word is: keep it in `buffer`.
        if (length < 8 || length % 8 == 0) {
          attempt("copy_in", [&] { enclave::copy_in(buffer, HostAddr(at), length); });
          attempt("copy_out", [&] { enclave::copy_out(HostAddr(at), buffer, length); });
        }
        attempt("copy_program_to_host", [&] { (void)enclave::copy_program_to_host(HostAddr(at), 0, length); });
        attempt("copy_host_to_program", [&] { (void)enclave::copy_host_to_program(0, HostAddr(at), length); });
      }
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(copied, 4'000u);
  EXPECT_GT(refused, 10'000u);
}

}  // namespace
}  // namespace sgxx::boundary
