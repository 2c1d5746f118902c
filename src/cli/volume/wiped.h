// SPDX-License-Identifier: Apache-2.0
//
// The key of a volume in the command's memory, zeroed when it goes.
#pragma once

#include <string.h>

#include <array>

#include "base/bytes.h"

namespace sgxx::cli {

class VolumeSecret {
 public:
  static constexpr size_t kSize = 32;

  VolumeSecret() = default;
  explicit VolumeSecret(ByteView bytes) { std::memcpy(bytes_.data(), bytes.data(), kSize); }
  VolumeSecret(VolumeSecret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  VolumeSecret& operator=(VolumeSecret&&) = delete;
  ~VolumeSecret() { wipe(); }
  ByteView bytes() const { return bytes_; }

 private:
  void wipe() { ::explicit_bzero(bytes_.data(), bytes_.size()); }
  std::array<u8, kSize> bytes_{};
};

}  // namespace sgxx::cli
