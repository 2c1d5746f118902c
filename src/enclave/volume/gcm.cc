// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/gcm.h"

#include <cstring>

namespace sgxx::enclave {
namespace {

/// As the functions below lay it out: 15 round keys, and powers of the hash key.
struct alignas(64) ExpandedKey {
  std::array<u8, 16 * 15> rounds;
  std::array<u8, 16> padding;
  std::array<u8, 16 * 128> hashes;
};

/// Room for what they keep of a message.
struct alignas(64) MessageState {
  std::array<u8, 128> bytes;
};

using Expand = void(const void* key, void* encryption, void* decryption);
using Precompute = void(ExpandedKey* key);
using Crypt = void(const ExpandedKey* key, MessageState* state, u8* to, const u8* from, u64 length, const u8* nonce,
                   const u8* authenticated, u64 authenticated_length, u8* tag, u64 tag_length);

/// memset that no compiler leaves out.
void wipe(void* bytes, u64 length) {
  memset(bytes, 0, length);
  asm volatile("" : : "r"(bytes) : "memory");
}

}  // namespace

// Of libIPSec_MB.a. imb_errno and imb_errno_types are what its functions report misuse with, by name; nobody looks at them.
extern "C" {
extern int imb_errno;
extern const int imb_errno_types[128];
int imb_errno;
const int imb_errno_types[128] = {};

Expand aes_keyexp_128_enc_sse;
Precompute aes_gcm_precomp_128_sse, aes_gcm_precomp_128_vaes_avx512;
Crypt aes_gcm_enc_128_sse, aes_gcm_dec_128_sse, aes_gcm_enc_128_vaes_avx512, aes_gcm_dec_128_vaes_avx512;
void sha256_block_sse(const void* block, u32* state);
}

namespace {

void expand(GcmKind kind, const u8* bytes, ExpandedKey& key) {
  aes_keyexp_128_enc_sse(bytes, key.rounds.data(), nullptr);
  kind == GcmKind::vaes ? aes_gcm_precomp_128_vaes_avx512(&key) : aes_gcm_precomp_128_sse(&key);
}

void crypt(Crypt* function, const ExpandedKey& key, const GcmJob& job, u8* tag) {
  MessageState state;
  function(&key, &state, job.to, job.from, job.length, job.nonce, job.authenticated, job.authenticated_length, tag, 16);
  wipe(&state, sizeof state);
}

}  // namespace

void gcm_seal(GcmKind kind, const GcmJob& job, u8* tag) {
  ExpandedKey key;
  expand(kind, job.key, key);
  crypt(kind == GcmKind::vaes ? aes_gcm_enc_128_vaes_avx512 : aes_gcm_enc_128_sse, key, job, tag);
  wipe(&key, sizeof key);
}

bool gcm_open(GcmKind kind, const GcmJob& job, const u8* tag) {
  ExpandedKey key;
  expand(kind, job.key, key);
  std::array<u8, 16> computed;
  crypt(kind == GcmKind::vaes ? aes_gcm_dec_128_vaes_avx512 : aes_gcm_dec_128_sse, key, job, computed.data());
  wipe(&key, sizeof key);
  u8 difference = 0;
  for (u64 i = 0; i < computed.size(); ++i) difference = static_cast<u8>(difference | (computed[i] ^ tag[i]));
  wipe(computed.data(), computed.size());
  return difference == 0;
}

namespace {

/// FIPS 180-4.
class Sha256 {
 public:
  static constexpr u64 kBlock = 64, kDigest = 32;
  using Digest = std::array<u8, kDigest>;

  ~Sha256() { wipe(this, sizeof *this); }
  void add(ByteView bytes) {
    length_ += bytes.size();
    for (u8 byte : bytes) put(byte);
  }
  Digest finish() {
    const u64 bits = length_ * 8;
    put(0x80);
    while (held_ != kBlock - 8) put(0);
    for (int shift = 56; shift >= 0; shift -= 8) put(static_cast<u8>(bits >> shift));
    Digest digest;
    for (u64 i = 0; i < kDigest; ++i) digest[i] = static_cast<u8>(state_[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
  }

 private:
  void put(u8 byte) {
    block_[held_++] = byte;
    if (held_ != kBlock) return;
    sha256_block_sse(block_.data(), state_.data());
    held_ = 0;
  }

  std::array<u32, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<u8, kBlock> block_{};
  u64 held_ = 0, length_ = 0;
};

/// RFC 2104, of up to three pieces.
Sha256::Digest hmac(ByteView key, ByteView first, ByteView second = {}, ByteView third = {}) {
  std::array<u8, Sha256::kBlock> padded{};
  if (key.size() > padded.size()) {
    Sha256 hash;
    hash.add(key);
    const Sha256::Digest short_key = hash.finish();
    memcpy(padded.data(), short_key.data(), short_key.size());
  } else if (!key.empty()) {
    memcpy(padded.data(), key.data(), key.size());
  }
  for (u8& byte : padded) byte ^= 0x36;
  Sha256 inner;
  inner.add(padded);
  inner.add(first);
  inner.add(second);
  inner.add(third);
  const Sha256::Digest digest = inner.finish();
  for (u8& byte : padded) byte ^= 0x36 ^ 0x5c;
  Sha256 outer;
  outer.add(padded);
  outer.add(digest);
  wipe(padded.data(), padded.size());
  return outer.finish();
}

}  // namespace

void hkdf_sha256(ByteView secret, ByteView salt, ByteView info, ByteSpan out) {
  Sha256::Digest key = hmac(salt, secret);
  Sha256::Digest block{};
  u8 counter = 1;
  for (u64 done = 0; done < out.size(); ++counter) {
    const ByteView previous = counter == 1 ? ByteView() : ByteView(block);
    block = hmac(key, previous, info, {&counter, 1});
    const u64 part = out.size() - done < block.size() ? out.size() - done : block.size();
    memcpy(out.data() + done, block.data(), part);
    done += part;
  }
  wipe(key.data(), key.size());
  wipe(block.data(), block.size());
}

}  // namespace sgxx::enclave
