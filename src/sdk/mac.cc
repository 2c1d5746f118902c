// SPDX-License-Identifier: Apache-2.0
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "sdk/openssl.h"

namespace sgxx {

void openssl::Free::operator()(evp_mac_ctx_st* context) const noexcept { EVP_MAC_CTX_free(context); }

namespace {

void compute(const char* name, OSSL_PARAM parameter, ByteView key, ByteView message, ByteSpan mac) {
  const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> algorithm(EVP_MAC_fetch(nullptr, name, nullptr), EVP_MAC_free);
  sdk::must(algorithm != nullptr);
  const openssl::Owned<evp_mac_ctx_st> context(EVP_MAC_CTX_new(algorithm.get()));
  const OSSL_PARAM parameters[] = {parameter, OSSL_PARAM_construct_end()};
  const unsigned char none = 0;
  std::size_t length = 0;
  sdk::must(context != nullptr && EVP_MAC_init(context.get(), key.empty() ? &none : key.data(), key.size(), parameters) == 1 &&
            EVP_MAC_update(context.get(), message.data(), message.size()) == 1 &&
            EVP_MAC_final(context.get(), mac.data(), &length, mac.size()) == 1 && length == mac.size());
}

}  // namespace

Mac256 hmac_sha256(ByteView key, ByteView message) {
  char digest[] = "SHA256";
  Mac256 mac;
  compute("HMAC", OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), key, message, mac.bytes());
  return mac;
}

Mac128 aes_cmac(ByteView key, ByteView message) {
  if (key.size() != 16) sdk::fail(ErrorCode::bad_argument, "AES-128-CMAC: the key must have 16 bytes");
  char cipher[] = "AES-128-CBC";
  Mac128 mac;
  compute("CMAC", OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0), key, message, mac.bytes());
  return mac;
}

SecretBytes hkdf_sha256(ByteView secret, ByteView salt, std::string_view purpose, std::size_t length) {
  constexpr std::size_t kMost = 255 * 32;  // RFC 5869, section 2.3
  if (length == 0 || length > kMost) sdk::fail(ErrorCode::bad_argument, "HKDF: between 1 and 8160 bytes");
  const std::unique_ptr<EVP_KDF, void (*)(EVP_KDF*)> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  sdk::must(algorithm != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, void (*)(EVP_KDF_CTX*)> context(EVP_KDF_CTX_new(algorithm.get()), EVP_KDF_CTX_free);
  char digest[] = "SHA256";
  const auto octets = [](const char* name, const void* bytes, std::size_t size) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(bytes), size);
  };
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      octets(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      octets(OSSL_KDF_PARAM_SALT, salt.empty() ? digest : static_cast<const void*>(salt.data()), salt.size()),
      octets(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()), OSSL_PARAM_construct_end()};
  SecretBytes key(length);
  sdk::must(context != nullptr && EVP_KDF_derive(context.get(), key.bytes().data(), length, parameters) == 1);
  return key;
}

}  // namespace sgxx
