// SPDX-License-Identifier: Apache-2.0
//
// Evidence about a connection, given in it: each side says, in a message of a length (4 bytes, high byte first) and as many
// bytes, a quote whose report data names the connection and the side; clients speak first. Length 0 is a side that presents
// nothing. The connection's name is keying material that TLS exports from its whole handshake (RFC 8446, 7.5), which differs on
// the two legs of anybody in between, whatever keys he has.
#include <openssl/ssl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "tls/state.h"

namespace sgxx::tls {
namespace {

constexpr std::string_view kLabel = "EXPORTER-sgxx-channel-binding";
constexpr std::size_t kLongestQuote = 64 * 1024;

void write_all(SSL* connection, ByteView bytes) {
  std::size_t written = 0;
  if (SSL_write_ex(connection, bytes.data(), bytes.size(), &written) != 1 || written != bytes.size())
    throw SdkError(ErrorCode::connection_broken,
                   "attested TLS: the connection ended before both sides had bound themselves to it");
}

void read_all(SSL* connection, ByteSpan bytes) {
  while (!bytes.empty()) {
    std::size_t read = 0;
    if (SSL_read_ex(connection, bytes.data(), bytes.size(), &read) != 1) {
      throw SdkError(ErrorCode::connection_broken,
                     "attested TLS: the connection ended before both sides had bound themselves to it");
    }
    bytes = bytes.subspan(read);
  }
}

/// What a quote about this connection says in its report data when the client, or the server, had it made.
ReportData name_of_channel(SSL* connection, bool of_client) {
  std::array<std::uint8_t, 32> exported{};
  if (SSL_export_keying_material(connection, exported.data(), exported.size(), kLabel.data(), kLabel.size(), nullptr, 0, 0) != 1)
    throw SdkError(ErrorCode::cryptography, "attested TLS: OpenSSL exports no keying material");
  const std::string_view side = of_client ? "sgxx channel binding of the client" : "sgxx channel binding of the server";
  Bytes text(side.begin(), side.end());
  text.insert(text.end(), exported.begin(), exported.end());
  return {report_data_of(text)};
}

void say(SSL* connection, const std::optional<Presenter>& presenter, bool of_client) {
  QuoteBytes quote;
  if (presenter) quote = presenter->options.quote(name_of_channel(connection, of_client));
  const auto length = static_cast<std::uint32_t>(quote.size());
  Bytes message;
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<std::uint8_t>(length >> shift));
  message.insert(message.end(), quote.begin(), quote.end());
  write_all(connection, message);
}

void hear(SSL* connection, const std::optional<Demand>& demand, bool of_client) {
  std::array<std::uint8_t, 4> prefix{};
  read_all(connection, prefix);
  std::size_t length = 0;
  for (const std::uint8_t byte : prefix) length = length << 8 | byte;
  if (length > kLongestQuote)
    throw SdkError(ErrorCode::malformed, "attested TLS: what should be a quote about the connection is too long");
  Bytes quote(length);
  read_all(connection, quote);
  if (!demand) return;
  ConnectionState& state = state_of(connection);
  const auto handshake = std::exchange(state.verdict, std::nullopt);
  try {
    if (!handshake) throw SdkError(ErrorCode::not_accepted, "no evidence in the handshake");
    state.verdict = believe_quote(*demand, quote, name_of_channel(connection, of_client), demand->as_of());
  } catch (const std::exception& error) {
    state.refusal = std::string("about the connection: ") + error.what();
    throw SdkError(ErrorCode::not_accepted, state.refusal);
  }
}

}  // namespace

void bind_to_channel(SSL* connection) {
  if (SSL_is_init_finished(connection) == 0)
    throw SdkError(ErrorCode::bad_argument, "attested TLS: a connection is bound after its handshake");
  const ContextState& context = state_of(SSL_get_SSL_CTX(connection));
  const bool server = SSL_is_server(connection) == 1;
  if (server) hear(connection, context.demand, true);
  say(connection, context.presenter, !server);
  if (!server) hear(connection, context.demand, false);
}

}  // namespace sgxx::tls
