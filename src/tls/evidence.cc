// SPDX-License-Identifier: Apache-2.0
#include "tls/evidence.h"

#include <algorithm>
#include <string_view>

namespace sgxx::tls {
namespace {

enum Major : std::uint8_t { unsigned_integer = 0, byte_string = 2, text_string = 3, array = 4, map = 5, tag = 6 };

constexpr std::uint64_t kEvidenceTag = 60000;
constexpr std::uint64_t kSha256 = 1;  // IANA, "Named Information Hash Algorithm Registry"
constexpr std::string_view kKeyHash = "pubkey-hash", kNonce = "nonce";
constexpr std::uint64_t kMostClaims = 64;

void append_head(Bytes& out, Major major, std::uint64_t value) {
  const auto first = static_cast<std::uint8_t>(major << 5);
  int bytes = 8;
  if (value < 24) {
    out.push_back(static_cast<std::uint8_t>(first | value));
    return;
  }
  std::uint8_t information = 27;
  for (const int shorter : {4, 2, 1}) {
    if (value >> (8 * shorter) != 0) break;
    bytes = shorter;
    --information;
  }
  out.push_back(static_cast<std::uint8_t>(first | information));
  for (int i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append_bytes(Bytes& out, ByteView bytes) {
  append_head(out, byte_string, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_text(Bytes& out, std::string_view text) {
  append_head(out, text_string, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

/// What is left to read. Every function is nothing when that is not what is asked for, or not in the shortest form.
class Reader {
 public:
  explicit Reader(ByteView rest) : rest_(rest) {}
  bool at_end() const { return rest_.empty(); }

  std::optional<std::uint64_t> head(Major major) {
    if (rest_.empty() || rest_[0] >> 5 != major) return std::nullopt;
    const std::uint8_t information = rest_[0] & 31;
    rest_ = rest_.subspan(1);
    if (information < 24) return information;
    if (information > 27) return std::nullopt;  // reserved, or of indefinite length
    const std::size_t bytes = std::size_t{1} << (information - 24);
    if (rest_.size() < bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | rest_[i];
    rest_ = rest_.subspan(bytes);
    const std::uint64_t least = bytes == 1 ? 24 : std::uint64_t{1} << (4 * bytes);
    if (value < least) return std::nullopt;
    return value;
  }

  std::optional<ByteView> string(Major major) {
    const auto length = head(major);
    if (!length || *length > rest_.size()) return std::nullopt;
    const ByteView taken = rest_.first(*length);
    rest_ = rest_.subspan(*length);
    return taken;
  }

 private:
  ByteView rest_;
};

std::optional<Digest256> decode_key_hash(ByteView bytes) {
  Reader reader(bytes);
  if (reader.head(array) != 2 || reader.head(unsigned_integer) != kSha256) return std::nullopt;
  const auto hash = reader.string(byte_string);
  Digest256 digest;
  if (!hash || hash->size() != digest.bytes.size() || !reader.at_end()) return std::nullopt;
  std::ranges::copy(*hash, digest.bytes.begin());
  return digest;
}

}  // namespace

Bytes encode_claims(const Claims& claims) {
  Bytes hash;
  append_head(hash, array, 2);
  append_head(hash, unsigned_integer, kSha256);
  append_bytes(hash, claims.key_hash.bytes);
  Bytes out;
  append_head(out, map, claims.nonce.empty() ? 1 : 2);
  append_text(out, kKeyHash);
  append_bytes(out, hash);
  if (!claims.nonce.empty()) {
    append_text(out, kNonce);
    append_bytes(out, claims.nonce);
  }
  return out;
}

std::optional<Claims> decode_claims(ByteView bytes) {
  Reader reader(bytes);
  const auto count = reader.head(map);
  if (!count || *count > kMostClaims) return std::nullopt;
  std::optional<Digest256> key_hash;
  std::optional<Bytes> nonce;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto name = reader.string(text_string);
    const auto value = reader.string(byte_string);
    if (!name || !value) return std::nullopt;
    const std::string_view text(reinterpret_cast<const char*>(name->data()), name->size());
    if (text == kKeyHash) {
      if (key_hash) return std::nullopt;
      key_hash = decode_key_hash(*value);
      if (!key_hash) return std::nullopt;
    } else if (text == kNonce) {
      if (nonce) return std::nullopt;
      nonce = Bytes(value->begin(), value->end());
    }
  }
  if (!reader.at_end() || !key_hash) return std::nullopt;
  return Claims{*key_hash, nonce.value_or(Bytes())};
}

Bytes encode_evidence(const Evidence& evidence) {
  Bytes out;
  append_head(out, tag, kEvidenceTag);
  append_head(out, array, 2);
  append_bytes(out, evidence.quote);
  append_bytes(out, evidence.claims);
  return out;
}

std::optional<Evidence> decode_evidence(ByteView bytes) {
  Reader reader(bytes);
  if (reader.head(tag) != kEvidenceTag || reader.head(array) != 2) return std::nullopt;
  const auto quote = reader.string(byte_string);
  const auto claims = reader.string(byte_string);
  if (!quote || !claims || !reader.at_end()) return std::nullopt;
  return Evidence{{quote->begin(), quote->end()}, {claims->begin(), claims->end()}};
}

std::array<std::uint8_t, 64> report_data_of(ByteView claims) {
  std::array<std::uint8_t, 64> data{};
  std::ranges::copy(sha256(claims).bytes, data.begin());
  return data;
}

}  // namespace sgxx::tls
