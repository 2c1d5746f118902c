// SPDX-License-Identifier: Apache-2.0
//
// The format of a sealed blob, and sealing with what a test may replace: where keys and randomness come from.
#pragma once

#include "isa/sgx.h"
#include "sgxx/crypto.h"
#include "sgxx/seal.h"

namespace sgxx::sdk {

/// The first 112 bytes of a blob, little-endian, all authenticated. The tag follows, then the ciphertext.
struct BlobHeader {
  std::array<u8, 8> magic;
  u16 format;
  u16 key_policy;
  u16 isv_svn;
  u16 config_svn;
  std::array<u8, 16> cpu_svn;
  u64 flags_mask;
  u64 xfrm_mask;
  u32 misc_mask;
  u32 reserved1;
  u64 size;  // of the plaintext, and of the ciphertext
  std::array<u8, 32> key_id;
  std::array<u8, 12> nonce;
  u32 reserved2;

  static constexpr std::array<u8, 8> kMagic = {'S', 'G', 'X', 'X', 'S', 'E', 'A', 'L'};
  static constexpr u16 kFormat = 1;
};
static_assert(Crossable<BlobHeader> && sizeof(BlobHeader) == 112 && offsetof(BlobHeader, cpu_svn) == 16 &&
              offsetof(BlobHeader, size) == 56 && offsetof(BlobHeader, key_id) == 64 && offsetof(BlobHeader, nonce) == 96);
static_assert(sizeof(BlobHeader) + Aead::kTagSize == kSealOverhead);

/// A blob whose header makes sense and whose length is what it says. Views into the bytes that it was made of.
struct ParsedBlob {
  BlobHeader header;
  KeyPolicy policy;
  Aead::Tag tag;
  ByteView authenticated;  // the header's bytes
  ByteView ciphertext;
};
/// Throws `malformed`.
ParsedBlob parse_blob(ByteView blob);

/// What sealing asks of its surroundings.
class SealSource {
 public:
  virtual ~SealSource() = default;
  virtual Key128 key(const KeyRequest& request) = 0;
  virtual void random(ByteSpan bytes) = 0;
  virtual Identity identity() = 0;
};

class Sealer {
 public:
  explicit Sealer(SealSource& source) : source_(source) {}
  void seal(ByteSpan blob, ByteView plaintext, const SealOptions& options);
  void unseal(ByteSpan plaintext, const ParsedBlob& blob, ByteView additional);

 private:
  void draw(BlobHeader& header);
  SealSource& source_;
};

}  // namespace sgxx::sdk
