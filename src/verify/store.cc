// SPDX-License-Identifier: Apache-2.0
#include "verify/store.h"

#include <algorithm>

#include "verify/hex.h"
#include "verify/pem.h"

namespace sgxx::verify {
namespace {

constexpr u8 kDerSequence = 0x30;

std::string_view text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string_view without_line_breaks(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string numbered(const char* what, std::size_t index) { return std::string(what) + " " + std::to_string(index + 1); }

}  // namespace

std::optional<std::vector<Bytes>> der_blocks_of(ByteView text, std::string_view label) {
  std::vector<Bytes> blocks;
  if (!text.empty() && text[0] == kDerSequence) {
    blocks.emplace_back(text.begin(), text.end());
    return blocks;
  }
  if (label == kRevocationListLabel) {
    if (auto der = from_hex(without_line_breaks(text_of(text))); der && !der->empty()) {
      blocks.push_back(std::move(*der));
      return blocks;
    }
  }
  return read_pem(text_of(text), label);
}

std::vector<Certificate> read_certificates(ByteView text, const std::string& where, std::span<const Certificate> known,
                                           std::vector<Refusal>& refusals) {
  std::vector<Certificate> certificates;
  auto blocks = der_blocks_of(text, kCertificateLabel);
  if (!blocks) {
    refusals.push_back({Reason::certificate_malformed, where + ": neither DER nor PEM"});
    return certificates;
  }
  for (const auto& der : *blocks) {
    if (certificates.size() == kMostObjects) {
      refusals.push_back({Reason::certificate_malformed, where + ": more certificates than any platform has"});
      break;
    }
    auto same = [&](const Certificate& other) { return other.is_authority() && other.der() == der; };
    if (std::ranges::any_of(known, same)) continue;
    auto certificate = Certificate::parse(der);
    if (certificate) {
      certificates.push_back(std::move(*certificate));
    } else {
      refusals.push_back({Reason::certificate_malformed, where + ": " + certificate.error()});
    }
  }
  return certificates;
}

Store::Store(const Collateral& collateral) {
  for (std::size_t i = 0; i < collateral.certificates.size(); ++i) {
    for (auto& certificate : read_certificates(collateral.certificates[i], numbered("certificates", i), {}, refusals_)) {
      auto same = [&](const Certificate& other) { return other.der() == certificate.der(); };
      if (std::ranges::any_of(certificates_, same)) continue;
      if (certificates_.size() < kMostObjects) {
        certificates_.push_back(std::move(certificate));
      } else {
        refusals_.push_back({Reason::certificate_malformed, "more certificates than any platform has"});
      }
    }
  }
  for (std::size_t i = 0; i < collateral.crls.size(); ++i) read_lists(collateral.crls[i], numbered("revocation list", i));
  find_signers();
  for (std::size_t i = 0; i < collateral.tcb_infos.size(); ++i) {
    tcb_infos_.push_back(read_document<TcbInfo>(collateral.tcb_infos[i], "tcbInfo", numbered("TCB info", i), read_tcb_info,
                                                Reason::tcb_info_malformed, Reason::tcb_info_signature));
  }
  for (std::size_t i = 0; i < collateral.qe_identities.size(); ++i) {
    qe_identities_.push_back(read_document<QeIdentity>(collateral.qe_identities[i], "enclaveIdentity", numbered("QE identity", i),
                                                       read_qe_identity, Reason::qe_identity_malformed,
                                                       Reason::qe_identity_signature));
  }
}

void Store::read_lists(ByteView text, const std::string& where) {
  auto blocks = der_blocks_of(text, kRevocationListLabel);
  if (!blocks) return refusals_.push_back({Reason::crl_malformed, where + ": neither DER nor PEM"});
  for (const auto& der : *blocks) {
    auto list = RevocationList::parse(der);
    if (!list) {
      refusals_.push_back({Reason::crl_malformed, where + ": " + list.error()});
    } else if (lists_.size() == kMostObjects) {
      refusals_.push_back({Reason::crl_malformed, where + ": more revocation lists than any platform has"});
    } else {
      lists_.push_back(std::move(*list));
    }
  }
}

void Store::find_signers() {
  for (const auto& issuer : certificates_) {
    for (const auto& certificate : certificates_) {
      if (certificate.issuer() == issuer.subject() && certificate.is_signed_by(issuer))
        signed_.emplace_back(&certificate, &issuer);
    }
    for (const auto& list : lists_) {
      if (list.issuer() == issuer.subject() && list.is_signed_by(issuer)) signed_.emplace_back(&list, &issuer);
    }
  }
  std::ranges::sort(signed_);
}

bool Store::owns(const Certificate& certificate) const {
  return std::less_equal<>{}(certificates_.data(), &certificate) &&
         std::less<>{}(&certificate, certificates_.data() + certificates_.size());
}

bool Store::is_signed_by(const Certificate& certificate, const Certificate& issuer) const {
  if (!owns(certificate) || !owns(issuer)) return certificate.is_signed_by(issuer);
  return std::ranges::binary_search(signed_, Signed{&certificate, &issuer});
}

bool Store::is_signed_by(const RevocationList& list, const Certificate& issuer) const {
  if (!owns(issuer)) return list.is_signed_by(issuer);
  return std::ranges::binary_search(signed_, Signed{&list, &issuer});
}

/// Only certificates that could be TCB signing certificates are asked.
const Certificate* Store::find_signer(const SignedJson& document, SignatureCheck& check) const {
  const ByteView body{reinterpret_cast<const u8*>(document.body.data()), document.body.size()};
  for (const auto& certificate : certificates_) {
    if (certificate.is_authority() || certificate.sgx_extension()) continue;
    check = certificate.key().verify(body, document.signature);
    if (check == SignatureCheck::good) return &certificate;
  }
  return nullptr;
}

template <class Content>
Document<Content> Store::read_document(ByteView bytes, const char* member, std::string where,
                                       JsonRead<Content> (*read)(const Json&), Reason malformed, Reason unsigned_reason) const {
  Document<Content> document;
  document.where = std::move(where);
  auto refuse = [&](Reason reason, const std::string& detail) {
    document.refusal = Refusal{reason, document.where + (detail.empty() ? "" : ": ") + detail};
  };
  auto signed_json = read_signed_json(bytes, member);
  if (!signed_json) return refuse(malformed, signed_json.error()), std::move(document);
  auto check = SignatureCheck::good;  // stays so when there is nobody to ask
  document.signer = find_signer(*signed_json, check);
  if (document.signer == nullptr) {
    const auto reason = check == SignatureCheck::good  ? Reason::tcb_signing_missing
                        : check == SignatureCheck::bad ? unsigned_reason
                                                       : Reason::signature_out_of_range;
    return refuse(reason, ""), std::move(document);
  }
  auto content = read(signed_json->value);
  if (content) {
    document.content = std::move(*content);
  } else {
    refuse(malformed, content.error());
  }
  return document;
}

}  // namespace sgxx::verify
