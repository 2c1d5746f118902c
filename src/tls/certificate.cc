// SPDX-License-Identifier: Apache-2.0
#include "tls/certificate.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <sgxx/random.h>

namespace sgxx::tls {
namespace {

constexpr const char* kEvidence = "2.23.133.5.4.9";  // tcg-dice-TaggedEvidence
constexpr std::chrono::minutes kClocksDiffer{5};

void must(bool done) {
  if (!done) throw SdkError(ErrorCode::cryptography, "OpenSSL could not make a certificate");
}
void demand(bool met, const char* what) {
  if (!met) throw SdkError(ErrorCode::not_accepted, std::string("certificate: ") + what);
}

template <auto function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Object = std::unique_ptr<ASN1_OBJECT, Free<ASN1_OBJECT_free>>;
using OctetString = std::unique_ptr<ASN1_OCTET_STRING, Free<ASN1_OCTET_STRING_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

Object evidence_object() { return Object(OBJ_txt2obj(kEvidence, 1)); }

void add_evidence(X509* certificate, ByteView evidence) {
  const Object object = evidence_object();
  const OctetString octets(ASN1_OCTET_STRING_new());
  must(object && octets && ASN1_OCTET_STRING_set(octets.get(), evidence.data(), static_cast<int>(evidence.size())) == 1);
  const Extension extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, octets.get()));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Digest256 hash_of_key(const X509* certificate) {
  std::uint8_t* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  demand(length > 0, "its key cannot be read");
  const Digest256 hash = sha256({der, static_cast<std::size_t>(length)});
  OPENSSL_free(der);
  return hash;
}

/// -1 before, 1 after, 0: an error.
int compare(const ASN1_TIME* time, verify::Time as_of) {
  std::time_t seconds = as_of.time_since_epoch().count();
  return X509_cmp_time(time, &seconds);
}

}  // namespace

Digest256 hash_of_key(const SigningKey& key) { return sha256(key.public_key().der()); }

Certificate make_certificate(const SigningKey& key, ByteView evidence, verify::Time now, std::chrono::seconds lifetime) {
  Certificate certificate(X509_new());
  std::array<std::uint8_t, 16> serial;
  fill_random(serial);
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Free<BN_free>> number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  must(certificate && number);
  const auto seconds = [](verify::Time time) { return static_cast<std::time_t>(time.time_since_epoch().count()); };
  X509* const made = certificate.get();
  X509_NAME* const name = X509_get_subject_name(made);
  constexpr std::string_view text = "sgxx attested";
  must(X509_set_version(made, X509_VERSION_3) == 1 && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made)) != nullptr &&
       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const std::uint8_t*>(text.data()),
                                  static_cast<int>(text.size()), -1, 0) == 1 &&
       X509_set_issuer_name(made, name) == 1 &&
       ASN1_TIME_set(X509_getm_notBefore(made), seconds(now - kClocksDiffer)) != nullptr &&
       ASN1_TIME_set(X509_getm_notAfter(made), seconds(now + lifetime)) != nullptr && X509_set_pubkey(made, key.handle()) == 1);
  add_evidence(made, evidence);
  must(X509_sign(made, key.handle(), EVP_sha256()) > 0);
  return certificate;
}

Presented read_certificate(X509* certificate, verify::Time as_of) {
  demand(X509_get_version(certificate) == X509_VERSION_3, "it is not of version 3");
  demand(X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0, "somebody else issued it");
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  demand(key != nullptr && X509_verify(certificate, key) == 1, "its own signature is wrong");
  demand(compare(X509_get0_notBefore(certificate), as_of) < 0, "it is not valid yet");
  demand(compare(X509_get0_notAfter(certificate), as_of) > 0, "it has expired");

  const Object object = evidence_object();
  const int place = X509_get_ext_by_OBJ(certificate, object.get(), -1);
  demand(place >= 0, "it carries no evidence (extension 2.23.133.5.4.9)");
  demand(X509_get_ext_by_OBJ(certificate, object.get(), place) < 0, "it carries evidence twice");
  const ASN1_OCTET_STRING* const octets = X509_EXTENSION_get_data(X509_get_ext(certificate, place));
  auto evidence = decode_evidence({ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
  demand(evidence.has_value(), "its evidence is malformed");
  auto claims = decode_claims(evidence->claims);
  demand(claims.has_value(), "its claims are malformed");
  demand(claims->key_hash == hash_of_key(certificate), "its claims are about another key");
  return {std::move(*evidence), std::move(*claims)};
}

}  // namespace sgxx::tls
