// SPDX-License-Identifier: Apache-2.0
//
// Collateral, read once: certificates and revocation lists in any order, who signed which, and signed documents with their
// signers. Nothing here depends on the time or on a quote.
#pragma once

#include "verify/certificate.h"
#include "verify/tcb_info.h"

namespace sgxx::verify {

inline constexpr std::string_view kCertificateLabel = "CERTIFICATE";
inline constexpr std::string_view kRevocationListLabel = "X509 CRL";

/// More than any platform has: a bound on the work that evidence can cause.
inline constexpr std::size_t kMostObjects = 64;

/// PEM (with any number of blocks of this label), one DER, or, if `label` is that of CRLs, DER in hexadecimal.
std::optional<std::vector<Bytes>> der_blocks_of(ByteView text, std::string_view label);

/// Reads the certificates in `text`; what cannot be read goes into `refusals`. Authorities among `known` are left out: that saves
/// reading and checking them again.
std::vector<Certificate> read_certificates(ByteView text, const std::string& where, std::span<const Certificate> known,
                                           std::vector<Refusal>& refusals);

/// A signed document. `content` is set when it could be read and one of the certificates signed it.
template <class Content>
struct Document {
  std::string where;
  std::optional<Refusal> refusal;
  std::optional<Content> content;
  const Certificate* signer = nullptr;
};

class Store {
 public:
  explicit Store(const Collateral& collateral);

  std::span<const Certificate> certificates() const { return certificates_; }
  std::span<const RevocationList> lists() const { return lists_; }
  std::span<const Document<TcbInfo>> tcb_infos() const { return tcb_infos_; }
  std::span<const Document<QeIdentity>> qe_identities() const { return qe_identities_; }
  /// What could not be read of certificates and lists.
  const std::vector<Refusal>& refusals() const { return refusals_; }

  /// Looked up where both are of this store, computed otherwise.
  bool is_signed_by(const Certificate& certificate, const Certificate& issuer) const;
  bool is_signed_by(const RevocationList& list, const Certificate& issuer) const;

 private:
  using Signed = std::pair<const void*, const Certificate*>;

  void read_lists(ByteView text, const std::string& where);
  void find_signers();
  template <class Content>
  Document<Content> read_document(ByteView bytes, const char* member, std::string where, JsonRead<Content> (*read)(const Json&),
                                  Reason malformed, Reason unsigned_reason) const;
  const Certificate* find_signer(const SignedJson& document, SignatureCheck& check) const;
  bool owns(const Certificate& certificate) const;

  std::vector<Certificate> certificates_;
  std::vector<RevocationList> lists_;
  std::vector<Signed> signed_;  ///< (what, by whom) of all that are right, sorted
  std::vector<Document<TcbInfo>> tcb_infos_;
  std::vector<Document<QeIdentity>> qe_identities_;
  std::vector<Refusal> refusals_;
};

}  // namespace sgxx::verify
