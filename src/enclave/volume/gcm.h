// SPDX-License-Identifier: Apache-2.0
//
// AES-128-GCM and HKDF-SHA256 out of the assembly of Intel's ipsec-mb (libIPSec_MB.a): functions for one buffer that keep no
// state, need no library and no thread-local storage, and whose only writable data is an error number, which gcm.cc gives them.
// BearSSL, which the SDK has, does not serve here: as Debian builds it, its code looks for the stack protector's canary where the
// program has its thread-local storage, and its tables need relocations.
//
// These functions use the vector registers and leave keys in them: the caller saves and clears them (vector_use.h).
#pragma once

#include "base/bytes.h"

namespace sgxx::enclave {

/// The processor's instructions that a cipher uses.
enum class GcmKind : u8 {
  sse,   // AES-NI and PCLMULQDQ, which every processor with SGX has
  vaes,  // VAES and VPCLMULQDQ on AVX-512
};

/// One piece. `from` and `to` are the same place or do not overlap.
struct GcmJob {
  const u8* key;    // 16 bytes
  const u8* nonce;  // 12 bytes
  const u8* authenticated;
  const u8* from;
  u8* to;
  u64 authenticated_length, length;
};

/// The tag to `tag`.
void gcm_seal(GcmKind kind, const GcmJob& job, u8* tag);
/// Whether the tag of 16 bytes is right, in constant time; otherwise `to` holds nothing of use.
bool gcm_open(GcmKind kind, const GcmJob& job, const u8* tag);

/// RFC 5869; `out` has at most 255 * 32 bytes.
void hkdf_sha256(ByteView secret, ByteView salt, ByteView info, ByteSpan out);

}  // namespace sgxx::enclave
