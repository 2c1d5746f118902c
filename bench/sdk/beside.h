// SPDX-License-Identifier: Apache-2.0
//
// Sealing beside plain AES-128-GCM of OpenSSL, in one process and by turns, into memory that is there: `nanoseconds N` is the
// SDK's, `beside N` is OpenSSL's. The plain one has its context made and its key scheduled once for all.
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "measure.h"

namespace bench {

inline std::vector<unsigned char> plaintext_of(std::size_t size) {
  std::vector<unsigned char> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(i * 7 + (i >> 8));
  return bytes;
}

class PlainGcm {
 public:
  PlainGcm() : context_(EVP_CIPHER_CTX_new()) {
    const unsigned char key[16] = {1, 2, 3};
    EVP_CipherInit_ex(context_, EVP_aes_128_gcm(), nullptr, key, nullptr, 1);
  }
  ~PlainGcm() { EVP_CIPHER_CTX_free(context_); }
  PlainGcm(const PlainGcm&) = delete;
  PlainGcm& operator=(const PlainGcm&) = delete;

  void encrypt(const std::vector<unsigned char>& from, std::vector<unsigned char>& to) {
    ++nonce_[0];
    EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, nonce_, 1);
    finish(from, to);
    EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, sizeof tag_, tag_);
  }
  /// What was encrypted last.
  bool decrypt(const std::vector<unsigned char>& from, std::vector<unsigned char>& to) {
    EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, nonce_, 0);
    EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, sizeof tag_, tag_);
    return finish(from, to);
  }

 private:
  bool finish(const std::vector<unsigned char>& from, std::vector<unsigned char>& to) {
    int length = 0;
    return EVP_CipherUpdate(context_, to.data(), &length, from.data(), static_cast<int>(from.size())) == 1 &&
           EVP_CipherFinal_ex(context_, to.data() + length, &length) == 1;
  }

  EVP_CIPHER_CTX* context_;
  unsigned char nonce_[12] = {}, tag_[16] = {};
};

/// How often, so that a run takes some tenths of a second and no size less than ten times.
inline int rounds_for(std::size_t size) {
  return static_cast<int>(std::max<std::size_t>(10, std::min<std::size_t>(5000, (std::size_t{256} << 20) / size)));
}

template <class Sdk, class Plain>
void measure_beside(int rounds, Sdk sdk, Plain plain) {
  std::int64_t ours = 0, theirs = 0;
  sdk(), plain();  // once for whatever is made at the first call
  for (int i = 0; i < rounds; ++i) {
    const std::int64_t start = now();
    plain();
    const std::int64_t middle = now();
    sdk();
    theirs += middle - start;
    ours += now() - middle;
  }
  std::fprintf(stderr, "nanoseconds %.2f\nbeside %.2f\n", static_cast<double>(ours) / rounds,
               static_cast<double>(theirs) / rounds);
}

}  // namespace bench
