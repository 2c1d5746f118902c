// SPDX-License-Identifier: Apache-2.0
//
// Names: localhost by every way there is, numbers, services, a name that does not exist, and a plain connect to host and port.
// sgxx-test: flags -Wno-error

#include <netdb.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <thread>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

std::string text_of(const sockaddr* address, socklen_t length) {
  char host[NI_MAXHOST], service[NI_MAXSERV];
  CHECK(getnameinfo(address, length, host, sizeof(host), service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) == 0);
  return std::string(host) + " port " + service;
}

void show(const char* host, const char* service, int family, int flags = 0) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  const int error = getaddrinfo(host, service, &hints, &found);
  std::printf("%s %s:", host != nullptr ? host : "any", service);
  if (error != 0) {
    std::printf(" %s\n", gai_strerror(error));
    return;
  }
  std::set<std::string> all;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) all.insert(text_of(at->ai_addr, at->ai_addrlen));
  for (const std::string& one : all) std::printf(" %s", one.c_str());
  std::puts("");
  freeaddrinfo(found);
}

/// What a plain client does.
int connect_by_name(const std::string& host, const std::string& port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  CHECK(getaddrinfo(host.c_str(), port.c_str(), &hints, &found) == 0);
  int connection = -1;
  for (const addrinfo* at = found; at != nullptr && connection < 0; at = at->ai_next) {
    connection = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (connection >= 0 && connect(connection, at->ai_addr, at->ai_addrlen) == 0) break;
    close(connection);
    connection = -1;
  }
  freeaddrinfo(found);
  return connection;
}

}  // namespace

int main() {
  show("localhost", "80", AF_INET);
  show("127.0.0.1", "443", AF_UNSPEC);
  show("::1", "443", AF_UNSPEC);
  show("localhost", "http", AF_INET);
  show(nullptr, "8080", AF_INET, AI_PASSIVE);
  show("127.0.0.1", "1", AF_INET6);
  show("not a number", "1", AF_INET, AI_NUMERICHOST);
  show("does-not-exist.invalid", "80", AF_INET);
  show("does-not-exist.invalid", "80", AF_UNSPEC);
  hostent* const host = gethostbyname("localhost");
  CHECK(host != nullptr && host->h_addrtype == AF_INET && host->h_length == 4);
  std::printf("%s\n", host->h_name);
  const servent* const service = getservbyname("https", "tcp");
  CHECK(service != nullptr && ntohs(static_cast<uint16_t>(service->s_port)) == 443);
  const protoent* const protocol = getprotobyname("tcp");
  CHECK(protocol != nullptr && protocol->p_proto == IPPROTO_TCP);

  const int listening = listener();
  std::thread server([listening] {
    const int connection = accept(listening, nullptr, nullptr);
    write_all(connection, "found", 5);
    close(connection);
  });
  const int client = connect_by_name("localhost", std::to_string(ntohs(own_name(listening).sin_port)));
  CHECK(client >= 0);
  std::printf("%s\n", read_all(client).c_str());
  server.join();
  close(client);
  close(listening);
}
