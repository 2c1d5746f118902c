// SPDX-License-Identifier: Apache-2.0
//
// From a quote to a verdict. Who signs what, and in which order it is checked:
//
//   attestation key ── signs ──> quote                              \.
//   quoting enclave's report data ── names ──> attestation key       >  the quote, and who made it
//   PCK ── signs ──> quoting enclave's report                       /
//   intermediate ── signs ──> PCK certificate, its CRL              \.
//   root ── signs ──> intermediate, TCB signing certificate, CRL     >  the platform
//   TCB signing key ── signs ──> TCB info, QE identity              /   and what is known of it
//
// A failure never ends the search for further ones, but nothing is concluded from what has not proved authentic.
#include <openssl/err.h>

#include <algorithm>

#include "verify/chain.h"
#include "verify/quote.h"
#include "verify/sgx_extension.h"
#include "verify/tcb_info.h"

namespace sgxx::verify {

constinit const FixedBytes<65> kIntelRootKey = {0x04, 0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6,
                                                0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85,
                                                0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5, 0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88,
                                                0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac, 0xc9, 0x88, 0xe5,
                                                0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94};

EnclaveIdentity identity_of(const isa::ReportBody& report) {
  EnclaveIdentity identity;
  identity.mr_enclave = report.mr_enclave;
  identity.mr_signer = report.mr_signer;
  identity.product_id = report.isv_prod_id;
  identity.version = report.isv_svn;
  identity.attributes = report.attributes.flags;
  identity.xfrm = report.attributes.xfrm;
  identity.misc_select = report.misc_select;
  identity.cet_attributes = report.cet_attributes;
  identity.cpu_svn = report.cpu_svn;
  identity.config_id = report.config_id;
  identity.config_svn = report.config_svn;
  identity.family_id = report.isv_family_id;
  identity.extended_product_id = report.isv_ext_prod_id;
  return identity;
}

namespace {

DomainIdentity domain_of(const isa::TdReport10& report) {
  DomainIdentity identity;
  identity.mr_td = report.mr_td;
  identity.rtmr = report.rtmr;
  identity.mr_config_id = report.mr_config_id;
  identity.mr_owner = report.mr_owner;
  identity.mr_owner_config = report.mr_owner_config;
  identity.attributes = report.td_attributes;
  identity.xfam = report.xfam;
  identity.tee_tcb_svn = report.tee_tcb_svn;
  identity.mr_seam = report.mr_seam;
  identity.mr_signer_seam = report.mr_signer_seam;
  identity.seam_attributes = report.seam_attributes;
  return identity;
}

/// One appraisal, from its parts to the verdict.
class Appraisal {
 public:
  Appraisal(const Store& store, std::span<const FixedBytes<65>> roots, Time as_of, Verdict& verdict)
      : store_(store), roots_(roots), as_of_(as_of), findings_(verdict), verdict_(verdict) {}

  void run(ByteView bytes);

 private:
  void describe();
  void check_quote();
  void read_certification();
  struct Pck {
    const Certificate* certificate = nullptr;
    SignatureCheck check{};  ///< of the quoting enclave's report with its key
  };
  Pck find_pck() const;
  void check_platform();
  void check_tcb_info();
  void check_level(const TcbInfo& info);
  void check_tdx_module(const TcbInfo& info);
  void check_qe_identity();
  Chains chains() { return {store_, own_, roots_, as_of_, findings_}; }
  template <class Content>
  bool is_authentic(const Document<Content>& document, Reason refusal);
  void check_signature(SignatureCheck check, Reason reason, const char* what);
  void check_dates(const DocumentHead& head, Reason too_early, Reason too_late);
  void add_advisories(const std::vector<std::string>& advisories);

