// SPDX-License-Identifier: Apache-2.0
//
// Records of a channel: what goes over the stream, in the clear while the two get to know each other, encrypted afterwards.
// Header, body; an encrypted body is ciphertext and tag, and its header is authenticated with it.
#pragma once

#include "isa/sgx.h"
#include "sgxx/channel.h"
#include "sgxx/crypto.h"

namespace sgxx::sdk {

enum class RecordType : u8 {
  hello = 1,     // in the clear
  answer = 2,    // in the clear
  proof = 3,     // in the clear
  refusal = 4,   // in the clear before there are keys, encrypted afterwards: one byte, a Refusal
  accepted = 5,  // encrypted from here on
  message = 6,
  close = 7,
};

struct RecordHeader {
  u32 length;  // of the body, in bytes
  u8 type;
  std::array<u8, 3> reserved;
};
static_assert(Crossable<RecordHeader> && sizeof(RecordHeader) == 8);

struct Record {
  RecordType type;
  std::vector<u8> body;
};

void write_record(ByteStream& stream, RecordType type, ByteView body);
/// The next record, with a body of at most `most` bytes. Throws `connection_broken` at the end of the stream, `malformed` for a
/// header that makes no sense: what is not there yet is not allocated for.
Record read_record(ByteStream& stream, std::size_t most);

/// How much one key may protect: 2^24 records and 2^36 bytes keep an attacker's advantage below 2^-57 (the bounds of RFC 8446,
/// section 5.5). Then both sides go on to the next key; the old one is gone. A test makes it smaller.
struct KeyLimits {
  u64 records = u64{1} << 24;
  u64 bytes = u64{1} << 36;
  u64 keys = u64{1} << 32;
};

/// One direction of a channel: AES-256-GCM, the record's number as nonce.
class RecordKeys {
 public:
  /// From 32 secret bytes.
  explicit RecordKeys(SecretBytes secret, const KeyLimits& limits = {});

  /// Throws `worn_out` when there are no more keys.
  void write(ByteStream& stream, RecordType type, ByteView plaintext);
  struct Opened {
    RecordType type;
    SecretBytes plaintext;
  };
  /// Throws `not_authentic` for a record that is not the next of this direction.
  Opened read(ByteStream& stream);

 private:
  Aead::Nonce next_nonce(std::size_t length);
  void derive();

  KeyLimits limits_;
  SecretBytes secret_;
  std::optional<Aead> aead_;
  Aead::Nonce base_{};
  u64 records_ = 0, bytes_ = 0, keys_ = 0;
};

}  // namespace sgxx::sdk
