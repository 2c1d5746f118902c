// SPDX-License-Identifier: Apache-2.0
//
// Runs in an enclave: gets its key from the key server, opens its state with it, counts one further, and closes it again.
//   counter ADDRESS PORT
// Measured data: the fingerprint of the key server's key. The state lies in /state, a folder of the host's.
#include <arpa/inet.h>
#include <sgxx/config.h>
#include <sgxx/random.h>
#include <sgxx/tls.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "connection.h"

namespace {

constexpr std::size_t kKeySize = 32;
constexpr const char* kState = "/state/counter";

/// The server is whoever has the key whose fingerprint was measured into this enclave.
void believe_server(SSL* connection) {
  const Certificate certificate(SSL_get1_peer_certificate(connection));
  const sgxx::ByteView expected = sgxx::measured_data();
  must(certificate != nullptr && !expected.empty(), "no server, or nothing measured to know it by");
  const std::string digits = fingerprint(X509_get0_pubkey(certificate.get()));
  must(digits == std::string_view(reinterpret_cast<const char*>(expected.data()), expected.size()), "this is another server");
}

sgxx::SecretBytes fetch_key(const char* address, int port) {
  const Context context(SSL_CTX_new(TLS_client_method()));
  sgxx::tls::present_evidence(context.get());
  const Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(port));
  must(inet_pton(AF_INET, address, &server.sin_addr) == 1, "ADDRESS: expected one like 127.0.0.1");
  must(::connect(socket.fd, reinterpret_cast<sockaddr*>(&server), sizeof server) == 0, "cannot reach the key server");
  const Connection connection(SSL_new(context.get()));
  SSL_set_fd(connection.get(), socket.fd);
  must(SSL_connect(connection.get()) == 1, "no TLS connection");
  believe_server(connection.get());
  sgxx::SecretBytes key(kKeySize);
  std::size_t have = 0;
  while (have < key.size()) {
    const int count = SSL_read(connection.get(), key.bytes().data() + have, static_cast<int>(key.size() - have));
    must(count > 0, "the key server gave no key");
    have += static_cast<std::size_t>(count);
  }
  return key;
}

using sgxx::Aead;

/// Nonce, tag, 8 bytes of ciphertext.
struct Sealed {
  Aead::Nonce nonce;
  Aead::Tag tag;
  std::array<std::uint8_t, 8> ciphertext;
};

std::uint64_t load(Aead& aead) {
  std::ifstream file(kState, std::ios::binary);
  Sealed sealed;
  if (!file.read(reinterpret_cast<char*>(&sealed), sizeof sealed)) return 0;
  std::array<std::uint8_t, 8> plain;
  aead.open(sealed.nonce, sgxx::view_of(kState), sealed.ciphertext, sealed.tag, plain);
  return __builtin_bit_cast(std::uint64_t, plain);
}

void store(Aead& aead, std::uint64_t count) {
  Sealed sealed{sgxx::random_bytes<Aead::kNonceSize>(), {}, {}};
  sealed.tag =
      aead.seal(sealed.nonce, sgxx::view_of(kState), {reinterpret_cast<std::uint8_t*>(&count), sizeof count}, sealed.ciphertext);
  std::ofstream file(kState, std::ios::binary);
  must(static_cast<bool>(file.write(reinterpret_cast<const char*>(&sealed), sizeof sealed)), "cannot write the state");
}

}  // namespace

int main(int count, char** arguments) try {
  must(count == 3, "counter ADDRESS PORT");
  const sgxx::SecretBytes key = fetch_key(arguments[1], std::stoi(arguments[2]));
  Aead aead(sgxx::AeadAlgorithm::aes_256_gcm, key.bytes());
  const std::uint64_t next = load(aead) + 1;
  store(aead, next);
  std::cout << next << std::endl;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