  const Store& store_;
  std::span<const FixedBytes<65>> roots_;
  Time as_of_;
  Findings findings_;
  Verdict& verdict_;
  Quote quote_{};
  std::vector<Certificate> own_;        ///< that came with the quote
  bool platform_is_authentic_ = false;  ///< the PCK certificate is, and its key signed the quoting enclave's report
};

void Appraisal::run(ByteView bytes) {
  auto quote = parse_quote(bytes);
  if (!quote) {
    const auto& error = quote.error();
    return findings_.refuse(error.unsupported ? Reason::quote_unsupported : Reason::quote_malformed, error.text);
  }
  quote_ = *quote;
  describe();
  check_quote();
  read_certification();
  for (const auto& refusal : store_.refusals()) findings_.refuse(refusal.reason, refusal.detail);
  check_platform();
  check_tcb_info();
  check_qe_identity();
  verdict_.status = merge(verdict_.platform_status, verdict_.qe_status);
  if (verdict_.tdx_module_status) verdict_.status = merge(verdict_.status, *verdict_.tdx_module_status);
  if (verdict_.status == TcbStatus::revoked) findings_.refuse(Reason::tcb_revoked, "no policy can accept it");
}

void Appraisal::describe() {
  verdict_.quote_version = quote_.header.version;
  verdict_.qe_vendor = quote_.header.vendor_id;
  verdict_.qe_user_data = quote_.header.user_data;
  verdict_.quoting_enclave = identity_of(quote_.qe.qe_report);
  if (quote_.enclave) {
    verdict_.enclave = identity_of(*quote_.enclave);
    verdict_.report_data = quote_.enclave->report_data;
  } else {
    verdict_.domain = domain_of(*quote_.domain);
    verdict_.report_data = quote_.domain->report_data;
    if (quote_.domain_15) {
      verdict_.domain->tee_tcb_svn_2 = quote_.domain_15->tee_tcb_svn_2;
      verdict_.domain->mr_service_td = quote_.domain_15->mr_service_td;
    }
  }
}

void Appraisal::check_signature(SignatureCheck check, Reason reason, const char* what) {
  if (check == SignatureCheck::bad) findings_.refuse(reason, what);
  if (check == SignatureCheck::out_of_range) findings_.refuse(Reason::signature_out_of_range, what);
}

void Appraisal::check_quote() {
  if (auto key = PublicKey::from_point(quote_.attestation_key)) {
    check_signature(key->verify(quote_.signed_part, quote_.signature), Reason::quote_signature, "the quote's signature");
  } else {
    findings_.refuse(Reason::attestation_key, "");
  }
  std::array<u8, 64> expected{};
  const auto hash = sha256(as_bytes_of(quote_.attestation_key), quote_.authentication_data);
  std::ranges::copy(hash, expected.begin());
  if (quote_.qe.qe_report.report_data != expected) findings_.refuse(Reason::attestation_key_unbound, "");
}

void Appraisal::read_certification() {
  auto& certification = verdict_.certification;
  certification.type = quote_.certification_type;
  const auto type = static_cast<isa::CertificationType>(certification.type);
  if (type == isa::CertificationType::pck_certificate || type == isa::CertificationType::pck_chain) {
    std::vector<Refusal> refusals;
    own_ = read_certificates(quote_.certification, "certificates of the quote", store_.certificates(), refusals);
    for (const auto& refusal : refusals) findings_.refuse(refusal.reason, refusal.detail);
    if (type == isa::CertificationType::pck_chain) return;
    auto blocks = der_blocks_of(quote_.certification, kCertificateLabel);
    if (blocks && blocks->size() != 1) findings_.refuse(Reason::quote_malformed, "several certificates where one is due");
    return;
  }
  auto hint = platform_hint_of(quote_);
  if (!hint) {
    return findings_.refuse(Reason::quote_malformed,
                            "certification data of " + std::to_string(quote_.certification.size()) + " bytes");
  }
  certification.ppid.assign(hint->ppid.begin(), hint->ppid.end());
  certification.cpu_svn = hint->cpu_svn;
  certification.pce_svn = hint->pce_svn;
  certification.pce_id = hint->pce_id;
}

/// The quote's own PCK certificate; without one, that of the collateral whose key signed the quoting enclave's report.
Appraisal::Pck Appraisal::find_pck() const {
  Pck first;
  for (const auto& certificate : own_.empty() ? store_.certificates() : std::span<const Certificate>(own_)) {
    if (!certificate.sgx_extension()) continue;
    const auto check = certificate.key().verify(as_bytes_of(quote_.qe.qe_report), quote_.qe.signature);
    if (check == SignatureCheck::good) return {&certificate, check};
    if (first.certificate == nullptr) first = {&certificate, check};
  }
  return first;
}

void Appraisal::check_platform() {
  const auto [pck, check] = find_pck();
  if (pck == nullptr) return findings_.refuse(Reason::pck_certificate_missing, "");
  check_signature(check, Reason::qe_report_signature, "the signature of the quoting enclave's report");
  const auto path = chains().check(*pck, Role::pck);
  platform_is_authentic_ = path.authentic && check == SignatureCheck::good;
  if (path.root != nullptr) {
    chains().check_strays(path);
    verdict_.root_key = path.root->point();
    const bool insecure = path.root->name().starts_with(isa::certificate_name::insecure);
    verdict_.root = path.root->point() == kIntelRootKey ? Root::intel : insecure ? Root::insecure : Root::other;
  }
  auto platform = read_sgx_extension(*pck->sgx_extension());
  if (!platform) {
    platform_is_authentic_ = false;
    return findings_.refuse(Reason::pck_extension, platform.error());
  }
  verdict_.platform = *platform;
  const auto& certification = verdict_.certification;
  if (certification.type == static_cast<u16>(isa::CertificationType::ppid_plain) &&
      !std::ranges::equal(certification.ppid, platform->ppid)) {
    findings_.refuse(Reason::ppid_mismatch, "");
  }
}

/// Signed by a TCB signing certificate under the platform's own root.
template <class Content>
bool Appraisal::is_authentic(const Document<Content>& document, Reason refusal) {
  if (document.refusal) findings_.refuse(document.refusal->reason, document.refusal->detail);
  // Without a root of the platform there is nothing to compare with, and a refusal that says so.
  if (document.signer == nullptr || verdict_.root == Root::none) return false;
  const auto path = chains().check(*document.signer, Role::tcb_signing);
  if (path.root != nullptr && path.root->point() != verdict_.root_key) {
    findings_.refuse(refusal, document.where + ": under another root than the platform");
    return false;
  }
  return path.authentic && document.content;
}

void Appraisal::check_dates(const DocumentHead& head, Reason too_early, Reason too_late) {
  if (as_of_ < head.issued) findings_.refuse(too_early, "");
  if (as_of_ > head.next_update) findings_.refuse(too_late, "");
  findings_.expires(head.next_update);
}

void Appraisal::add_advisories(const std::vector<std::string>& advisories) {
  for (const auto& advisory : advisories) {
    if (std::ranges::find(verdict_.advisories, advisory) == verdict_.advisories.end()) verdict_.advisories.push_back(advisory);
  }
}

/// Of several the one with the highest evaluation number.
template <class Content>
void keep_newer(const Content*& kept, const Content& candidate) {
  if (kept == nullptr || candidate.evaluation_number > kept->evaluation_number) kept = &candidate;
}

void Appraisal::check_tcb_info() {
  const TcbInfo* info = nullptr;
  bool others = false, doubtful = false;
  for (const auto& document : store_.tcb_infos()) {
    if (!is_authentic(document, Reason::tcb_info_signature)) {
      doubtful = true;
    } else if (document.content->id == (quote_.domain ? "TDX" : "SGX")) {
      const auto& platform = verdict_.platform;
      const bool fits = platform && document.content->fmspc == platform->fmspc && document.content->pce_id == platform->pce_id;
      others = others || !fits;
      if (fits) keep_newer(info, *document.content);
    }
  }
  if (info != nullptr) return check_level(*info);
  if (others) findings_.refuse(Reason::tcb_info_other_platform, "");
  if (!others && !doubtful) findings_.refuse(Reason::tcb_info_missing, "");
}

void Appraisal::check_level(const TcbInfo& info) {
  check_dates(info, Reason::tcb_info_not_yet_valid, Reason::tcb_info_expired);
  verdict_.tcb_evaluation_number = info.evaluation_number;
  if (!platform_is_authentic_) return;
  std::optional<FixedBytes<16>> tee_tcb_svn;
  if (quote_.domain) tee_tcb_svn = quote_.domain->tee_tcb_svn;
  if (const auto* level = find_level(info, *verdict_.platform, tee_tcb_svn)) {
    verdict_.platform_status = level->status;
    verdict_.tcb_date = level->date;
    add_advisories(level->advisories);
  } else {
    findings_.refuse(Reason::tcb_level_missing, "");
  }
  if (quote_.domain) check_tdx_module(info);
}

/// The module's generation is the second byte of TEE_TCB_SVN and its SVN the first; the first generation's SVN is part of the TCB
/// level, later ones have an identity with levels of its own.
void Appraisal::check_tdx_module(const TcbInfo& info) {
  const auto& report = *quote_.domain;
  const u8 generation = report.tee_tcb_svn[1];
  const TdxModule* module = info.tdx_module ? &*info.tdx_module : nullptr;
  if (generation != 0) {
    const auto id = "TDX_" + to_hex(as_bytes_of(generation));
    auto same = [&](const TdxModule& identity) {
      return std::ranges::equal(identity.id, id, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    };
    auto found = std::ranges::find_if(info.tdx_module_identities, same);
    module = found == info.tdx_module_identities.end() ? nullptr : &*found;
  }
  if (module == nullptr) return findings_.refuse(Reason::tdx_module, "of generation " + std::to_string(generation));
  if (report.mr_signer_seam != module->mr_signer) findings_.refuse(Reason::tdx_module, "MRSIGNERSEAM");
  const auto attributes = as_bytes_of(report.seam_attributes);
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if ((attributes[i] & module->attributes_mask[i]) != module->attributes[i]) {
      return findings_.refuse(Reason::tdx_module, "SEAMATTRIBUTES");
    }
  }
  if (generation == 0) return;
  const auto* level = find_level(module->levels, report.tee_tcb_svn[0]);
  if (level == nullptr) return findings_.refuse(Reason::tdx_module, "SVN " + std::to_string(report.tee_tcb_svn[0]));
  verdict_.tdx_module_status = level->status;
  add_advisories(level->advisories);
}

bool fits(const QeIdentity& identity, const isa::ReportBody& report, Findings& findings) {
  const auto before = findings.verdict.refusals.size();
  auto masked_equal = [](ByteView value, ByteView mask, ByteView wanted) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if ((value[i] & mask[i]) != wanted[i]) return false;
    }
    return true;
  };
  auto refuse = [&](const char* what) { findings.refuse(Reason::qe_identity_mismatch, what); };
  if (report.mr_signer != identity.mr_signer) refuse("MRSIGNER");
  if (report.isv_prod_id != identity.product_id) refuse("ISVPRODID");
  if (!masked_equal(as_bytes_of(report.misc_select), identity.misc_select_mask, identity.misc_select)) refuse("MISCSELECT");
  if (!masked_equal(as_bytes_of(report.attributes), identity.attributes_mask, identity.attributes)) refuse("ATTRIBUTES");
  // Whatever the mask leaves open: a key in memory that the host reads binds nothing.
  if ((report.attributes.flags & isa::attribute::debug) != 0) refuse("a debug enclave");
  return findings.verdict.refusals.size() == before;
}

