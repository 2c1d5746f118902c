// SPDX-License-Identifier: Apache-2.0
#include "device/soft/pki/certificate.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "device/soft/pki/openssl.h"

namespace sgxx::device::soft {
namespace {

using namespace pki;

constexpr const char* kSgxExtension = "1.2.840.113741.1.13.1";

Name name_of(const CertificateKnobs& knobs) {
  Name name(X509_NAME_new());
  const auto add = [&name](const char* field, const std::string& value) {
    must(X509_NAME_add_entry_by_txt(name.get(), field, MBSTRING_UTF8, reinterpret_cast<const u8*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1);
  };
  add("CN", knobs.common_name);
  add("O", knobs.organization);
  add("L", "Nowhere");
  add("ST", "None");
  add("C", "ZZ");
  return name;
}

Time time_of(UnixTime seconds) {
  Time time(ASN1_TIME_set(nullptr, seconds));
  must(time != nullptr);
  return time;
}

Integer integer_of(ByteView big_endian) {
  const Number number(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
  Integer integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
  must(integer != nullptr);
  return integer;
}

Extension standard_extension(X509V3_CTX* context, int nid, const std::string& value) {
  Extension extension(X509V3_EXT_conf_nid(nullptr, context, nid, value.c_str()));
  must(extension != nullptr);
  return extension;
}

Extension authority_key(const EcKey& issuer) {
  const Bytes identifier = key_identifier(issuer);
  AUTHORITY_KEYID* authority = AUTHORITY_KEYID_new();
  authority->keyid = ASN1_OCTET_STRING_new();
  must(ASN1_OCTET_STRING_set(authority->keyid, identifier.data(), static_cast<int>(identifier.size())) == 1);
  Extension extension(X509V3_EXT_i2d(NID_authority_key_identifier, 0, authority));
  AUTHORITY_KEYID_free(authority);
  must(extension != nullptr);
  return extension;
}

Extension custom_extension(const char* identifier, ByteView value) {
  const Object object(OBJ_txt2obj(identifier, 1));
  const OctetString octets(ASN1_OCTET_STRING_new());
  must(ASN1_OCTET_STRING_set(octets.get(), value.data(), static_cast<int>(value.size())) == 1);
  Extension extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, octets.get()));
  must(extension != nullptr);
  return extension;
}

void add_extensions(X509* certificate, const Party& subject, const Party& issuer) {
  const CertificateKnobs& knobs = subject.knobs;
  const bool authority = knobs.path_length.has_value();
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const auto add = [certificate](const Extension& extension) { must(X509_add_ext(certificate, extension.get(), -1) == 1); };
  add(authority_key(issuer.key));
  add(standard_extension(&context, NID_crl_distribution_points, "URI:https://insecure-software-sgx.sgxx.invalid/crl"));
  add(standard_extension(&context, NID_subject_key_identifier, "hash"));
  std::string usage = knobs.key_usage;
  if (usage.empty()) usage = authority ? "keyCertSign,cRLSign" : "digitalSignature,nonRepudiation";
  add(standard_extension(&context, NID_key_usage, "critical," + usage));
  const std::string constraints = knobs.basic_constraints.value_or(
      authority ? "critical,CA:TRUE,pathlen:" + std::to_string(*knobs.path_length) : "critical,CA:FALSE");
  if (!constraints.empty()) add(standard_extension(&context, NID_basic_constraints, constraints));
  if (!knobs.extended_key_usage.empty()) add(standard_extension(&context, NID_ext_key_usage, knobs.extended_key_usage));
  if (!knobs.extra_critical.empty()) {
    const Extension extension = custom_extension(knobs.extra_critical.c_str(), {});
    must(X509_EXTENSION_set_critical(extension.get(), 1) == 1);
    add(extension);
  }
  if (knobs.sgx) add(custom_extension(kSgxExtension, *knobs.sgx));
}

template <auto encode, class T>
Bytes der_of(const T* object) {
  u8* bytes = nullptr;
  const int length = encode(object, &bytes);
  must(length > 0);
  Bytes der(bytes, bytes + length);
  OPENSSL_free(bytes);
  return der;
}

void revoke(X509_CRL* crl, ByteView serial, UnixTime when) {
  X509_REVOKED* entry = X509_REVOKED_new();
  must(entry != nullptr && X509_REVOKED_set_serialNumber(entry, integer_of(serial).get()) == 1 &&
       X509_REVOKED_set_revocationDate(entry, time_of(when).get()) == 1);
  const std::unique_ptr<ASN1_ENUMERATED, Free<ASN1_ENUMERATED_free>> reason(ASN1_ENUMERATED_new());
  must(ASN1_ENUMERATED_set(reason.get(), CRL_REASON_KEY_COMPROMISE) == 1 &&
       X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason.get(), 0, 0) == 1 && X509_CRL_add0_revoked(crl, entry) == 1);
}

}  // namespace

