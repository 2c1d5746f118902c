// SPDX-License-Identifier: Apache-2.0
//
// Whom to accept. A policy that says nothing accepts nobody.
#pragma once

#include <sgxx/identity.h>

#include <vector>

namespace sgxx {

/// Why an identity is not accepted.
enum class Refusal : std::uint8_t {
  debug = 1,            ///< it has the DEBUG attribute: whoever runs it reads and changes it as they like
  attributes = 2,       ///< not initialised, or with an attribute that no program of sgxx has: PROVISION_KEY, EINITTOKEN_KEY
  unknown_enclave = 3,  ///< neither its MRENCLAVE nor its MRSIGNER is named
  other_product = 4,    ///< a signer that is named, and another product of theirs
  old_version = 5,      ///< a product that is named, in a version below the one that is asked for
};

/// "debug": the name, for programs and logs.
const char* name_of(Refusal refusal) noexcept;
/// A sentence for people.
const char* text_of(Refusal refusal) noexcept;

/// To be written down by who accepts debug enclaves: in development, never where anything is to be protected.
struct DebugEnclavesProtectNothing {};

class PeerPolicy {
 public:
  PeerPolicy() = default;
  /// This enclave's own signer, product and version, or newer. Throws `not_in_enclave`.
  static PeerPolicy own_product();

  /// One build, whoever signed it.
  PeerPolicy& accept(const MrEnclave& enclave);
  /// All builds of a signer's product from a version on.
  PeerPolicy& accept(const MrSigner& signer, ProductId product, SecurityVersion minimum);
  PeerPolicy& accept(DebugEnclavesProtectNothing);

  /// Nothing: accepted. The identity must be a verified one.
  std::optional<Refusal> judge(const Identity& identity) const;

 private:
  struct Product {
    MrSigner signer;
    ProductId product;
    SecurityVersion minimum;
  };
  std::vector<MrEnclave> enclaves_;
  std::vector<Product> products_;
  bool debug_ = false;
};

/// A genuine peer that the policy does not accept; its code is `not_accepted`.
class PeerRefused : public SdkError {
 public:
  PeerRefused(Refusal refusal, const Identity& identity)
      : SdkError(ErrorCode::not_accepted, std::string("the other enclave is not accepted: ") + text_of(refusal)),
        refusal_(refusal),
        identity_(identity) {}
  Refusal refusal() const noexcept { return refusal_; }
  const Identity& identity() const noexcept { return identity_; }

 private:
  Refusal refusal_;
  Identity identity_;
};

}  // namespace sgxx
