// SPDX-License-Identifier: Apache-2.0
//
// SecretBox: AES-128-GCM under a key that is derived for one use, from a secret and a fresh salt. What is derived is 28 bytes:
// key and nonce. For the few blocks that are not in the tree of pointers: key slots, headers, superblocks.
#pragma once

#include <string_view>

#include "volume/environment.h"

namespace sgxx::volume {

class SecretBox {
 public:
  SecretBox(const Crypto& crypto, ByteView secret, const Salt& salt, std::string_view use)
      : crypto_(crypto), secret_(secret), salt_(salt), use_(use) {}

  Outcome<> seal(ByteView authenticated, ByteView from, u8* to, Tag& tag) const;
  /// False when the tag does not match.
  Outcome<bool> open(ByteView authenticated, ByteView from, u8* to, const Tag& tag) const;

 private:
  struct Derived;
  Outcome<> derive(Derived& derived) const;

  Crypto crypto_;
  ByteView secret_;
  const Salt& salt_;
  std::string_view use_;
};

}  // namespace sgxx::volume
