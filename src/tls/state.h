// SPDX-License-Identifier: Apache-2.0
//
// What attested TLS keeps beside OpenSSL's contexts and connections, in their extra data.
#pragma once

#include <openssl/ssl.h>

#include <optional>

#include "tls/certificate.h"

namespace sgxx::tls {

/// What a context presents: the key is its own, the certificate is for peers without a nonce.
struct Presenter {
  SigningKey key;
  Presentation options;
  Certificate shared;
};

struct ContextState {
  std::optional<Presenter> presenter;
  std::optional<Demand> demand;
};

struct ConnectionState {
  std::array<std::uint8_t, kNonceSize> own_nonce{};
  bool has_own_nonce = false;
  Bytes peer_nonce;
  std::optional<verify::Verdict> verdict;  // of an accepted peer
  std::string refusal;
};

/// Made at first use.
ContextState& state_of(SSL_CTX* context);
ConnectionState& state_of(SSL* connection);

/// The verdict about a quote with that report data. Throws `not_accepted`.
verify::Verdict believe_quote(const Demand& demand, ByteView quote, const ReportData& expected, verify::Time as_of);

}  // namespace sgxx::tls
