// SPDX-License-Identifier: Apache-2.0
//
// Serves counters to attested clients, each connection on a thread of its own.
#pragma once

#include <atomic>
#include <functional>

#include "freshness/connection.h"
#include "freshness/server/counters.h"

namespace sgxx::freshness {

/// Makes a context that presents this server's evidence and demands the clients'.
using MakeContext = std::function<Context()>;

struct ServerOptions {
  std::size_t most_connections = 64;
  Connection::Limit handshake{10'000};
  Connection::Limit idle{600'000};            ///< a client that says nothing for so long is left
  std::chrono::minutes context_lifetime{60};  ///< then collateral is read again
  Counters::Log log = [](const std::string&) {};
};

/// What a client of this identity is told.
Reply answer(Counters& counters, const verify::EnclaveIdentity& client, const Request& request);

class Server {
 public:
  /// `key` goes to enclaves of this build on other machines; `build` says which that is.
  Server(Counters& counters, const SecretBytes& key, const verify::FixedBytes<32>& build, MakeContext make, ServerOptions options)
      : counters_(counters), key_(key), build_(build), make_(std::move(make)), options_(std::move(options)) {}

  /// Never returns. Throws what the first context throws, and when the listener breaks.
  [[noreturn]] void run(int listener);

 private:
  std::shared_ptr<SSL_CTX> context();
  void serve(SSL_CTX* context, int socket);
  bool converse(Connection& connection, const verify::EnclaveIdentity& client);

  Counters& counters_;
  const SecretBytes& key_;
  verify::FixedBytes<32> build_;
  MakeContext make_;
  ServerOptions options_;
  std::shared_ptr<SSL_CTX> context_;
  std::chrono::steady_clock::time_point made_{};
  std::atomic<std::size_t> connections_{0};
};

/// A listening socket. Throws `bad_argument` when that cannot be.
int listen_on(const Address& address);
/// The port that it got.
std::string port_of(int listener);

/// The key of a server of this same build that runs elsewhere.
SecretBytes fetch_key(SSL_CTX* context, const Address& server);

}  // namespace sgxx::freshness