Bytes key_identifier(const EcKey& key) {
  const isa::EcdsaPublicKey point = key.public_point();
  std::array<u8, 65> encoded{4};
  std::copy(point.begin(), point.end(), encoded.begin() + 1);
  Bytes hash(SHA_DIGEST_LENGTH);
  SHA1(encoded.data(), encoded.size(), hash.data());
  return hash;
}

Bytes make_certificate(const Party& subject, const Party& issuer) {
  const CertificateKnobs& knobs = subject.knobs;
  const Certificate certificate(X509_new());
  const Bytes serial = knobs.serial.empty() ? key_identifier(subject.key) : knobs.serial;
  must(X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
       X509_set_serialNumber(certificate.get(), integer_of(serial).get()) == 1 &&
       X509_set_subject_name(certificate.get(), name_of(knobs).get()) == 1 &&
       X509_set_issuer_name(certificate.get(), name_of(issuer.knobs).get()) == 1 &&
       X509_set1_notBefore(certificate.get(), time_of(knobs.not_before).get()) == 1 &&
       X509_set1_notAfter(certificate.get(), time_of(knobs.not_after).get()) == 1 &&
       X509_set_pubkey(certificate.get(), subject.key.get()) == 1);
  add_extensions(certificate.get(), subject, issuer);
  must(X509_sign(certificate.get(), issuer.key.get(), EVP_sha256()) > 0);
  return der_of<i2d_X509>(certificate.get());
}

Bytes make_crl(const Party& issuer, const CrlKnobs& knobs) {
  const Crl crl(X509_CRL_new());
  must(X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) == 1 &&
       X509_CRL_set_issuer_name(crl.get(), name_of(issuer.knobs).get()) == 1 &&
       X509_CRL_set1_lastUpdate(crl.get(), time_of(knobs.this_update).get()) == 1 &&
       X509_CRL_set1_nextUpdate(crl.get(), time_of(knobs.next_update).get()) == 1);
  for (const Bytes& serial : knobs.revoked) revoke(crl.get(), serial, knobs.this_update);
  must(X509_CRL_sort(crl.get()) == 1);
  const Integer number(ASN1_INTEGER_new());
  must(ASN1_INTEGER_set(number.get(), knobs.number) == 1 &&
       X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, number.get(), 0, 0) == 1 &&
       X509_CRL_add_ext(crl.get(), authority_key(issuer.key).get(), -1) == 1 &&
       X509_CRL_sign(crl.get(), issuer.key.get(), EVP_sha256()) > 0);
  return der_of<i2d_X509_CRL>(crl.get());
}

std::string to_pem(ByteView der, const char* label) {
  const Bio writer(BIO_new(BIO_s_mem()));
  must(PEM_write_bio(writer.get(), label, "", der.data(), static_cast<long>(der.size())) > 0);
  char* text = nullptr;
  const long length = BIO_get_mem_data(writer.get(), &text);
  return {text, static_cast<size_t>(length)};
}

}  // namespace sgxx::device::soft
