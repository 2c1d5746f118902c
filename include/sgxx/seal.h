// SPDX-License-Identifier: Apache-2.0
//
// Sealing: bytes that only this enclave, or whom the policy names, can read again on this machine, for the host to keep.
// AES-128-GCM with a key from EGETKEY that is used once: each seal draws 32 bytes of key id and 12 of nonce from the processor. A
// (key, nonce) pair comes twice when two of 2^(128+96) possibilities are the same: after 2^40 seals with a probability of 2^-145.
//
// What sealing does not do: the host can bring back an older blob, or give the same one to two instances of the enclave. No
// sealed data is fresh; who needs that asks somebody who remembers. docs/sdk.md has the format, byte by byte.
#pragma once

#include <sgxx/key.h>

#include <vector>

namespace sgxx {

struct SealOptions {
  /// Who can unseal. This signer's, by default: also later versions of the same product.
  KeyPolicy policy = KeyPolicy::this_signer();
  /// Authenticated and not stored: unsealing needs the same bytes. For what the blob is, and where it belongs.
  ByteView additional = {};
  /// The lowest version that can unseal; not above this enclave's own, which is the default.
  std::optional<SecurityVersion> version = {};
  AttributeMask mask = {};
};

/// Bytes that a blob is longer than its plaintext.
inline constexpr std::size_t kSealOverhead = 128;
/// The most that one blob can hold.
inline constexpr std::uint64_t kMostSealed = (std::uint64_t{1} << 36) - 32;

/// Throws `newer_version` or `bad_argument` as derive_key does, `bad_argument` for more than kMostSealed, `no_randomness` when
/// the generator gives the same bytes twice.
std::vector<std::uint8_t> seal(ByteView plaintext, const SealOptions& options = {});
/// The same into memory of the caller's, `plaintext.size() + kSealOverhead` bytes.
void seal_to(ByteSpan blob, ByteView plaintext, const SealOptions& options = {});

/// Throws `malformed` for what is no blob, `newer_version` for one of a later version of the enclave or the microcode,
/// `not_authentic` for all else: another enclave, signer, product or machine, other additional data, one changed bit. These
/// cannot be told apart, but for a blob that asks for KSS in an enclave without it: `other_enclave`.
SecretBytes unseal(ByteView blob, ByteView additional = {});
/// The same into memory of the caller's, of exactly the size that `sealed_header` tells; wiped when anything is thrown.
void unseal_to(ByteSpan plaintext, ByteView blob, ByteView additional = {});

/// What a blob says of itself. A claim, until it is unsealed.
struct SealedHeader {
  KeyPolicy policy;
  SecurityVersion version;
  ConfigVersion config_version;
  CpuSvn cpu_svn;
  AttributeMask mask;
  KeyId key_id;
  std::uint64_t size;  ///< of the plaintext, in bytes
};
/// Throws `malformed`.
SealedHeader sealed_header(ByteView blob);

}  // namespace sgxx
