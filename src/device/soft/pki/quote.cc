// SPDX-License-Identifier: Apache-2.0
#include "device/soft/pki/quote.h"

#include <openssl/sha.h>

#include <algorithm>

#include "device/soft/keys.h"

namespace sgxx::device::soft {
namespace {

void append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

template <Crossable T>
void append_value(Bytes& bytes, const T& value) {
  append(bytes, as_bytes_of(value));
}

void append_certification(Bytes& bytes, isa::CertificationType type, ByteView data) {
  append_value(bytes, isa::CertificationHeader{static_cast<u16>(type), static_cast<u32>(data.size())});
  append(bytes, data);
}

void bind(isa::ReportBody& qe_report, const isa::EcdsaPublicKey& key, ByteView authentication_data) {
  Bytes bound(key.begin(), key.end());
  append(bound, authentication_data);
  qe_report.report_data = {};
  SHA256(bound.data(), bound.size(), qe_report.report_data.data());
}

/// What the PCK key vouches for, and how its certificate is found.
Bytes certified(const QuoteKnobs& knobs, const isa::EcdsaPublicKey& attestation_key, const EcKey& pck_key) {
  isa::QeReportSignature qe{knobs.qe_report, {}};
  if (knobs.bind_attestation_key) bind(qe.qe_report, attestation_key, knobs.authentication_data);
  qe.signature = pck_key.sign(as_bytes_of(qe.qe_report));
  Bytes bytes;
  append_value(bytes, qe);
  append_value(bytes, static_cast<u16>(knobs.authentication_data.size()));
  append(bytes, knobs.authentication_data);
  append_certification(bytes, knobs.certification_type, knobs.certification_data);
  return bytes;
}

}  // namespace

Bytes make_quote(const QuoteKnobs& knobs, const EcKey& attestation_key, const EcKey& pck_key) {
  Bytes quote;
  append_value(quote, knobs.header);
  append(quote, knobs.body);
  const isa::EcdsaPublicKey key = attestation_key.public_point();
  Bytes rest;
  append_value(rest, attestation_key.sign(quote));
  append_value(rest, key);
  const Bytes chain = certified(knobs, key, pck_key);
  if (knobs.header.version == 3) {
    append(rest, chain);
  } else {
    append_certification(rest, isa::CertificationType::qe_report, chain);
  }
  append_value(quote, static_cast<u32>(rest.size()));
  append(quote, rest);
  return quote;
}

QuoteKnobs default_quote(const PlatformPki& pki, const QeIdentityKnobs& identity, const isa::ReportBody& body) {
  QuoteKnobs knobs;
  const u16 qe_svn = identity.levels.empty() ? u16{0} : identity.levels.front().isv_svn;
  knobs.header.qe_svn = qe_svn;
  knobs.body.assign(as_bytes_of(body).begin(), as_bytes_of(body).end());
  knobs.qe_report.cpu_svn = KeyDeriver::kCpuSvn;
  knobs.qe_report.misc_select = identity.misc_select;
  knobs.qe_report.attributes = identity.attributes;
  knobs.qe_report.mr_signer = identity.mr_signer;
  knobs.qe_report.isv_prod_id = identity.isv_prod_id;
  knobs.qe_report.isv_svn = qe_svn;
  knobs.authentication_data.resize(32);
  const std::string chain = pki.pck_chain();
  knobs.certification_data.assign(chain.begin(), chain.end());
  return knobs;
}

}  // namespace sgxx::device::soft
