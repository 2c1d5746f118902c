// SPDX-License-Identifier: Apache-2.0
//
// KeyStream: a fresh random key for every block that is written. Keys are the key stream of AES-128 in counter mode (GCM over
// zeros, which the cipher at hand is fast at), 255 of them from each seed; the first 16 bytes of each piece are the seed of the
// next and are never given out, so that what is in memory says nothing about keys of before. Every `kPiecesOfSeed` pieces fresh
// random bytes are mixed in.
//
// 255 keys of a seed are different because AES is a permutation of the counter; keys of different seeds, and keys of all volumes
// ever, are as likely equal as random ones: with 2^40 blocks written, 2^-49.
#pragma once

#include "volume/environment.h"

namespace sgxx::volume {

class KeyStream {
 public:
  static constexpr u32 kKeysOfPiece = kBlockSize / sizeof(Key) - 1;
  static constexpr u32 kPiecesOfSeed = 64;

  explicit KeyStream(const Crypto& crypto) : crypto_(crypto) {}
  KeyStream(const KeyStream&) = delete;
  KeyStream& operator=(const KeyStream&) = delete;
  ~KeyStream();

  /// Fault::no_randomness when the true source gives the same bytes twice running.
  Outcome<Key> next() {
    if (next_ == kKeysOfPiece + 1) TRY(refill());
    Key& slot = keys_[next_++];
    const Key key = slot;
    slot = {};
    return key;
  }

  u64 seeds() const { return seeds_; }

 private:
  Outcome<> refill();
  Outcome<> reseed();

  Crypto crypto_;
  std::array<Key, kKeysOfPiece + 1> keys_{};  // the first is the next seed
  u32 next_ = kKeysOfPiece + 1;
  u32 pieces_ = 0;  // since fresh bytes were mixed in
  u64 seeds_ = 0;
  Key drawn_{};  // the bytes that were last mixed in, hashed
};

}  // namespace sgxx::volume
