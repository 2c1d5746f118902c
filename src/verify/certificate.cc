// SPDX-License-Identifier: Apache-2.0
#include "verify/certificate.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "verify/hex.h"
#include "verify/x509.h"

namespace sgxx::verify {
namespace {

Failure<std::string> wrong(std::string text) { return {std::move(text)}; }

/// The SGX extension's identifier, with tag and length.
bool is_sgx_extension(const ASN1_OBJECT* object) {
  return OBJ_length(object) == isa::kSgxExtensionOid.size() &&
         std::equal(isa::kSgxExtensionOid.begin(), isa::kSgxExtensionOid.end(), OBJ_get0_data(object));
}

std::string common_name_of(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  return printable(
      {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))});
}

/// The uncompressed point of a key on the named curve P-256.
std::optional<FixedBytes<65>> point_of(const X509* certificate) {
  ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR* parameters = nullptr;
  const u8* bytes = nullptr;
  int length = 0;
  if (X509_PUBKEY_get0_param(&algorithm, &bytes, &length, &parameters, X509_get_X509_PUBKEY(certificate)) != 1)
    return std::nullopt;
  const void* curve = nullptr;
  int type = 0;
  X509_ALGOR_get0(nullptr, &type, &curve, parameters);
  if (OBJ_obj2nid(algorithm) != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT ||
      OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(curve)) != NID_X9_62_prime256v1 || length != 65 || bytes[0] != 4) {
    return std::nullopt;
  }
  FixedBytes<65> point;
  std::copy(bytes, bytes + length, point.begin());
  return point;
}

isa::EcdsaPublicKey coordinates_of(const FixedBytes<65>& point) {
  isa::EcdsaPublicKey coordinates;
  std::copy(point.begin() + 1, point.end(), coordinates.begin());
  return coordinates;
}

std::string_view expected_name(Role role, std::string_view name) {
  using namespace isa::certificate_name;
  switch (role) {
    case Role::root: return root;
    case Role::intermediate: return name.ends_with(platform_ca) ? platform_ca : processor_ca;
    case Role::pck: return pck;
    case Role::tcb_signing: return tcb_signing;
  }
  return {};
}

}  // namespace

const char* name_of(Role role) {
  switch (role) {
    case Role::root: return "root certificate";
    case Role::intermediate: return "intermediate certificate";
    case Role::pck: return "PCK certificate";
    case Role::tcb_signing: return "TCB signing certificate";
  }
  return "";
}

void Certificate::Deleter::operator()(x509_st* certificate) const { X509_free(certificate); }

Result<Certificate, std::string> Certificate::parse(ByteView der) {
  Certificate certificate;
  const u8* position = der.data();
  certificate.object_.reset(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
  // Encoding it again gives the same bytes only when the outer layer is DER, too; the signature covers the inner one.
  if (certificate.object_ == nullptr || !std::ranges::equal(der_of(certificate.object_.get(), i2d_X509), der)) {
    return wrong("not one X.509 certificate in DER");
  }
  certificate.der_.assign(der.begin(), der.end());
  TRY(certificate.read_fields());
  TRY(certificate.read_extensions());
  return certificate;
}

Result<void, std::string> Certificate::read_fields() {
  const X509* object = object_.get();
  if (X509_get_version(object) != X509_VERSION_3) return wrong("not an X.509 certificate of version 3");
  if (X509_get_signature_nid(object) != NID_ecdsa_with_SHA256) return wrong("not signed with ECDSA and SHA-256");
  common_name_ = common_name_of(X509_get_subject_name(object));
  issuer_name_ = common_name_of(X509_get_issuer_name(object));
  subject_ = der_of(X509_get_subject_name(object), i2d_X509_NAME);
  issuer_ = der_of(X509_get_issuer_name(object), i2d_X509_NAME);
  serial_ = der_of(X509_get0_serialNumber(object), i2d_ASN1_INTEGER);
  auto point = point_of(object);
  if (point) key_ = PublicKey::from_point(coordinates_of(*point));
  if (!key_) return wrong("its key is no uncompressed point on P-256");
  point_ = *point;
  auto begin = time_of(X509_get0_notBefore(object)), end = time_of(X509_get0_notAfter(object));
  if (!begin || !end) return wrong("its dates cannot be read");
  not_before_ = *begin;
  not_after_ = *end;
  return {};
}

Result<void, std::string> Certificate::read_extensions() {
  const X509* object = object_.get();
  const u32 flags = X509_get_extension_flags(object_.get());
  if ((flags & EXFLAG_INVALID) != 0) return wrong("its extensions are not valid");
  authority_ = (flags & EXFLAG_CA) != 0 && (flags & EXFLAG_BCONS) != 0;
  for (int i = 0; i < X509_get_ext_count(object); ++i) {
    X509_EXTENSION* extension = X509_get_ext(object, i);
    ASN1_OBJECT* identifier = X509_EXTENSION_get_object(extension);
    const int nid = OBJ_obj2nid(identifier);
    if (is_sgx_extension(identifier)) {
      if (sgx_extension_) return wrong("two SGX extensions");
      const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
      const u8* bytes = ASN1_STRING_get0_data(value);
      sgx_extension_.emplace(bytes, bytes + ASN1_STRING_length(value));
    } else if (X509_EXTENSION_get_critical(extension) != 0 && nid != NID_basic_constraints && nid != NID_key_usage) {
      // An extended key usage is judged below, whether it is critical or not.
      if (nid != NID_ext_key_usage) forbidding_extension_ = "a critical extension that is not known here";
    }
  }
  return {};
}

bool Certificate::is_signed_by(const Certificate& issuer) const {
  return X509_verify(object_.get(), X509_get0_pubkey(issuer.object_.get())) == 1;
}

std::string Certificate::unfit_for(Role role) const {
  const u32 flags = X509_get_extension_flags(object_.get());
  const u32 usage = X509_get_key_usage(object_.get());  // all ones when the extension is absent
  const bool must_sign_certificates = role == Role::root || role == Role::intermediate;
  if (!forbidding_extension_.empty()) return forbidding_extension_;
  if ((flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_KUSAGE) == 0) return "no basic constraints or key usage";
  if (must_sign_certificates != authority_) return authority_ ? "an authority's" : "not an authority's";
  constexpr u32 kAuthority = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
  if (must_sign_certificates && (usage & kAuthority) != kAuthority) return "its key may not sign certificates and CRLs";
  if (!must_sign_certificates && ((usage & KU_DIGITAL_SIGNATURE) == 0 || (usage & kAuthority) != 0)) {
    return "its key usage is not that of signing data";
  }
  const long below = X509_get_pathlen(object_.get());  // -1: no limit
  if (role == Role::root && below == 0) return "its path length allows no intermediate";
  if ((flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(object_.get()) & XKU_ANYEKU) == 0) {
    return "its extended key usage names another purpose";
  }
  if ((role == Role::pck) != sgx_extension_.has_value())
    return role == Role::pck ? "no SGX extension" : "it has an SGX extension";
  if (!std::string_view(common_name_).ends_with(expected_name(role, common_name_))) {
    return "its common name is not that of a " + std::string(name_of(role));
  }
  return {};
}

}  // namespace sgxx::verify
