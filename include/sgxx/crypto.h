// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL 3 as values: hashes, MACs, key derivation, authenticated encryption, signatures, key agreement. Nothing is implemented
// here; it is the usual choice of each, with the lengths in the types and the secrets wiped. Needs no OpenSSL header. All
// functions throw `cryptography` when OpenSSL fails, `bad_argument` for lengths that an algorithm has not. Works outside of an
// enclave too.
#pragma once

#include <sgxx/secret.h>

#include <vector>

struct evp_cipher_ctx_st;
struct evp_md_ctx_st;
struct evp_mac_ctx_st;
struct evp_pkey_st;

namespace sgxx {

namespace openssl {
/// Frees what OpenSSL made.
struct Free {
  void operator()(evp_cipher_ctx_st* context) const noexcept;
  void operator()(evp_md_ctx_st* context) const noexcept;
  void operator()(evp_mac_ctx_st* context) const noexcept;
  void operator()(evp_pkey_st* key) const noexcept;
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
}  // namespace openssl

using Digest256 = Id<struct Digest256Meaning, 32>;
using Digest384 = Id<struct Digest384Meaning, 48>;
using Digest512 = Id<struct Digest512Meaning, 64>;

/// SHA-2 (FIPS 180-4) of bytes that come in pieces. `Digest` says which.
template <class Digest>
class Hash {
 public:
  Hash();
  Hash& add(ByteView bytes);
  /// The digest of all that was added; the next `add` begins anew.
  Digest finish();

 private:
  void restart();
  openssl::Owned<evp_md_ctx_st> context_;
};
extern template class Hash<Digest256>;
extern template class Hash<Digest384>;
extern template class Hash<Digest512>;

Digest256 sha256(ByteView bytes);
Digest384 sha384(ByteView bytes);
Digest512 sha512(ByteView bytes);

/// A MAC. Compared in constant time, unlike an Id.
using Mac128 = Secret<std::array<std::uint8_t, 16>>;
using Mac256 = Secret<std::array<std::uint8_t, 32>>;

/// HMAC with SHA-256 (RFC 2104); a key of any length.
Mac256 hmac_sha256(ByteView key, ByteView message);
/// CMAC with AES-128 (NIST SP 800-38B); a key of 16 bytes.
Mac128 aes_cmac(ByteView key, ByteView message);

/// HKDF with SHA-256 (RFC 5869): `length` bytes, at most 8160, from a secret that need not be uniform. `purpose` (the RFC's info)
/// keeps keys for different uses apart.
SecretBytes hkdf_sha256(ByteView secret, ByteView salt, std::string_view purpose, std::size_t length);

enum class AeadAlgorithm { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };
std::size_t key_size_of(AeadAlgorithm algorithm);

/// Authenticated encryption (NIST SP 800-38D, RFC 8439). The caller sees to it that no nonce is used twice with a key, ever: that
/// would give away both plaintexts and the means to forge. One message is at most 2^36 - 32 bytes.
class Aead {
 public:
  static constexpr std::size_t kNonceSize = 12, kTagSize = 16;
  using Nonce = std::array<std::uint8_t, kNonceSize>;
  using Tag = std::array<std::uint8_t, kTagSize>;

  Aead(AeadAlgorithm algorithm, ByteView key);

  /// Encrypts `plaintext` into `ciphertext`, which has the same size and may be the same memory.
  Tag seal(const Nonce& nonce, ByteView additional, ByteView plaintext, ByteSpan ciphertext);
  /// Decrypts. Throws `not_authentic`, with `plaintext` wiped, when the tag is wrong.
  void open(const Nonce& nonce, ByteView additional, ByteView ciphertext, const Tag& tag, ByteSpan plaintext);

 private:
  openssl::Owned<evp_cipher_ctx_st> context_;
};

enum class SignatureAlgorithm {
  ecdsa_p256,  ///< with SHA-256; signatures are DER (FIPS 186-4, RFC 3279)
  ed25519,     ///< RFC 8032; signatures are 64 bytes
};

class VerifyingKey {
 public:
  /// SubjectPublicKeyInfo in PEM or DER. Throws `malformed` for anything else, and for keys of other algorithms.
  static VerifyingKey from_pem(std::string_view pem);
  static VerifyingKey from_der(ByteView der);
  std::string pem() const;
  std::vector<std::uint8_t> der() const;
  SignatureAlgorithm algorithm() const { return algorithm_; }

  /// Throws `not_authentic` unless the signature is the key owner's over `message`.
  void verify(ByteView message, ByteView signature) const;

 private:
  friend class SigningKey;
  VerifyingKey(openssl::Owned<evp_pkey_st> key, SignatureAlgorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}
  openssl::Owned<evp_pkey_st> key_;
  SignatureAlgorithm algorithm_;
};

class SigningKey {
 public:
  static SigningKey generate(SignatureAlgorithm algorithm);
  /// PKCS#8, unencrypted; throws `malformed`. To keep a key, seal what `pem` gives.
  static SigningKey from_pem(std::string_view pem);
  SecretBytes pem() const;
  SignatureAlgorithm algorithm() const { return algorithm_; }

  VerifyingKey public_key() const;
  std::vector<std::uint8_t> sign(ByteView message) const;

  /// OpenSSL's object, for its other functions; it stays this key's.
  evp_pkey_st* handle() const { return key_.get(); }

 private:
  SigningKey(openssl::Owned<evp_pkey_st> key, SignatureAlgorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}
  openssl::Owned<evp_pkey_st> key_;
  SignatureAlgorithm algorithm_;
};

enum class AgreementGroup {
  x25519,  ///< RFC 7748; public keys are 32 bytes
  p256,    ///< ECDH; public keys are 65 bytes, uncompressed (SEC 1)
};
std::size_t public_key_size_of(AgreementGroup group);

/// One side's key of a Diffie-Hellman key agreement.
class AgreementKey {
 public:
  static AgreementKey generate(AgreementGroup group);
  std::vector<std::uint8_t> public_bytes() const;

  /// The shared secret, 32 bytes: not uniform, so put it through hkdf_sha256 together with both public keys. Throws
  /// `bad_argument` for what is no public key of this group, and for those that make the secret a constant.
  SecretBytes agree(ByteView other_public) const;

 private:
  AgreementKey(openssl::Owned<evp_pkey_st> key, AgreementGroup group) : key_(std::move(key)), group_(group) {}
  openssl::Owned<evp_pkey_st> key_;
  AgreementGroup group_;
};

}  // namespace sgxx
