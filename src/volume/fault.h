// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong with a volume. Whatever a host does to the blocks ends in one of these, or in the right data.
#pragma once

#include "base/checked.h"
#include "base/result.h"

namespace sgxx::volume {

enum class Fault : u8 {
  io,                   ///< the disk failed; Error::number is the errno that it gave, or 0
  integrity,            ///< a block is not what was written there
  wrong_key,            ///< no key slot opens with the key at hand
  rolled_back,          ///< intact, but not the state that the freshness service knows
  not_a_volume,         ///< no header
  unsupported_version,  ///< a header of another version of the format
  no_space,             ///< the volume may not grow further, or the disk does not
  no_memory,            ///< none of the runtime's own
  too_large,            ///< an index, a name or an object that the format cannot hold
  no_randomness,        ///< the source of random bytes repeats itself
};

/// The enumerator's name, for messages.
constexpr const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::io: return "io";
    case Fault::integrity: return "integrity";
    case Fault::wrong_key: return "wrong key";
    case Fault::rolled_back: return "rolled back";
    case Fault::not_a_volume: return "not a volume";
    case Fault::unsupported_version: return "unsupported version";
    case Fault::no_space: return "no space";
    case Fault::no_memory: return "no memory";
    case Fault::too_large: return "too large";
    case Fault::no_randomness: return "no randomness";
  }
  return "unknown";
}

struct Error {
  Fault fault = Fault::io;
  i32 number = 0;  ///< errno, of Fault::io alone
  u64 where = 0;   ///< the block of the disk, where there is one
};

template <class T = void>
using Outcome = Result<T, Error>;

inline Failure<Error> fail(Fault fault, u64 where = 0, i32 number = 0) { return {Error{fault, number, where}}; }

}  // namespace sgxx::volume
