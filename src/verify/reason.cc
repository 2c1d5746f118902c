// SPDX-License-Identifier: Apache-2.0
//
// One row for each reason, in the order of the enumeration, and one for each token of `accept`.
#include <algorithm>
#include <iterator>

#include "sgxx/verify.h"

namespace sgxx::verify {
namespace {

struct ReasonRow {
  Reason reason;
  const char* name;
  const char* explanation;
};
constexpr ReasonRow kReasons[] = {
    {Reason::quote_malformed, "quote-malformed", "the quote is broken"},
    {Reason::quote_unsupported, "quote-unsupported", "a quote of a kind that is not known here"},
    {Reason::evidence, "evidence", "the certificate that carries the quote is not what it must be"},
    {Reason::quote_signature, "quote-signature", "the attestation key did not sign this"},
    {Reason::signature_out_of_range, "signature-out-of-range", "a signature's r or s is no number that a signer gives"},
    {Reason::attestation_key, "attestation-key", "the attestation key is no point on P-256"},
    {Reason::attestation_key_unbound, "attestation-key-unbound",
     "the quoting enclave's report does not name this attestation key"},
    {Reason::qe_report_signature, "qe-report-signature", "the platform's PCK did not sign the quoting enclave's report"},
    {Reason::certificate_malformed, "certificate-malformed", "a certificate cannot be read"},
    {Reason::pck_certificate_missing, "pck-certificate-missing", "the platform's PCK certificate is missing"},
    {Reason::pck_extension, "pck-extension", "the PCK certificate's SGX extension is not what it must be"},
    {Reason::ppid_mismatch, "ppid-mismatch", "the quote names another platform than the PCK certificate"},
    {Reason::chain_incomplete, "chain-incomplete", "a certificate's issuer is missing"},
    {Reason::chain_signature, "chain-signature", "a certificate was not signed by its issuer"},
    {Reason::root_untrusted, "root-untrusted", "the chain ends in a root key that is not trusted"},
    {Reason::certificate_profile, "certificate-profile", "a certificate may not be used for this"},
    {Reason::certificate_not_yet_valid, "certificate-not-yet-valid", "a certificate begins later"},
    {Reason::certificate_expired, "certificate-expired", "a certificate has ended"},
    {Reason::certificate_revoked, "certificate-revoked", "a certificate was revoked"},
    {Reason::crl_malformed, "crl-malformed", "a revocation list cannot be read"},
    {Reason::crl_missing, "crl-missing", "a revocation list is missing"},
    {Reason::crl_signature, "crl-signature", "a revocation list was not signed by its issuer"},
    {Reason::crl_not_yet_valid, "crl-not-yet-valid", "a revocation list begins later"},
    {Reason::crl_expired, "crl-expired", "a revocation list has ended"},
    {Reason::tcb_signing_missing, "tcb-signing-missing", "the certificate that signs TCB info and QE identity is missing"},
    {Reason::tcb_info_malformed, "tcb-info-malformed", "TCB info cannot be read"},
    {Reason::tcb_info_missing, "tcb-info-missing", "TCB info is missing"},
    {Reason::tcb_info_signature, "tcb-info-signature", "TCB info was not signed by a trusted key"},
    {Reason::tcb_info_not_yet_valid, "tcb-info-not-yet-valid", "TCB info begins later"},
    {Reason::tcb_info_expired, "tcb-info-expired", "TCB info has ended"},
    {Reason::tcb_info_other_platform, "tcb-info-other-platform", "TCB info is about other platforms"},
    {Reason::tcb_level_missing, "tcb-level-missing", "the platform is below every TCB level"},
    {Reason::tcb_revoked, "tcb-revoked", "the TCB level was revoked"},
    {Reason::tdx_module, "tdx-module", "the TDX module is not one that TCB info knows"},
    {Reason::qe_identity_malformed, "qe-identity-malformed", "QE identity cannot be read"},
    {Reason::qe_identity_missing, "qe-identity-missing", "QE identity is missing"},
    {Reason::qe_identity_signature, "qe-identity-signature", "QE identity was not signed by a trusted key"},
    {Reason::qe_identity_not_yet_valid, "qe-identity-not-yet-valid", "QE identity begins later"},
    {Reason::qe_identity_expired, "qe-identity-expired", "QE identity has ended"},
    {Reason::qe_identity_mismatch, "qe-identity-mismatch", "the quoting enclave is another than QE identity describes"},
    {Reason::qe_level_missing, "qe-level-missing", "the quoting enclave is below every level"},
    {Reason::policy_names_nobody, "policy-names-nobody", "the policy names no enclave or trust domain"},
    {Reason::identity_not_accepted, "identity-not-accepted", "not one of those that the policy names"},
    {Reason::debug, "debug", "the host may read its memory"},
    {Reason::attributes, "attributes", "attributes that no policy can accept, or that this one does not"},
    {Reason::insecure_root, "insecure-root", "a software platform, which protects nothing"},
    {Reason::tcb_status, "tcb-status", "the platform's status is not one that the policy accepts"},
    {Reason::advisory, "advisory", "a security advisory that the policy does not accept"},
    {Reason::evaluation_number, "evaluation-number", "collateral is older than the policy allows"},
    {Reason::crl_number, "crl-number", "a revocation list is older than the policy allows"},
    {Reason::platform_not_listed, "platform-not-listed", "the platform is not one of those that the policy lists"},
    {Reason::time_before_bound, "time-before-bound", "the time is before the policy's trusted bound"},
    {Reason::report_data, "report-data", "the report data is not what was expected"},
};
constexpr const ReasonRow& row_of(Reason reason) { return kReasons[static_cast<unsigned>(reason)]; }
static_assert(std::ranges::all_of(kReasons, [](const ReasonRow& row) { return &row == &row_of(row.reason); }) &&
              std::size(kReasons) == static_cast<unsigned>(kLastReason) + 1);

constexpr const char* kAccept[] = {"debug",
                                   "insecure-root",
                                   "sw-hardening-needed",
                                   "configuration-needed",
                                   "configuration-and-sw-hardening-needed",
                                   "out-of-date",
                                   "out-of-date-configuration-needed",
                                   "any-advisory",
                                   "provision-key"};
static_assert(std::size(kAccept) == static_cast<unsigned>(kLastAccept) + 1);

constexpr const char* kRoots[] = {"none", "intel", "insecure", "other"};

}  // namespace

const char* name_of(Reason reason) { return row_of(reason).name; }
const char* explanation_of(Reason reason) { return row_of(reason).explanation; }
const char* name_of(Root root) { return kRoots[static_cast<unsigned>(root)]; }
const char* name_of(Accept token) { return kAccept[static_cast<unsigned>(token)]; }

std::optional<Accept> accept_named(std::string_view name) {
  const auto* found = std::ranges::find(kAccept, name);
  if (found == std::end(kAccept)) return std::nullopt;
  return static_cast<Accept>(found - std::begin(kAccept));
}

bool Verdict::genuine() const {
  return std::ranges::all_of(refusals, [](const Refusal& refusal) { return refusal.reason >= kFirstPolicyReason; });
}

bool Verdict::has(Reason reason) const {
  return std::ranges::any_of(refusals, [&](const Refusal& refusal) { return refusal.reason == reason; });
}

bool Policy::accepts(Accept token) const { return std::ranges::find(accept, token) != accept.end(); }

}  // namespace sgxx::verify
