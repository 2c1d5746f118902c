// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <algorithm>

#include "sdk/openssl.h"

namespace sgxx {

void openssl::Free::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 30;                   // of what OpenSSL takes as an int
constexpr std::uint64_t kMostMessage = (std::uint64_t{1} << 36) - 32;  // NIST SP 800-38D, section 5.2.1.1

const EVP_CIPHER* cipher_of(AeadAlgorithm algorithm) {
  switch (algorithm) {
    case AeadAlgorithm::aes_128_gcm: return EVP_aes_128_gcm();
    case AeadAlgorithm::aes_256_gcm: return EVP_aes_256_gcm();
    case AeadAlgorithm::chacha20_poly1305: return EVP_chacha20_poly1305();
  }
  sdk::fail(ErrorCode::bad_argument, "no such algorithm");
}

/// Both directions: what differs was set when the context was initialised.
void update(evp_cipher_ctx_st* context, ByteView input, ByteSpan output) {
  while (!input.empty()) {
    const std::size_t size = std::min(input.size(), kPiece);
    int written = 0;
    sdk::must(EVP_CipherUpdate(context, output.data(), &written, input.data(), sdk::int_of(size)) == 1 &&
              static_cast<std::size_t>(written) == size);
    input = input.subspan(size);
    output = output.subspan(size);
  }
}

void add_additional(evp_cipher_ctx_st* context, ByteView additional) {
  while (!additional.empty()) {
    const std::size_t size = std::min(additional.size(), kPiece);
    int written = 0;
    sdk::must(EVP_CipherUpdate(context, nullptr, &written, additional.data(), sdk::int_of(size)) == 1);
    additional = additional.subspan(size);
  }
}

void check_sizes(ByteView input, ByteSpan output) {
  if (input.size() != output.size()) sdk::fail(ErrorCode::bad_argument, "plaintext and ciphertext must have the same size");
  if (input.size() > kMostMessage) sdk::fail(ErrorCode::bad_argument, "more than 2^36 - 32 bytes in one message");
}

}  // namespace

std::size_t key_size_of(AeadAlgorithm algorithm) {
  return static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher_of(algorithm)));
}

Aead::Aead(AeadAlgorithm algorithm, ByteView key) : context_(EVP_CIPHER_CTX_new()) {
  if (key.size() != key_size_of(algorithm)) sdk::fail(ErrorCode::bad_argument, "the key has the wrong length for its algorithm");
  sdk::must(context_ != nullptr &&
            EVP_CipherInit_ex2(context_.get(), cipher_of(algorithm), key.data(), nullptr, 1, nullptr) == 1);
}

Aead::Tag Aead::seal(const Nonce& nonce, ByteView additional, ByteView plaintext, ByteSpan ciphertext) {
  check_sizes(plaintext, ciphertext);
  sdk::must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nonce.data(), 1, nullptr) == 1);
  add_additional(context_.get(), additional);
  update(context_.get(), plaintext, ciphertext);
  Tag tag;
  int written = 0;
  sdk::must(EVP_CipherFinal_ex(context_.get(), tag.data(), &written) == 1 && written == 0 &&
            EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag.data()) == 1);
  return tag;
}

void Aead::open(const Nonce& nonce, ByteView additional, ByteView ciphertext, const Tag& tag, ByteSpan plaintext) {
  check_sizes(ciphertext, plaintext);
  Tag expected = tag;
  bool genuine = false;
  try {
    sdk::must(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nonce.data(), 0, nullptr) == 1);
    add_additional(context_.get(), additional);
    update(context_.get(), ciphertext, plaintext);
    sdk::must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, expected.data()) == 1);
    unsigned char none[16];
    int written = 0;
    genuine = EVP_CipherFinal_ex(context_.get(), none, &written) == 1;
  } catch (...) {
    wipe(plaintext);
    throw;
  }
  if (genuine) return;
  wipe(plaintext);
  sdk::fail(ErrorCode::not_authentic, "the tag is wrong: another key, or something was changed");
}

}  // namespace sgxx
