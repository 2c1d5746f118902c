// SPDX-License-Identifier: Apache-2.0
//
// Self-signed certificates that carry evidence.
#pragma once

#include <openssl/x509.h>
#include <sgxx/tls.h>

#include "tls/evidence.h"

namespace sgxx::tls {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

/// SHA-256 of the SubjectPublicKeyInfo, DER.
Digest256 hash_of_key(const SigningKey& key);

/// With `evidence` in the extension, valid from a little before `now` for `lifetime`.
Certificate make_certificate(const SigningKey& key, ByteView evidence, verify::Time now, std::chrono::seconds lifetime);

/// What a certificate presents, once everything that its own bytes can show has been checked: version 3, issued by itself and
/// signed with its own key, valid at `as_of`, evidence exactly once, claims about its own key.
struct Presented {
  Evidence evidence;
  Claims claims;
};
/// Throws `not_accepted` and says what is wrong.
Presented read_certificate(X509* certificate, verify::Time as_of);

}  // namespace sgxx::tls
