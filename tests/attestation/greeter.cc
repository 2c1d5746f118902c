// SPDX-License-Identifier: Apache-2.0
//
// greeter plain|attested COUNT: a TLS server that says "hello" to COUNT visitors, one after the other. Its first line of output
// is its port on the loopback; what a visitor made of it is nothing to it.
#include <arpa/inet.h>
#include <sgxx/tls.h>

#include <iostream>

#include "connection.h"

namespace {

/// A key that nothing vouches for.
void use_some_key(SSL_CTX* context) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  must(X509_set_version(certificate.get(), X509_VERSION_3) == 1 && X509_set_pubkey(certificate.get(), key.get()) == 1 &&
           X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0 &&
           SSL_CTX_use_certificate(context, certificate.get()) == 1 && SSL_CTX_use_PrivateKey(context, key.get()) == 1,
       "cannot use a key");
}

void greet(SSL_CTX* context, int descriptor) {
  const Socket socket(descriptor);
  const Connection connection(SSL_new(context));
  SSL_set_fd(connection.get(), socket.fd);
  if (SSL_accept(connection.get()) == 1 && SSL_write(connection.get(), "hello", 5) == 5) SSL_shutdown(connection.get());
  ERR_clear_error();
}

}  // namespace

int main(int count, char** arguments) try {
  must(count == 3, "greeter plain|attested COUNT");
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (arguments[1] == std::string("attested")) {
    sgxx::tls::present_evidence(context.get());
  } else {
    use_some_key(context.get());
  }
  const Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  must(bind(listener.fd, reinterpret_cast<sockaddr*>(&here), length) == 0 && listen(listener.fd, 16) == 0 &&
           getsockname(listener.fd, reinterpret_cast<sockaddr*>(&here), &length) == 0,
       "cannot listen");
  std::cout << ntohs(here.sin_port) << std::endl;
  for (int visitors = std::stoi(arguments[2]); visitors > 0; --visitors)
    greet(context.get(), accept(listener.fd, nullptr, nullptr));
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
