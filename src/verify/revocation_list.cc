// SPDX-License-Identifier: Apache-2.0
#include <openssl/bn.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "verify/certificate.h"
#include "verify/x509.h"

namespace sgxx::verify {
namespace {

using Integer = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;

Failure<std::string> wrong(std::string text) { return {std::move(text)}; }

std::optional<u64> number_of(const X509_CRL* list) {
  const Integer number(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr)));
  u64 value = 0;
  if (number == nullptr || ASN1_INTEGER_get_uint64(&value, number.get()) != 1) return std::nullopt;
  return value;
}

/// Delta lists, lists for some reasons only and lists for others' certificates say so in critical extensions.
bool has_critical_extension(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) != 0) return true;
  }
  return false;
}

}  // namespace

void RevocationList::Deleter::operator()(X509_crl_st* list) const { X509_CRL_free(list); }

Result<RevocationList, std::string> RevocationList::parse(ByteView der) {
  RevocationList list;
  const u8* position = der.data();
  list.object_.reset(d2i_X509_CRL(nullptr, &position, static_cast<long>(der.size())));
  X509_CRL* object = list.object_.get();
  if (object == nullptr || !std::ranges::equal(der_of(object, i2d_X509_CRL), der)) return wrong("not one CRL in DER");
  if (X509_CRL_get_signature_nid(object) != NID_ecdsa_with_SHA256) return wrong("not signed with ECDSA and SHA-256");
  if (has_critical_extension(object)) return wrong("a critical extension that is not known here");
  list.issuer_ = der_of(X509_CRL_get_issuer(object), i2d_X509_NAME);
  auto this_update = time_of(X509_CRL_get0_lastUpdate(object)), next_update = time_of(X509_CRL_get0_nextUpdate(object));
  if (!this_update || !next_update) return wrong("its dates cannot be read");
  list.this_update_ = *this_update;
  list.next_update_ = *next_update;
  auto number = number_of(object);
  if (!number) return wrong("no CRL number");
  list.number_ = *number;
  const STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(object);
  for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
    list.serials_.push_back(der_of(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i)), i2d_ASN1_INTEGER));
  }
  std::ranges::sort(list.serials_);
  return list;
}

bool RevocationList::is_signed_by(const Certificate& issuer) const {
  return X509_CRL_verify(object_.get(), X509_get0_pubkey(issuer.object_.get())) == 1;
}

bool RevocationList::lists(const Certificate& certificate) const {
  return std::ranges::binary_search(serials_, certificate.serial());
}

}  // namespace sgxx::verify
