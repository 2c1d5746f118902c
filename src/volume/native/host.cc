// SPDX-License-Identifier: Apache-2.0
#include "volume/native/host.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

namespace sgxx::volume {
namespace {

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using DerivationContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

/// One for each thread: making one costs more than a block.
EVP_CIPHER_CTX* cipher_context() {
  thread_local const CipherContext context = [] {
    CipherContext made(EVP_CIPHER_CTX_new());
    if (made && EVP_CipherInit_ex(made.get(), EVP_aes_128_gcm(), nullptr, nullptr, nullptr, 1) != 1) made.reset();
    return made;
  }();
  return context.get();
}

/// The library fails when it has no memory.
Failure<Error> library_failed() { return fail(Fault::no_memory); }

bool transform(EVP_CIPHER_CTX* context, const CipherJob& job, int encrypt) {
  int length = 0;
  return EVP_CipherInit_ex(context, nullptr, nullptr, job.key, job.nonce, encrypt) == 1 &&
         (job.authenticated_length == 0 ||
          EVP_CipherUpdate(context, nullptr, &length, job.authenticated, static_cast<int>(job.authenticated_length)) == 1) &&
         (job.length == 0 || EVP_CipherUpdate(context, job.to, &length, job.from, static_cast<int>(job.length)) == 1);
}

}  // namespace

Outcome<> OpenSslCrypto::random(ByteSpan bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return fail(Fault::no_randomness);
  return {};
}

Outcome<> OpenSslCrypto::derive(ByteView secret, ByteView salt, ByteView info, ByteSpan out) {
  const DerivationContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::size_t length = out.size();
  // RFC 5869: no salt is a salt of zeros, which this interface has to be given.
  constexpr std::array<u8, 32> kNoSalt{};
  const ByteView used_salt = salt.empty() ? ByteView(kNoSalt) : salt;
  const bool is_derived = context && EVP_PKEY_derive_init(context.get()) == 1 &&
                          EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1 &&
                          EVP_PKEY_CTX_set1_hkdf_salt(context.get(), used_salt.data(), static_cast<int>(used_salt.size())) == 1 &&
                          EVP_PKEY_CTX_set1_hkdf_key(context.get(), secret.data(), static_cast<int>(secret.size())) == 1 &&
                          EVP_PKEY_CTX_add1_hkdf_info(context.get(), info.data(), static_cast<int>(info.size())) == 1 &&
                          EVP_PKEY_derive(context.get(), out.data(), &length) == 1 && length == out.size();
  if (!is_derived) return library_failed();
  return {};
}

Outcome<> OpenSslCrypto::seal(std::span<const CipherJob> jobs) {
  EVP_CIPHER_CTX* const context = cipher_context();
  for (const CipherJob& job : jobs) {
    int length = 0;
    u8 none = 0;
    if (context == nullptr || !transform(context, job, 1) || EVP_CipherFinal_ex(context, &none, &length) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof(Tag), job.tag) != 1) {
      return library_failed();
    }
  }
  return {};
}

Outcome<u64> OpenSslCrypto::open(std::span<const CipherJob> jobs) {
  EVP_CIPHER_CTX* const context = cipher_context();
  for (u64 i = 0; i < jobs.size(); ++i) {
    int length = 0;
    u8 none = 0;
    if (context == nullptr || !transform(context, jobs[i], 0) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(Tag), jobs[i].tag) != 1) {
      return library_failed();
    }
    if (EVP_CipherFinal_ex(context, &none, &length) != 1) return i;
  }
  return jobs.size();
}

void* HeapMemory::allocate(u64 size) {
  // Large pieces are blocks' pages: aligned, and zeroed by the system.
  return std::calloc(1, size);
}

void HeapMemory::release(void* memory, u64) { std::free(memory); }

Outcome<> MemoryDisk::read(u64 first, std::span<u8* const> blocks) {
  if (!fits(first, blocks.size(), bytes_.size() / kBlockSize)) return fail(Fault::integrity, first);
  for (u64 i = 0; i < blocks.size(); ++i) std::memcpy(blocks[i], bytes_.data() + (first + i) * kBlockSize, kBlockSize);
  return {};
}

Outcome<> MemoryDisk::write(u64 first, ByteView bytes) {
  if (!fits(first * kBlockSize, bytes.size(), bytes_.size())) return fail(Fault::io, first);
  std::memcpy(bytes_.data() + first * kBlockSize, bytes.data(), bytes.size());
  return {};
}

Outcome<> MemoryDisk::resize(u64 blocks) {
  if (blocks * kBlockSize > bytes_.size()) bytes_.resize(blocks * kBlockSize);
  return {};
}

}  // namespace sgxx::volume
