// SPDX-License-Identifier: Apache-2.0
#include "sdk/record.h"

#include <algorithm>

namespace sgxx::sdk {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 16;

void read_all(ByteStream& stream, ByteSpan bytes) {
  while (!bytes.empty()) {
    const std::size_t count = stream.read(bytes);
    if (count == 0 || count > bytes.size()) throw SdkError(ErrorCode::connection_broken, "channel: the stream ended");
    bytes = bytes.subspan(count);
  }
}

RecordHeader header_of(RecordType type, std::size_t length) { return {static_cast<u32>(length), static_cast<u8>(type), {}}; }

bool is_known(u8 type) { return type >= static_cast<u8>(RecordType::hello) && type <= static_cast<u8>(RecordType::close); }

}  // namespace

void write_record(ByteStream& stream, RecordType type, ByteView body) {
  const RecordHeader header = header_of(type, body.size());
  std::vector<u8> bytes(as_bytes_of(header).begin(), as_bytes_of(header).end());
  bytes.insert(bytes.end(), body.begin(), body.end());
  stream.write(bytes);
}

Record read_record(ByteStream& stream, std::size_t most) {
  std::array<u8, sizeof(RecordHeader)> bytes;
  read_all(stream, bytes);
  const auto header = *read_at<RecordHeader>(bytes, 0);
  if (!is_known(header.type) || header.reserved != decltype(header.reserved){} || header.length > most) {
    throw SdkError(ErrorCode::malformed, "channel: not a record");
  }
  Record record{static_cast<RecordType>(header.type), {}};
  while (record.body.size() < header.length) {
    const std::size_t at = record.body.size();
    record.body.resize(std::min<std::size_t>(header.length, at + kPiece));
    read_all(stream, ByteSpan(record.body).subspan(at));
  }
  return record;
}

RecordKeys::RecordKeys(SecretBytes secret, const KeyLimits& limits) : limits_(limits), secret_(std::move(secret)) { derive(); }

void RecordKeys::derive() {
  if (keys_ == limits_.keys) throw SdkError(ErrorCode::worn_out, "channel: it has protected as much as it may");
  const SecretBytes key = hkdf_sha256(secret_.bytes(), {}, "sgxx channel 1, key", key_size_of(AeadAlgorithm::aes_256_gcm));
  const SecretBytes base = hkdf_sha256(secret_.bytes(), {}, "sgxx channel 1, nonce", base_.size());
  std::ranges::copy(base.bytes(), base_.begin());
  aead_.emplace(AeadAlgorithm::aes_256_gcm, key.bytes());
  secret_ = hkdf_sha256(secret_.bytes(), {}, "sgxx channel 1, next", secret_.size());
  ++keys_;
  records_ = bytes_ = 0;
}

Aead::Nonce RecordKeys::next_nonce(std::size_t length) {
  if (records_ == limits_.records || length > limits_.bytes - bytes_) derive();
  Aead::Nonce nonce = base_;
  for (std::size_t i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] ^= static_cast<u8>(records_ >> 8 * i);
  ++records_;
  bytes_ += length;
  return nonce;
}

void RecordKeys::write(ByteStream& stream, RecordType type, ByteView plaintext) {
  const RecordHeader header = header_of(type, plaintext.size() + Aead::kTagSize);
  std::vector<u8> bytes(sizeof header + header.length);
  std::ranges::copy(as_bytes_of(header), bytes.begin());
  const ByteSpan ciphertext = ByteSpan(bytes).subspan(sizeof header, plaintext.size());
  const Aead::Nonce nonce = next_nonce(plaintext.size());  // which may change the key
  const Aead::Tag tag = aead_->seal(nonce, as_bytes_of(header), plaintext, ciphertext);
  std::ranges::copy(tag, bytes.end() - static_cast<std::ptrdiff_t>(tag.size()));
  stream.write(bytes);
}

RecordKeys::Opened RecordKeys::read(ByteStream& stream) {
  const Record record = read_record(stream, Channel::kMostMessage + Aead::kTagSize);
  const auto length = record.body.size();
  if (length < Aead::kTagSize) throw SdkError(ErrorCode::malformed, "channel: a record without a tag");
  const RecordHeader header = header_of(record.type, length);
  const ByteView ciphertext = ByteView(record.body).first(length - Aead::kTagSize);
  Opened opened{record.type, SecretBytes(ciphertext.size())};
  const Aead::Nonce nonce = next_nonce(ciphertext.size());
  aead_->open(nonce, as_bytes_of(header), ciphertext, *read_at<Aead::Tag>(record.body, ciphertext.size()),
              opened.plaintext.bytes());
  return opened;
}

}  // namespace sgxx::sdk
