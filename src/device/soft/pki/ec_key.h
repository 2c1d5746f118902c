// SPDX-License-Identifier: Apache-2.0
//
// P-256 keys that derive from a secret: whoever has the secret has the key, on every call the same.
#pragma once

#include <memory>
#include <string_view>

#include "isa/quote.h"

struct evp_pkey_st;

namespace sgxx::device::soft {

class EcKey {
 public:
  /// The key of `label` under `secret`.
  static EcKey derived(ByteView secret, std::string_view label);

  isa::EcdsaPublicKey public_point() const;
  /// ECDSA with SHA-256, as r || s. Another signature at every call.
  isa::EcdsaSignature sign(ByteView message) const;
  evp_pkey_st* get() const { return key_.get(); }

 private:
  explicit EcKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace sgxx::device::soft
