// SPDX-License-Identifier: Apache-2.0
//
// Who may open a volume: what a key slot is made from, and where the secrets of slots come from.
#pragma once

#include "volume/environment.h"

namespace sgxx::volume {

inline constexpr u64 kLeastSecret = 16;
inline constexpr u64 kMostSecret = 64;

/// How somebody is to open the volume.
struct KeySlotRequest {
  SlotKind kind = SlotKind::provisioned;
  SealingFields sealing{};
  ByteView secret;  ///< kLeastSecret to kMostSecret bytes
};

/// Finds the secret of a key slot. Any class with
///   u64 secret(const KeySlot& slot, ByteSpan out)   bytes written to `out`, which has room for kMostSecret; 0 when it has none
///                                                   for such a slot. What the slot says comes from the disk.
class KeySource {
 public:
  template <class T>
  explicit KeySource(T& source)
      : object_(&source), secret_([](void* object, const KeySlot& slot, ByteSpan out) -> u64 {
          return static_cast<T*>(object)->secret(slot, out);
        }) {}
  u64 secret(const KeySlot& slot, ByteSpan out) const { return secret_(object_, slot, out); }

 private:
  void* object_;
  u64 (*secret_)(void*, const KeySlot&, ByteSpan);
};

/// The secret of all slots of one kind.
class FixedSecret {
 public:
  explicit FixedSecret(ByteView bytes, SlotKind kind = SlotKind::provisioned) : bytes_(bytes), kind_(kind) {}
  u64 secret(const KeySlot& slot, ByteSpan out) const {
    if (slot.kind != kind_ || bytes_.size() > out.size()) return 0;
    std::memcpy(out.data(), bytes_.data(), bytes_.size());
    return bytes_.size();
  }

 private:
  ByteView bytes_;
  SlotKind kind_;
};

}  // namespace sgxx::volume
