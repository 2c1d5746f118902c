// SPDX-License-Identifier: Apache-2.0
//
// visitor PORT COLLATERAL MRENCLAVE [--insecure-root] [--visits N]: an ordinary program that believes a TLS server on the
// loopback if it ends in that enclave. Prints what the server says, or "refused: REASONS"; with --visits the handshakes per
// second, too. MRENCLAVE "anybody" demands no evidence.
#include <arpa/inet.h>

#include <chrono>
#include <iostream>

#include "demand.h"

namespace {

std::string visit(SSL_CTX* context, int port, bool demanding) {
  const Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(static_cast<std::uint16_t>(port));
  must(::connect(socket.fd, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0, "cannot reach the server");
  const Connection connection(SSL_new(context));
  SSL_set_fd(connection.get(), socket.fd);
  if (SSL_connect(connection.get()) != 1) {
    ERR_clear_error();
    const std::string why = sgxx::tls::refusal_of(connection.get());
    return "refused: " + (why.empty() ? "no TLS connection" : why);
  }
  must(!demanding || sgxx::tls::peer_of(connection.get()).accepted(), "a handshake that was finished without a verdict");
  std::string said(16, '\0');
  const int length = SSL_read(connection.get(), said.data(), static_cast<int>(said.size()));
  must(length > 0, "the server said nothing");
  said.resize(static_cast<std::size_t>(length));
  return said;
}

}  // namespace

int main(int count, char** arguments) try {
  must(count >= 4, "visitor PORT COLLATERAL MRENCLAVE [--insecure-root] [--visits N]");
  bool insecure_root = false;
  int visits = 1;
  for (int i = 4; i < count; ++i) {
    if (arguments[i] == std::string("--insecure-root")) insecure_root = true;
    if (arguments[i] == std::string("--visits") && i + 1 < count) visits = std::stoi(arguments[++i]);
  }
  const bool demanding = arguments[3] != std::string("anybody");
  const Context context(SSL_CTX_new(TLS_client_method()));
  if (demanding) sgxx::tls::demand_evidence(context.get(), demand_for(arguments[2], arguments[3], insecure_root));
  const int port = std::stoi(arguments[1]);
  const auto begin = std::chrono::steady_clock::now();
  std::string said;
  for (int i = 0; i < visits; ++i) said = visit(context.get(), port, demanding);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  std::cout << said << std::endl;
  if (visits > 1) std::cout << static_cast<int>(visits / taken.count()) << " handshakes per second" << std::endl;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
