// SPDX-License-Identifier: Apache-2.0
#include "image/key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstdlib>

#include "image/measurement.h"

namespace sgxx::image {
namespace {

constexpr int kBits = 3072;
constexpr BN_ULONG kExponent = 3;
constexpr const char* kMakeOne = "make one with `sgxx keygen`";

template <auto function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

// For operations on a key that is known to be good: they fail only when memory has run out.
void must(bool done) {
  if (!done) std::abort();
}

Number number_of(const EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) return nullptr;
  return Number(number);
}

Bio reader_of(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string text_of(BIO* writer) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(writer, &text);
  return {text, static_cast<size_t>(length)};
}

// Never asks at the terminal for a passphrase: a build must not stop and wait.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<void> check_kind(const EVP_PKEY* key, const std::string& name) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
    return bad_input(name + ": not an RSA key; SGX needs RSA-3072 with exponent 3: " + kMakeOne);
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (bits != kBits) {
    return bad_input(name + ": RSA-" + std::to_string(bits) + " key; SGX needs RSA-3072 with exponent 3: " + kMakeOne);
  }
  const Number exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  must(exponent != nullptr);
  if (!BN_is_word(exponent.get(), kExponent)) {
    char* decimal = BN_bn2dec(exponent.get());
    std::string text = decimal != nullptr ? decimal : "?";
    OPENSSL_free(decimal);
    return bad_input(name + ": RSA key with exponent " + text.substr(0, 20) + "; SGX needs exponent 3: " + kMakeOne);
  }
  return {};
}

isa::Rsa3072 modulus_of(const EVP_PKEY* key) {
  const Number modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  isa::Rsa3072 bytes;
  must(modulus != nullptr && BN_bn2lebinpad(modulus.get(), bytes.data(), static_cast<int>(bytes.size())) > 0);
  return bytes;
}

Pkey read_private(std::string_view pem) {
  const Bio reader = reader_of(pem);
  Pkey key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

Pkey read_public(std::string_view pem) {
  const Bio reader = reader_of(pem);
  Pkey key(PEM_read_bio_PUBKEY(reader.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

constexpr size_t kLargestPem = 64 * 1024;

}  // namespace

void SigningKey::Deleter::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
SigningKey::SigningKey(std::unique_ptr<evp_pkey_st, Deleter> key) : key_(std::move(key)) {}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

Result<SigningKey> SigningKey::generate() {
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const Number exponent(BN_new());
  EVP_PKEY* key = nullptr;
  if (context == nullptr || exponent == nullptr || BN_set_word(exponent.get(), kExponent) != 1 ||
      EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kBits) != 1 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) != 1 || EVP_PKEY_generate(context.get(), &key) != 1) {
    ERR_clear_error();
    return unsupported("OpenSSL refused to generate an RSA-3072 key with exponent 3 (is it in FIPS mode?)");
  }
  return SigningKey(std::unique_ptr<evp_pkey_st, Deleter>(key));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem, const std::string& name) {
  if (pem.size() > kLargestPem) return bad_input(name + ": too large for a PEM key");
  Pkey key = read_private(pem);
  if (key == nullptr) {
    if (read_public(pem) != nullptr) {
      return bad_input(name + ": a public key; signing needs the private key (or `sgxx sign` in two steps)");
    }
    if (pem.find("ENCRYPTED") != std::string_view::npos) {
      return bad_input(name + ": the key is encrypted; decrypt it with `openssl pkey`, or sign in two steps");
    }
    return bad_input(name + ": not a private key in PEM; " + kMakeOne);
  }
  TRY(check_kind(key.get(), name));
  return SigningKey(std::unique_ptr<evp_pkey_st, Deleter>(key.release()));
}

std::string SigningKey::to_pem() const {
  const Bio writer(BIO_new(BIO_s_secmem()));
  must(PEM_write_bio_PKCS8PrivateKey(writer.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(writer.get());
}

std::string SigningKey::public_pem() const {
  const Bio writer(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PUBKEY(writer.get(), key_.get()) == 1);
  return text_of(writer.get());
}

isa::Rsa3072 SigningKey::modulus() const { return modulus_of(key_.get()); }

isa::Rsa3072 SigningKey::sign(ByteView message) const {
  const DigestContext context(EVP_MD_CTX_new());
  isa::Rsa3072 signature;
  size_t length = signature.size();
  // RSA's default padding in EVP is PKCS#1 v1.5.
  must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
       EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1 &&
       length == signature.size());
  std::reverse(signature.begin(), signature.end());
  return signature;
}

Result<isa::Rsa3072> public_modulus_from_pem(std::string_view pem, const std::string& name) {
  if (pem.size() > kLargestPem) return bad_input(name + ": too large for a PEM key");
  Pkey key = read_public(pem);
  if (key == nullptr) key = read_private(pem);
  if (key == nullptr) return bad_input(name + ": not a public key in PEM; `openssl pkey -pubout` makes one from a private key");
  TRY(check_kind(key.get(), name));
  return modulus_of(key.get());
}

isa::Hash256 mr_signer_of(const isa::Rsa3072& modulus) { return sha256(modulus); }

}  // namespace sgxx::image
