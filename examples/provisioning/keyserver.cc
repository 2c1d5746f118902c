// SPDX-License-Identifier: Apache-2.0
//
// Releases a key to the enclave with one MRENCLAVE and to nobody else. An ordinary program: no enclave, no sgxx at run time.
//   keyserver --make-identity NAME
//   keyserver IDENTITY.pem SECRET COLLATERAL MRENCLAVE [--insecure-root] PORT
#include <arpa/inet.h>
#include <sgxx/tls.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "connection.h"
#include "demand.h"

namespace {

using sgxx::verify::Bytes;

int make_identity(const std::string& name) {
  const auto key = sgxx::SigningKey::generate(sgxx::SignatureAlgorithm::ecdsa_p256);
  std::filesystem::remove(name + ".pem");
  std::ofstream secret(name + ".pem");
  std::filesystem::permissions(name + ".pem", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  secret << key.pem().text();
  std::ofstream(name + ".sha256") << fingerprint(key.handle());
  return 0;
}

void use_identity(SSL_CTX* context, const std::string& file) {
  const Bytes pem = content_of(file);
  const auto key = sgxx::SigningKey::from_pem({reinterpret_cast<const char*>(pem.data()), pem.size()});
  const Certificate certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 365 * 24 * 3600);
  must(X509_set_version(certificate.get(), X509_VERSION_3) == 1 && X509_set_pubkey(certificate.get(), key.handle()) == 1 &&
           X509_sign(certificate.get(), key.handle(), EVP_sha256()) > 0 &&
           SSL_CTX_use_certificate(context, certificate.get()) == 1 && SSL_CTX_use_PrivateKey(context, key.handle()) == 1,
       "cannot use " + file);
}

void serve(SSL_CTX* context, int descriptor, const Bytes& secret) {
  const Socket socket(descriptor);
  const Connection connection(SSL_new(context));
  SSL_set_fd(connection.get(), socket.fd);
  if (SSL_accept(connection.get()) != 1) {
    std::cout << "refused: " << sgxx::tls::refusal_of(connection.get()) << std::endl;
    return;
  }
  const auto& verdict = sgxx::tls::peer_of(connection.get());
  SSL_write(connection.get(), secret.data(), static_cast<int>(secret.size()));
  SSL_shutdown(connection.get());
  std::cout << "released to " << sgxx::to_hex(verdict.enclave->mr_enclave) << std::endl;
}

int listen_on(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  must(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length) == 0 && ::listen(descriptor, 16) == 0, "cannot listen");
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  std::cout << "listening on " << ntohs(address.sin_port) << std::endl;
  return descriptor;
}

}  // namespace

int main(int count, char** words) try {
  std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 2 && arguments[0] == "--make-identity") return make_identity(arguments[1]);
  const bool insecure = std::erase(arguments, "--insecure-root") != 0;
  must(arguments.size() == 5, "keyserver IDENTITY.pem SECRET COLLATERAL MRENCLAVE [--insecure-root] PORT");
  std::signal(SIGPIPE, SIG_IGN);
  const Bytes secret = content_of(arguments[1]);
  const Context context(SSL_CTX_new(TLS_server_method()));
  use_identity(context.get(), arguments[0]);
  sgxx::tls::demand_evidence(context.get(), demand_for(arguments[2], arguments[3], insecure));
  const Socket listener(listen_on(std::stoi(arguments[4])));
  for (;;) serve(context.get(), ::accept(listener.fd, nullptr, nullptr), secret);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
