// SPDX-License-Identifier: Apache-2.0
//
// Exercises the parts of OpenSSL that keep tables among their code: digests, ciphers, P-256 with known answers. Its output is
// always the same.
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include <iostream>
#include <string>
#include <vector>

namespace {

void print(const char* name, const unsigned char* bytes, std::size_t count) {
  std::cout << name << " ";
  for (std::size_t i = 0; i < count; ++i) std::cout << "0123456789abcdef"[bytes[i] >> 4] << "0123456789abcdef"[bytes[i] & 15];
  std::cout << "\n";
}

void digests() {
  std::string text(100000, 'a');
  for (const char* name : {"SHA1", "SHA256", "SHA512", "SHA3-256", "BLAKE2b512"}) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_MD* type = EVP_MD_fetch(nullptr, name, nullptr);
    EVP_Digest(text.data(), text.size(), digest, &length, type, nullptr);
    EVP_MD_free(type);
    print(name, digest, length);
  }
}

void ciphers() {
  for (const char* name : {"AES-128-GCM", "AES-256-CBC", "AES-256-CTR", "ChaCha20-Poly1305"}) {
    EVP_CIPHER* type = EVP_CIPHER_fetch(nullptr, name, nullptr);
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    unsigned char key[32] = {1, 2, 3}, iv[16] = {4, 5, 6};
    std::vector<unsigned char> plain(10001, 0x5a), out(plain.size() + 64);
    int length = 0, last = 0;
    EVP_EncryptInit_ex2(context, type, key, iv, nullptr);
    EVP_EncryptUpdate(context, out.data(), &length, plain.data(), static_cast<int>(plain.size()));
    EVP_EncryptFinal_ex(context, out.data() + length, &last);
    unsigned char digest[32];
    EVP_Digest(out.data(), static_cast<std::size_t>(length + last), digest, nullptr, EVP_sha256(), nullptr);
    print(name, digest, sizeof(digest));
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(type);
  }
}

/// k * G for many k goes through every row of the P-256 table.
void points() {
  EC_GROUP* group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT* point = EC_POINT_new(group);
  BN_CTX* context = BN_CTX_new();
  BIGNUM* factor = BN_new();
  unsigned char sum[32] = {};
  for (int i = 1; i <= 300; ++i) {
    unsigned char bytes[32];
    EVP_Digest(&i, sizeof(i), bytes, nullptr, EVP_sha256(), nullptr);
    BN_bin2bn(bytes, sizeof(bytes), factor);
    EC_POINT_mul(group, point, factor, nullptr, nullptr, context);
    unsigned char encoded[65];
    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof(encoded), context);
    for (int j = 0; j < 32; ++j) sum[j] = static_cast<unsigned char>(sum[j] * 31 + encoded[1 + j] + encoded[33 + j]);
  }
  print("P-256", sum, sizeof(sum));
  BN_free(factor);
  BN_CTX_free(context);
  EC_POINT_free(point);
  EC_GROUP_free(group);
}

}  // namespace

int main() {
  digests();
  ciphers();
  points();
  unsigned char random[16];
  std::cout << RAND_bytes(random, sizeof(random)) << "\n";
}
