// SPDX-License-Identifier: Apache-2.0
#include "volume/superblock.h"

#include "volume/parse.h"
#include "volume/secret_box.h"

namespace sgxx::volume {
namespace {

constexpr std::string_view kUse = "sgxx volume superblock";

/// What is authenticated with the state: the plain bytes, and which volume it is of.
struct Context {
  VolumeId id;
  std::array<u8, Superblock::kPlain> plain;

  Context(const VolumeId& volume, const Superblock& superblock) : id(volume) {
    std::memcpy(plain.data(), &superblock, plain.size());
  }
};

}  // namespace

Outcome<> seal_superblock(const Crypto& crypto, Superblock& superblock, u32 slot, const VolumeId& id, const VolumeKey& key,
                          const State& state) {
  std::memset(&superblock, 0, sizeof(superblock));
  superblock.magic = Superblock::kMagic;
  superblock.version = kFormatVersion;
  superblock.slot = slot;
  TRY(crypto.random(superblock.salt));
  std::memcpy(superblock.ciphertext.data(), &state, sizeof(state));
  const Context context(id, superblock);
  u8* const text = superblock.ciphertext.data();
  return SecretBox(crypto, key, superblock.salt, kUse).seal(as_bytes_of(context), superblock.ciphertext, text, superblock.tag);
}

Outcome<std::optional<State>> open_superblock(const Crypto& crypto, Superblock& superblock, u32 slot, const VolumeId& id,
                                              const VolumeKey& key) {
  if (!is_superblock(superblock, slot)) return std::optional<State>();
  const Context context(id, superblock);
  u8* const text = superblock.ciphertext.data();
  const SecretBox box(crypto, key, superblock.salt, kUse);
  if (!TRY(box.open(as_bytes_of(context), superblock.ciphertext, text, superblock.tag))) return std::optional<State>();
  State state;
  std::memcpy(&state, text, sizeof(state));
  if (!is_state(state)) return std::optional<State>();
  return std::optional<State>(state);
}

bool is_acceptable(const State& state, const std::optional<Anchor>& expected) {
  if (!expected) return true;
  return state.anchor == *expected || (state.anchor.generation > expected->generation && state.anchored == *expected);
}

}  // namespace sgxx::volume
