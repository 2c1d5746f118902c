// SPDX-License-Identifier: Apache-2.0
//
// What travels in the certificate's extension 2.23.133.5.4.9 (TCG "DICE Attestation Architecture", tagged evidence):
//
//   evidence  60000([quote: bstr, claims: bstr])
//   claims    {"pubkey-hash": bstr of [1 (SHA-256), SHA-256 of the SubjectPublicKeyInfo], ? "nonce": bstr, ...}
//
// in CBOR (RFC 8949). Writers use the shortest form; readers take nothing else, so that there is one encoding of each evidence.
#pragma once

#include <sgxx/crypto.h>

#include <optional>
#include <vector>

namespace sgxx::tls {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t kNonceSize = 32;

struct Claims {
  Digest256 key_hash;
  Bytes nonce;  // empty: none
};
Bytes encode_claims(const Claims& claims);
/// Nothing when they are malformed, name no SHA-256 of a key, or name something twice. Claims of other names are passed over.
std::optional<Claims> decode_claims(ByteView bytes);

struct Evidence {
  Bytes quote, claims;
};
Bytes encode_evidence(const Evidence& evidence);
std::optional<Evidence> decode_evidence(ByteView bytes);

/// Report data that binds claims to a quote: their SHA-256, then zeroes.
std::array<std::uint8_t, 64> report_data_of(ByteView claims);

}  // namespace sgxx::tls
