// SPDX-License-Identifier: Apache-2.0
//
// An HTTPS server on OpenSSL over sockets, in two makes: a thread for each connection with blocking sockets, and one epoll with
// non-blocking ones; and clients in the same program that ask both.
// sgxx-test: flags -lssl -lcrypto
// sgxx-test: needs libssl.a

#include <thread>

#include "check.h"
#include "https.h"

namespace {

constexpr int kThreads = 4, kConnections = 5, kRequests = 4;

void ask(SSL_CTX* context, uint16_t port) {
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = https::loopback(port);
  CHECK(connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  SSL* const ssl = SSL_new(context);
  CHECK(SSL_set_fd(ssl, connection) == 1 && SSL_connect(ssl) == 1);
  for (int i = 0; i < kRequests; ++i) {
    const std::string request = "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CHECK(SSL_write(ssl, request.data(), static_cast<int>(request.size())) == static_cast<int>(request.size()));
    std::string answer;
    while (answer.size() < https::answer().size()) {
      char buffer[2048];
      const int length = SSL_read(ssl, buffer, sizeof(buffer));
      CHECK(length > 0);
      answer.append(buffer, static_cast<size_t>(length));
    }
    CHECK(answer == https::answer());
  }
  CHECK(SSL_shutdown(ssl) >= 0);
  SSL_free(ssl);
  close(connection);
}

void load(uint16_t port) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  for (int i = 0; i < kConnections; ++i) ask(context, port);
  SSL_CTX_free(context);
}

template <class Server>
void run(const char* name) {
  https::Listener listener(0);
  Server server(listener.context());
  std::thread serving([&] { server.run(listener.socket()); });
  std::vector<std::thread> clients;
  for (int i = 0; i < kThreads; ++i) clients.emplace_back(load, listener.port());
  for (std::thread& client : clients) client.join();
  CHECK(shutdown(listener.socket(), SHUT_RDWR) == 0);
  serving.join();
  std::printf("%s: %d requests\n", name, server.requests.load());
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  run<https::ThreadServer>("threads");
  run<https::EpollServer>("epoll");
}
