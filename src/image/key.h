// SPDX-License-Identifier: Apache-2.0
//
// The keys that sign enclaves: RSA-3072 with public exponent 3, the only kind that EINIT accepts (SDM vol. 3D, "SIGSTRUCT").
// They come from PEM and go to PEM. Numbers are little-endian, as SIGSTRUCT holds them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "isa/sgx.h"

struct evp_pkey_st;

namespace sgxx::image {

/// A private key. Holds OpenSSL's key object, which wipes its memory when it goes.
class SigningKey {
 public:
  /// A fresh key; takes about a second.
  static Result<SigningKey> generate();
  /// `name` stands in front of messages.
  static Result<SigningKey> from_pem(std::string_view pem, const std::string& name);

  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;

  /// PKCS#8, not encrypted: whoever writes it to a file gives the file mode 0600.
  std::string to_pem() const;
  std::string public_pem() const;
  isa::Rsa3072 modulus() const;
  /// PKCS#1 v1.5 with SHA-256.
  isa::Rsa3072 sign(ByteView message) const;

 private:
  struct Deleter {
    void operator()(evp_pkey_st* key) const;
  };
  explicit SigningKey(std::unique_ptr<evp_pkey_st, Deleter> key);
  std::unique_ptr<evp_pkey_st, Deleter> key_;
};

/// The modulus of a public key in PEM (or of a private one), refused with the same messages as SigningKey::from_pem.
Result<isa::Rsa3072> public_modulus_from_pem(std::string_view pem, const std::string& name);

/// MRSIGNER of enclaves signed with the key of this modulus: its SHA-256.
isa::Hash256 mr_signer_of(const isa::Rsa3072& modulus);

}  // namespace sgxx::image
