// SPDX-License-Identifier: Apache-2.0
//
// A whole TLS 1.3 handshake between a client and a server in one program, over memory, with keys made here: random
// numbers, RSA and ECDSA signatures, certificates and times.
// sgxx-test: flags -lssl -lcrypto
// sgxx-test: needs libssl.a

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

#include "check.h"

namespace {

X509* self_signed(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  return certificate;
}

void converse(const char* what, EVP_PKEY* key) {
  X509* certificate = self_signed(key);
  SSL_CTX* server_context = SSL_CTX_new(TLS_server_method());
  SSL_CTX* client_context = SSL_CTX_new(TLS_client_method());
  CHECK(SSL_CTX_use_certificate(server_context, certificate) == 1 && SSL_CTX_use_PrivateKey(server_context, key) == 1);
  CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(client_context), certificate) == 1);
  SSL_CTX_set_verify(client_context, SSL_VERIFY_PEER, nullptr);
  SSL *server = SSL_new(server_context), *client = SSL_new(client_context);
  BIO *server_end = nullptr, *client_end = nullptr;
  CHECK(BIO_new_bio_pair(&server_end, 0, &client_end, 0) == 1);
  SSL_set_bio(server, server_end, server_end);
  SSL_set_bio(client, client_end, client_end);
  SSL_set_accept_state(server);
  SSL_set_connect_state(client);
  for (int i = 0; i < 20 && !(SSL_is_init_finished(server) && SSL_is_init_finished(client)); ++i) {
    SSL_do_handshake(client);
    SSL_do_handshake(server);
  }
  CHECK(SSL_is_init_finished(server) && SSL_is_init_finished(client));
  CHECK(SSL_get_verify_result(client) == X509_V_OK);
  std::printf("%s %s %s\n", what, SSL_get_version(client), SSL_get_cipher_name(client));
  char buffer[64] = {};
  CHECK(SSL_write(client, "question", 8) == 8 && SSL_read(server, buffer, sizeof buffer) == 8);
  CHECK(SSL_write(server, "answer", 6) == 6 && SSL_read(client, buffer, sizeof buffer) == 6 &&
        std::string(buffer, 6) == "answer");
  SSL_free(server);
  SSL_free(client);
  SSL_CTX_free(server_context);
  SSL_CTX_free(client_context);
  X509_free(certificate);
}

}  // namespace

int main() {
  EVP_PKEY* rsa = EVP_RSA_gen(2048);
  CHECK(rsa);
  converse("rsa", rsa);
  EVP_PKEY* curve = EVP_EC_gen("P-256");
  CHECK(curve);
  for (int i = 0; i < 5; ++i) converse("ecdsa", curve);
  CHECK(ERR_peek_error() == 0);
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(curve);
}
