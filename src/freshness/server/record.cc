// SPDX-License-Identifier: Apache-2.0
#include "freshness/server/record.h"

#include <algorithm>

namespace sgxx::freshness {
namespace {

constexpr std::string_view kOwnerLabel = "sgxx freshness, owner 1";
constexpr std::string_view kRecordLabel = "sgxx freshness, record 1";

/// The part of a value that its MAC stands behind.
struct Head {
  std::array<u8, 8> magic;
  u64 generation;
  std::array<u8, 16> state;
};
static_assert(Crossable<Head> && sizeof(Head) == 32);
constexpr std::array<u8, 8> kMagic = {'S', 'G', 'X', 'X', 'F', 'R', 'S', '1'};

template <class Range>
void append(std::vector<u8>& bytes, const Range& more) {
  bytes.insert(bytes.end(), std::begin(more), std::end(more));
}

}  // namespace

Digest256 owner_of(const verify::EnclaveIdentity& client, FreshnessScope scope) {
  std::vector<u8> text;
  append(text, kOwnerLabel);
  text.push_back(static_cast<u8>(scope));
  text.push_back((client.attributes & Attributes::kDebug) != 0 ? 1 : 0);
  if (scope == FreshnessScope::build) {
    append(text, client.mr_enclave);
  } else {
    append(text, client.mr_signer);
    text.push_back(static_cast<u8>(client.product_id));
    text.push_back(static_cast<u8>(client.product_id >> 8));
  }
  return sha256(text);
}

RecordKey::RecordKey(ByteView secret) {
  if (secret.size() != kSize) throw SdkError(ErrorCode::bad_argument, "the key of a freshness server has 32 bytes");
  mac_key_ = hkdf_sha256(secret, {}, "sgxx freshness, values 1", kSize);
  const SecretBytes id = hkdf_sha256(secret, {}, "sgxx freshness, id 1", id_.bytes.size());
  std::ranges::copy(id.bytes(), id_.bytes.begin());
}

std::string RecordKey::place_of(const CounterName& name) const {
  return "sgxx/freshness/1/" + id_.hex() + "/" + name.owner.hex() + "/" + name.volume.hex();
}

/// Over label, owner, volume and head, all of fixed length.
Mac256 RecordKey::mac(const CounterName& name, ByteView head) const {
  std::vector<u8> text;
  append(text, kRecordLabel);
  append(text, name.owner.bytes);
  append(text, name.volume.bytes);
  append(text, head);
  return hmac_sha256(mac_key_.bytes(), text);
}

std::vector<u8> RecordKey::seal(const CounterName& name, const Anchor& anchor) const {
  const Head head{kMagic, anchor.generation, anchor.state.bytes};
  std::vector<u8> value;
  append(value, as_bytes_of(head));
  append(value, mac(name, as_bytes_of(head)).bytes());
  return value;
}

std::optional<Anchor> RecordKey::open(const CounterName& name, ByteView value) const {
  const auto head = read_at<Head>(value, 0);
  if (!head || value.size() != sizeof(Head) + sizeof(Mac256) || head->magic != kMagic) return std::nullopt;
  if (!constant_time_equal(mac(name, value.first(sizeof(Head))).bytes(), value.subspan(sizeof(Head)))) return std::nullopt;
  return Anchor{head->generation, {head->state}};
}

}  // namespace sgxx::freshness
