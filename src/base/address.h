// SPDX-License-Identifier: Apache-2.0
//
// No raw integer is an address. An EnclaveAddr is a linear address inside ELRANGE, an EnclaveOffset is relative to its base,
// a HostAddr is a linear address outside, a FileOffset is a place in a file. They do not convert into each other. Freestanding.
#pragma once

#include <compare>

#include "base/checked.h"

namespace sgxx {

template <class Tag>
struct Place {
  u64 value = 0;

  constexpr Place() = default;
  constexpr explicit Place(u64 v) : value(v) {}

  friend constexpr auto operator<=>(Place, Place) = default;
  friend constexpr Place operator+(Place place, u64 distance) { return Place(place.value + distance); }
  friend constexpr Place operator-(Place place, u64 distance) { return Place(place.value - distance); }
  /// The distance between two places of the same kind, in bytes.
  friend constexpr u64 operator-(Place a, Place b) { return a.value - b.value; }
};

using EnclaveAddr = Place<struct EnclaveAddrTag>;
using EnclaveOffset = Place<struct EnclaveOffsetTag>;
using HostAddr = Place<struct HostAddrTag>;
using FileOffset = Place<struct FileOffsetTag>;

/// A half-open range [begin, begin + length) of places of one kind.
template <class P>
struct Range {
  P begin;
  u64 length = 0;

  constexpr P end() const { return begin + length; }
  constexpr bool empty() const { return length == 0; }
  constexpr bool contains(P place) const { return place >= begin && place - begin < length; }
  constexpr bool contains(Range other) const { return other.begin >= begin && fits(other.begin - begin, other.length, length); }
  constexpr bool overlaps(Range other) const { return !empty() && !other.empty() && begin < other.end() && other.begin < end(); }
  friend constexpr bool operator==(Range, Range) = default;
};

using EnclaveRange = Range<EnclaveAddr>;
using OffsetRange = Range<EnclaveOffset>;

/// Access rights of a page. Writable and executable at once cannot be spelled.
class Permission {
 public:
  static constexpr Permission none() { return Permission(0); }
  static constexpr Permission r() { return Permission(1); }
  static constexpr Permission rw() { return Permission(3); }
  static constexpr Permission rx() { return Permission(5); }

  constexpr bool readable() const { return (bits_ & 1) != 0; }
  constexpr bool writable() const { return (bits_ & 2) != 0; }
  constexpr bool executable() const { return (bits_ & 4) != 0; }
  /// R = 1, W = 2, X = 4: the encoding of SECINFO.FLAGS (SDM vol. 3D, SECINFO).
  constexpr u8 bits() const { return bits_; }
  friend constexpr bool operator==(Permission, Permission) = default;

 private:
  constexpr explicit Permission(u8 bits) : bits_(bits) {}
  u8 bits_;
};

}  // namespace sgxx
