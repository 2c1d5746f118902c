// SPDX-License-Identifier: Apache-2.0
#include "volume/header.h"

#include "volume/parse.h"
#include "volume/secret_box.h"
#include "volume/wipe.h"

namespace sgxx::volume {
namespace {

constexpr std::string_view kSlotUse = "sgxx volume key slot";
constexpr std::string_view kHeaderUse = "sgxx volume header";

/// What is authenticated with a wrapped key: which volume it opens, and all that the slot says.
struct SlotContext {
  VolumeId id;
  std::array<u8, offsetof(KeySlot, wrapped)> slot;

  SlotContext(const VolumeId& volume, const KeySlot& key_slot) : id(volume) { std::memcpy(slot.data(), &key_slot, slot.size()); }
};

Outcome<> make_slot(const Crypto& crypto, KeySlot& slot, const VolumeId& id, const VolumeKey& key,
                    const KeySlotRequest& request) {
  if (request.secret.size() < kLeastSecret || request.secret.size() > kMostSecret) return fail(Fault::too_large);
  slot.kind = request.kind;
  slot.sealing = request.sealing;
  TRY(crypto.random(slot.salt));
  const SlotContext context(id, slot);
  return SecretBox(crypto, request.secret, slot.salt, kSlotUse).seal(as_bytes_of(context), key, slot.wrapped.data(), slot.tag);
}

Outcome<bool> open_slot(const Crypto& crypto, const KeySlot& slot, const VolumeId& id, const KeySource& keys, VolumeKey& key) {
  if (slot.kind == SlotKind::empty) return false;
  std::array<u8, kMostSecret> secret{};
  const u64 length = keys.secret(slot, secret);
  if (length < kLeastSecret || length > kMostSecret) return false;
  const SlotContext context(id, slot);
  auto opened = SecretBox(crypto, ByteView(secret).first(length), slot.salt, kSlotUse)
                    .open(as_bytes_of(context), slot.wrapped, key.data(), slot.tag);
  wipe(secret.data(), secret.size());
  return opened;
}

}  // namespace

Outcome<> make_header(const Crypto& crypto, Header& header, const VolumeId& id, u64 generation, const VolumeKey& key,
                      std::span<const KeySlotRequest> slots) {
  if (slots.size() > kKeySlots) return fail(Fault::too_large);
  std::memset(static_cast<void*>(&header), 0, sizeof(header));  // in place: too large for a stack
  header.magic = Header::kMagic;
  header.version = kFormatVersion;
  header.block_size = kBlockSize;
  header.id = id;
  header.generation = generation;
  for (u64 i = 0; i < slots.size(); ++i) TRY(make_slot(crypto, header.slots[i], id, key, slots[i]));
  TRY(crypto.random(header.salt));
  Tag tag;
  TRY(SecretBox(crypto, key, header.salt, kHeaderUse).seal(as_bytes_of(header), {}, nullptr, tag));
  header.tag = tag;
  return {};
}

Outcome<> open_header(const Crypto& crypto, Header& header, const KeySource& keys, VolumeKey& key) {
  TRY(check_header(header));
  for (const KeySlot& slot : header.slots) {
    if (!TRY(open_slot(crypto, slot, header.id, keys, key))) continue;
    const Tag tag = std::exchange(header.tag, {});
    const bool is_whole = TRY(SecretBox(crypto, key, header.salt, kHeaderUse).open(as_bytes_of(header), {}, nullptr, tag));
    header.tag = tag;
    if (is_whole) return {};
    wipe(key.data(), key.size());
    return fail(Fault::integrity);
  }
  wipe(key.data(), key.size());
  return fail(Fault::wrong_key);
}

}  // namespace sgxx::volume
