// SPDX-License-Identifier: Apache-2.0
//
// Signatures and key agreement.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

#include "sdk/openssl.h"

namespace sgxx {

void openssl::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

namespace {

using Key = openssl::Owned<evp_pkey_st>;
using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Buffer = std::unique_ptr<BIO, decltype(&BIO_free)>;

Buffer buffer_over(std::string_view text) {
  Buffer buffer(BIO_new_mem_buf(text.data(), sdk::int_of(text.size())), BIO_free);
  sdk::must(buffer != nullptr);
  return buffer;
}

/// No pass phrase, and nobody is asked for one.
int no_pass_phrase(char*, int, int, void*) { return -1; }

SignatureAlgorithm algorithm_of(const Key& key) {
  if (key && EVP_PKEY_is_a(key.get(), "ED25519") == 1) return SignatureAlgorithm::ed25519;
  char group[32] = {};
  if (key && EVP_PKEY_is_a(key.get(), "EC") == 1 && EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) == 1 &&
      std::string_view(group) == "prime256v1") {
    return SignatureAlgorithm::ecdsa_p256;
  }
  sdk::fail(ErrorCode::malformed, "expected a key of ECDSA P-256 or Ed25519");
}

const EVP_MD* digest_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::ecdsa_p256 ? EVP_sha256() : nullptr;  // Ed25519 has its own inside
}

std::vector<std::uint8_t> der_of(evp_pkey_st* key) {
  const int size = i2d_PUBKEY(key, nullptr);
  sdk::must(size > 0);
  std::vector<std::uint8_t> der(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  sdk::must(i2d_PUBKEY(key, &at) == size);
  return der;
}

}  // namespace

VerifyingKey VerifyingKey::from_pem(std::string_view pem) {
  Key key(PEM_read_bio_PUBKEY(buffer_over(pem).get(), nullptr, no_pass_phrase, nullptr));
  const SignatureAlgorithm algorithm = algorithm_of(key);
  return {std::move(key), algorithm};
}

VerifyingKey VerifyingKey::from_der(ByteView der) {
  const unsigned char* at = der.data();
  Key key(d2i_PUBKEY(nullptr, &at, sdk::int_of(der.size())));
  if (key && at != der.data() + der.size()) sdk::fail(ErrorCode::malformed, "bytes behind the public key");
  const SignatureAlgorithm algorithm = algorithm_of(key);
  return {std::move(key), algorithm};
}

std::vector<std::uint8_t> VerifyingKey::der() const { return der_of(key_.get()); }

std::string VerifyingKey::pem() const {
  const Buffer buffer(BIO_new(BIO_s_mem()), BIO_free);
  char* text = nullptr;
  sdk::must(buffer != nullptr && PEM_write_bio_PUBKEY(buffer.get(), key_.get()) == 1);
  const long size = BIO_get_mem_data(buffer.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void VerifyingKey::verify(ByteView message, ByteView signature) const {
  const openssl::Owned<evp_md_ctx_st> context(EVP_MD_CTX_new());
  sdk::must(context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) == 1);
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) != 1) {
    sdk::fail(ErrorCode::not_authentic, "the signature is wrong");
  }
}

SigningKey SigningKey::generate(SignatureAlgorithm algorithm) {
  Key key(algorithm == SignatureAlgorithm::ecdsa_p256 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                                      : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  sdk::must(key != nullptr);
  return {std::move(key), algorithm};
}

SigningKey SigningKey::from_pem(std::string_view pem) {
  Key key(PEM_read_bio_PrivateKey(buffer_over(pem).get(), nullptr, no_pass_phrase, nullptr));
  const SignatureAlgorithm algorithm = algorithm_of(key);
  return {std::move(key), algorithm};
}

SecretBytes SigningKey::pem() const {
  const Buffer buffer(BIO_new(BIO_s_secmem()), BIO_free);  // cleansed when it is freed
  char* text = nullptr;
  sdk::must(buffer != nullptr &&
            PEM_write_bio_PKCS8PrivateKey(buffer.get(), key_.get(), nullptr, nullptr, 0, no_pass_phrase, nullptr) == 1);
  const long size = BIO_get_mem_data(buffer.get(), &text);
  return SecretBytes::copy_of(view_of({text, static_cast<std::size_t>(size)}));
}

VerifyingKey SigningKey::public_key() const { return VerifyingKey::from_der(der_of(key_.get())); }

std::vector<std::uint8_t> SigningKey::sign(ByteView message) const {
  const openssl::Owned<evp_md_ctx_st> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  sdk::must(context != nullptr && EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) == 1 &&
            EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1);
  std::vector<std::uint8_t> signature(size);
  sdk::must(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1);
  signature.resize(size);
  return signature;
}

std::size_t public_key_size_of(AgreementGroup group) { return group == AgreementGroup::x25519 ? 32 : 65; }

AgreementKey AgreementKey::generate(AgreementGroup group) {
  Key key(group == AgreementGroup::x25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")
                                          : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  sdk::must(key != nullptr);
  return {std::move(key), group};
}

std::vector<std::uint8_t> AgreementKey::public_bytes() const {
  unsigned char* encoded = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key_.get(), &encoded);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(encoded,
                                                                       [](unsigned char* bytes) { OPENSSL_free(bytes); });
  sdk::must(size == public_key_size_of(group_));
  return {encoded, encoded + size};
}

SecretBytes AgreementKey::agree(ByteView other_public) const {
  if (other_public.size() != public_key_size_of(group_)) sdk::fail(ErrorCode::bad_argument, "a public key of the wrong length");
  const Key other(EVP_PKEY_new());
  sdk::must(other != nullptr && EVP_PKEY_copy_parameters(other.get(), key_.get()) == 1);
  if (EVP_PKEY_set1_encoded_public_key(other.get(), other_public.data(), other_public.size()) != 1) {
    sdk::fail(ErrorCode::bad_argument, "not a public key of this group");
  }
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr), EVP_PKEY_CTX_free);
  sdk::must(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
  SecretBytes secret(32);
  std::size_t size = secret.size();
  if (EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1 ||
      EVP_PKEY_derive(context.get(), secret.bytes().data(), &size) != 1 || size != secret.size()) {
    sdk::fail(ErrorCode::bad_argument, "not a public key that anything can be agreed with");
  }
  return secret;
}

}  // namespace sgxx
