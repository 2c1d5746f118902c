// SPDX-License-Identifier: Apache-2.0
//
// libcrypto's digests, ciphers and curves with fixed inputs, hundreds of times where tables in code matter: each
// implementation that it picks by CPU features must give the known answer.
// sgxx-test: flags -lcrypto
// sgxx-test: needs libcrypto.a

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <memory>
#include <string>
#include <vector>

#include "check.h"

namespace {

using Bytes = std::vector<unsigned char>;

void print(const char* name, const unsigned char* bytes, std::size_t size) {
  std::printf("%s ", name);
  for (std::size_t i = 0; i < size; ++i) std::printf("%02x", bytes[i]);
  std::puts("");
}

void digest(const char* name) {
  Bytes input(10000);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<unsigned char>(i * 7);
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_Digest(input.data(), input.size(), out, &size, EVP_get_digestbyname(name), nullptr) == 1);
  print(name, out, size);
}

void cipher(const EVP_CIPHER* kind, const char* name) {
  unsigned char key[32], nonce[12], tag[16];
  for (int i = 0; i < 32; ++i) key[i] = static_cast<unsigned char>(i);
  for (int i = 0; i < 12; ++i) nonce[i] = static_cast<unsigned char>(i + 100);
  Bytes plain(5000, 'p'), sealed(5000), opened(5000);
  int size = 0;
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  CHECK(EVP_EncryptInit_ex(context.get(), kind, nullptr, key, nonce) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), sealed.data(), &size, plain.data(), 5000) == 1 && size == 5000);
  CHECK(EVP_EncryptFinal_ex(context.get(), sealed.data() + size, &size) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
  print(name, tag, 16);
  CHECK(EVP_DecryptInit_ex(context.get(), kind, nullptr, key, nonce) == 1);
  CHECK(EVP_DecryptUpdate(context.get(), opened.data(), &size, sealed.data(), 5000) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1);
  CHECK(EVP_DecryptFinal_ex(context.get(), opened.data() + size, &size) == 1 && opened == plain);
}

void curve(int id, const char* name, int rounds) {
  EC_GROUP* group = EC_GROUP_new_by_curve_name(id);
  EC_POINT* point = EC_POINT_new(group);
  BIGNUM* scalar = BN_new();
  BN_CTX* context = BN_CTX_new();
  BN_set_word(scalar, 0x123456789);
  unsigned char bytes[200];
  std::size_t size = 0;
  for (int i = 0; i < rounds; ++i) {
    CHECK(EC_POINT_mul(group, point, scalar, nullptr, nullptr, context) == 1 && EC_POINT_is_on_curve(group, point, context) == 1);
    size = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof bytes, context);
    BN_bin2bn(bytes + 1, 31, scalar);
  }
  print(name, bytes, size);
  BN_CTX_free(context);
  BN_free(scalar);
  EC_POINT_free(point);
  EC_GROUP_free(group);
}

void ed25519() {
  unsigned char seed[32] = {9, 8, 7}, signature[64];
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed, 32);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = sizeof signature;
  const auto* text = reinterpret_cast<const unsigned char*>("message");
  CHECK(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1);
  CHECK(EVP_DigestSign(context, signature, &size, text, 7) == 1);
  print("ed25519", signature, size);
  CHECK(EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1);
  CHECK(EVP_DigestVerify(context, signature, size, text, 7) == 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
}

}  // namespace

int main() {
  for (const char* name : {"SHA256", "SHA512", "SHA3-256", "SHA1", "MD5", "BLAKE2b512"}) digest(name);
  cipher(EVP_aes_256_gcm(), "aes-256-gcm");
  cipher(EVP_chacha20_poly1305(), "chacha20-poly1305");
  curve(NID_X9_62_prime256v1, "P-256", 500);
  curve(NID_secp384r1, "P-384", 20);
  ed25519();
}
