// SPDX-License-Identifier: Apache-2.0
//
// What both programs need of OpenSSL and sockets.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sgxx/crypto.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

inline void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what);
}

/// SHA-256 of a public key, DER, in hexadecimal digits.
inline std::string fingerprint(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  must(length > 0, "a public key that cannot be read");
  const std::string digits = sgxx::sha256({der, static_cast<std::size_t>(length)}).hex();
  OPENSSL_free(der);
  return digits;
}

struct Socket {
  int fd;
  explicit Socket(int descriptor) : fd(descriptor) { must(fd >= 0, "no socket"); }
  ~Socket() { close(fd); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
};
