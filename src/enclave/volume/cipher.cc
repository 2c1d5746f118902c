// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/cipher.h"

#include "enclave/cpuid.h"
#include "enclave/random.h"
#include "enclave/string.h"
#include "enclave/volume/gcm.h"
#include "enclave/volume/vector_use.h"

namespace sgxx::enclave {
namespace {

/// By what the enclave's XFRM admits and the host's table of CPUID says. A host that lies about instructions gets a fault.
GcmKind best_kind() {
  constexpr u64 kAvx512 = 0xe6;  // SSE, AVX, masks, upper halves, high registers
  constexpr u32 kFoundation = 1u << 16, kDoubleQuad = 1u << 17, kByteWord = 1u << 30, kVectorLength = 1u << 31;
  constexpr u32 kVectorAes = 1u << 9, kVectorMultiply = 1u << 10;
  constexpr u32 kAllEbx = kFoundation | kDoubleQuad | kByteWord | kVectorLength, kAllEcx = kVectorAes | kVectorMultiply;
  const CpuidAnswer features = cpuid(7, 0);
  const bool usable =
      (enclave_xfrm() & kAvx512) == kAvx512 && (features.ebx & kAllEbx) == kAllEbx && (features.ecx & kAllEcx) == kAllEcx;
  return usable ? GcmKind::vaes : GcmKind::sse;
}

GcmJob job_of(const volume::CipherJob& job) {
  return {job.key, job.nonce, job.authenticated, job.from, job.to, job.authenticated_length, job.length};
}

}  // namespace

volume::Outcome<> Cipher::random(ByteSpan bytes) {
  for (u64 done = 0; done < bytes.size();) {
    const u64 word = random_word();
    const u64 part = bytes.size() - done < sizeof(word) ? bytes.size() - done : sizeof(word);
    memcpy(bytes.data() + done, &word, part);
    done += part;
  }
  return {};
}

volume::Outcome<> Cipher::derive(ByteView secret, ByteView salt, ByteView info, ByteSpan out) {
  const VectorUse vectors;
  hkdf_sha256(secret, salt, info, out);
  return {};
}

volume::Outcome<> Cipher::seal(std::span<const volume::CipherJob> jobs) {
  const GcmKind kind = best_kind();
  const VectorUse vectors;
  for (const volume::CipherJob& job : jobs) gcm_seal(kind, job_of(job), job.tag);
  return {};
}

volume::Outcome<u64> Cipher::open(std::span<const volume::CipherJob> jobs) {
  const GcmKind kind = best_kind();
  const VectorUse vectors;
  for (u64 i = 0; i < jobs.size(); ++i) {
    if (!gcm_open(kind, job_of(jobs[i]), jobs[i].tag)) return i;
  }
  return u64{jobs.size()};
}

}  // namespace sgxx::enclave