void Appraisal::check_qe_identity() {
  const QeIdentity* identity = nullptr;
  bool doubtful = false;
  for (const auto& document : store_.qe_identities()) {
    if (!is_authentic(document, Reason::qe_identity_signature)) {
      doubtful = true;
    } else if (document.content->id == (quote_.domain ? "TD_QE" : "QE")) {
      keep_newer(identity, *document.content);
    }
  }
  if (identity == nullptr) {
    if (!doubtful) findings_.refuse(Reason::qe_identity_missing, "");
    return;
  }
  check_dates(*identity, Reason::qe_identity_not_yet_valid, Reason::qe_identity_expired);
  verdict_.qe_evaluation_number = identity->evaluation_number;
  if (!fits(*identity, quote_.qe.qe_report, findings_) || !platform_is_authentic_) return;
  const auto* level = find_level(identity->levels, quote_.qe.qe_report.isv_svn);
  if (level == nullptr) return findings_.refuse(Reason::qe_level_missing, "");
  verdict_.qe_status = level->status;
  add_advisories(level->advisories);
}

}  // namespace

std::optional<FixedBytes<65>> root_key_of(ByteView certificate) {
  auto blocks = der_blocks_of(certificate, kCertificateLabel);
  if (!blocks || blocks->size() != 1) return std::nullopt;
  auto parsed = Certificate::parse((*blocks)[0]);
  if (!parsed) return std::nullopt;
  return parsed->point();
}

namespace {

/// OpenSSL notes each failure in a queue that belongs to the caller's thread: what is noted here goes again.
class ErrorMark {
 public:
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

}  // namespace

struct Verifier::State {
  Store store;
  std::vector<FixedBytes<65>> roots;
};

Verifier::Verifier(const Collateral& collateral, std::span<const FixedBytes<65>> roots) {
  const ErrorMark mark;
  state_ = std::make_unique<const State>(State{Store(collateral), {roots.begin(), roots.end()}});
}
Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;

Verdict Verifier::appraise(ByteView quote, Time as_of) const {
  const ErrorMark mark;
  Verdict verdict;
  Appraisal(state_->store, state_->roots, as_of, verdict).run(quote);
  return verdict;
}

Verdict appraise(ByteView quote, const Collateral& collateral, std::span<const FixedBytes<65>> roots, Time as_of) {
  return Verifier(collateral, roots).appraise(quote, as_of);
}

Verdict verify(ByteView quote, const Collateral& collateral, const Policy& policy, Time as_of) {
  auto verdict = appraise(quote, collateral, policy.roots, as_of);
  judge(verdict, policy, as_of);
  return verdict;
}

}  // namespace sgxx::verify
