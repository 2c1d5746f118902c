// SPDX-License-Identifier: Apache-2.0
//
// One TLS connection that carries bodies (message.h), on either side. Its context says what is presented and demanded in the
// handshake; each connection is bound to the enclaves at its ends besides.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>

#include "freshness/message.h"

namespace sgxx::freshness {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, FreeTls>;

/// "127.0.0.1:4433", "name:4433", "[::1]:4433".
struct Address {
  std::string host, port;
};
/// Nothing for what is none.
std::optional<Address> parse_address(std::string_view text);

class Connection {
 public:
  using Limit = std::chrono::milliseconds;

  /// Throws `unavailable` when nobody answers, `not_accepted` when the context's demand refuses who does. `limit` is for each
  /// wait.
  static Connection connect(SSL_CTX* context, const Address& address, Limit limit);
  /// Takes the socket. Throws `connection_broken`, or `not_accepted` when the context's demand refuses the client.
  static Connection accept(SSL_CTX* context, int socket, Limit limit);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// How long receive() waits from now on.
  void wait_at_most(Limit limit);
  /// Throws `connection_broken`.
  void send(ByteView body);
  /// Nothing when the other side has closed. Throws `connection_broken`, also for a body longer than kMostBody; `refused_by_peer`
  /// when the other side ended the handshake, which a client can learn after it only.
  std::optional<SecretBytes> receive();
  /// Who is at the other end.
  const verify::Verdict& peer() const { return tls::peer_of(tls_.get()); }

 private:
  Connection(SSL_CTX* context, int socket, Limit limit);
  void bind(const std::string& name);
  bool read_all(ByteSpan bytes);

  int socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace sgxx::freshness
