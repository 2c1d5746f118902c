// SPDX-License-Identifier: Apache-2.0
//
// Parses any bytes as the evidence in a certificate and as claims. What is accepted has one encoding: written again it is the
// same.
#include "tls/evidence.h"

#include <cstdlib>

#include "fuzz/target.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const sgxx::u8* data, std::size_t size) {
  using namespace sgxx::tls;
  const sgxx::ByteView bytes(data, size);
  if (const auto evidence = decode_evidence(bytes)) {
    require(encode_evidence(*evidence) == Bytes(data, data + size));
    (void)decode_claims(evidence->claims);
  }
  if (const auto claims = decode_claims(bytes)) {
    const auto again = decode_claims(encode_claims(*claims));
    require(again && again->key_hash == claims->key_hash && again->nonce == claims->nonce);
  }
  return 0;
}

std::vector<std::vector<sgxx::u8>> sgxx::fuzz::seeds() {
  const tls::Bytes claims = tls::encode_claims({{}, tls::Bytes(tls::kNonceSize, 1)});
  return {claims, tls::encode_claims({{}, {}}), tls::encode_evidence({tls::Bytes(300, 2), claims})};
}
