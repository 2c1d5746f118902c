// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/gcm.h"

#include <cpuid.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace sgxx::enclave {
namespace {

using Bytes = std::vector<u8>;

Bytes random_bytes(std::mt19937_64& random, size_t length) {
  Bytes bytes(length);
  for (u8& byte : bytes) byte = static_cast<u8>(random());
  return bytes;
}

/// Ciphertext and, behind it, the tag, as OpenSSL makes them.
Bytes sealed_by_openssl(const GcmJob& job) {
  Bytes out(job.length + 16);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int length = 0;
  EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, job.key, job.nonce);
  EVP_EncryptUpdate(context, nullptr, &length, job.authenticated, static_cast<int>(job.authenticated_length));
  EVP_EncryptUpdate(context, out.data(), &length, job.from, static_cast<int>(job.length));
  EVP_EncryptFinal_ex(context, out.data() + length, &length);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, out.data() + job.length);
  EVP_CIPHER_CTX_free(context);
  return out;
}

std::vector<GcmKind> kinds() {
  u32 a, b, c, d;
  __cpuid_count(7, 0, a, b, c, d);
  std::vector<GcmKind> found = {GcmKind::sse};
  if ((c & bit_VAES) != 0 && (c & bit_VPCLMULQDQ) != 0 && (b & bit_AVX512VL) != 0) found.push_back(GcmKind::vaes);
  return found;
}

TEST(Gcm, AgreesWithOpensslAndRefusesWhatIsChanged) {
  std::mt19937_64 random(1);
  for (const GcmKind kind : kinds()) {
    for (const size_t length : {size_t{16}, size_t{31}, size_t{32}, size_t{768}, size_t{4032}, size_t{4096}}) {
      for (const size_t authenticated : {size_t{0}, size_t{12}, size_t{24}, size_t{48}, size_t{192}, size_t{4096}}) {
        const Bytes key = random_bytes(random, 16), nonce = random_bytes(random, 12), data = random_bytes(random, length);
        Bytes added = random_bytes(random, authenticated), out(length), back(length), tag(16);
        const GcmJob job{key.data(), nonce.data(), added.data(), data.data(), out.data(), added.size(), length};
        gcm_seal(kind, job, tag.data());
        Bytes whole = out;
        whole.insert(whole.end(), tag.begin(), tag.end());
        ASSERT_EQ(whole, sealed_by_openssl(job)) << length << " " << authenticated;
        const GcmJob open{key.data(), nonce.data(), added.data(), out.data(), back.data(), added.size(), length};
        ASSERT_TRUE(gcm_open(kind, open, tag.data()));
        ASSERT_EQ(back, data);
        for (Bytes* changed : {&out, &tag, &added}) {
          if (changed->empty()) continue;
          u8& byte = (*changed)[random() % changed->size()];
          const u8 flip = static_cast<u8>(1u << random() % 8);
          byte ^= flip;
          ASSERT_FALSE(gcm_open(kind, open, tag.data()));
          byte ^= flip;
        }
      }
    }
  }
}

TEST(Gcm, WorksInPlace) {
  std::mt19937_64 random(2);
  for (const GcmKind kind : kinds()) {
    const Bytes key = random_bytes(random, 16), nonce = random_bytes(random, 12), data = random_bytes(random, 4096);
    Bytes place = data, tag(16);
    const GcmJob job{key.data(), nonce.data(), nullptr, place.data(), place.data(), 0, place.size()};
    gcm_seal(kind, job, tag.data());
    EXPECT_NE(place, data);
    ASSERT_TRUE(gcm_open(kind, job, tag.data()));
    EXPECT_EQ(place, data);
  }
}

TEST(Hkdf, AgreesWithOpenssl) {
  std::mt19937_64 random(3);
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  for (const size_t secret_length : {size_t{16}, size_t{32}, size_t{64}, size_t{100}}) {
    for (const size_t out_length : {size_t{16}, size_t{32}, size_t{48}, size_t{200}}) {
      Bytes secret = random_bytes(random, secret_length), salt = random_bytes(random, 32), info = random_bytes(random, 20);
      Bytes wanted(out_length), out(out_length);
      char digest[] = "SHA256";
      OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                 OSSL_PARAM_construct_octet_string("key", secret.data(), secret.size()),
                                 OSSL_PARAM_construct_octet_string("salt", salt.data(), salt.size()),
                                 OSSL_PARAM_construct_octet_string("info", info.data(), info.size()), OSSL_PARAM_construct_end()};
      EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
      ASSERT_EQ(EVP_KDF_derive(context, wanted.data(), wanted.size(), parameters), 1);
      EVP_KDF_CTX_free(context);
      hkdf_sha256(secret, salt, info, out);
      EXPECT_EQ(out, wanted);
    }
  }
  EVP_KDF_free(kdf);
}

}  // namespace
}  // namespace sgxx::enclave
