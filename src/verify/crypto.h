// SPDX-License-Identifier: Apache-2.0
//
// The few primitives that verification needs, over OpenSSL 3: SHA-256, and ECDSA signatures over P-256.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "isa/quote.h"

struct evp_pkey_st;

namespace sgxx::verify {

/// Deleter for OpenSSL's objects.
template <auto function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};

isa::Hash256 sha256(ByteView bytes);
/// SHA-256 of both, one behind the other.
isa::Hash256 sha256(ByteView first, ByteView second);

enum class SignatureCheck {
  good,
  out_of_range,  ///< r or s is 0, or not below the group's order: never the work of a signer
  bad,
};

/// A point on P-256.
class PublicKey {
 public:
  /// Nothing when the coordinates are not those of a point on the curve.
  static std::optional<PublicKey> from_point(const isa::EcdsaPublicKey& point);

  /// ECDSA with SHA-256. (r, n - s) is as good as (r, s), as ECDSA defines it: so a quote with a valid signature can be given
  /// another by anyone, and a quote's hash says nothing of who it is or whether it was seen before.
  SignatureCheck verify(ByteView message, const isa::EcdsaSignature& signature) const;

 private:
  struct Deleter {
    void operator()(evp_pkey_st* key) const;
  };
  explicit PublicKey(evp_pkey_st* key) : key_(key) {}
  std::unique_ptr<evp_pkey_st, Deleter> key_;
};

}  // namespace sgxx::verify
