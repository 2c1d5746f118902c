// SPDX-License-Identifier: Apache-2.0
//
// `sgxx verify`: whether a quote, alone or in a certificate, is genuine, and whether a policy accepts it. Reads files that are
// named, asks a caching service that is named, and nothing else.
#include <fmt/format.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/hex.h"
#include "cli/verdict_text.h"
#include "tls/certificate.h"
#include "verify/files/caching_service.h"
#include "verify/files/collateral_folder.h"
#include "verify/files/policy_file.h"
#include "verify/store.h"
#include "verify/time_text.h"

namespace sgxx::cli {
namespace {

struct VerifyOptions {
  std::string input;
  std::string policy;
  std::vector<std::string> collateral;
  std::vector<std::string> roots;
  std::string service;
  std::string service_authorities;
  std::string as_of;
  std::string nonce;
  bool json = false;
};

Result<verify::Time> time_of(const std::string& text) {
  if (text.empty()) return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto time = verify::time_from(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (!time) return bad_input("--as-of " + text + ": expected a time such as 2026-01-31 or 2026-01-31T12:00:00Z");
  return *time;
}

Result<void> add_roots(const std::vector<std::string>& files, verify::Policy& policy) {
  for (const auto& file : files) {
    auto key = verify::root_key_of(TRY(read_file(file)));
    if (!key) return bad_input(file + ": expected one certificate with a key on P-256, in PEM or DER");
    policy.roots.push_back(*key);
  }
  return {};
}

int exit_code_of(const verify::Verdict& verdict) {
  if (verdict.accepted()) return exit_code::ok;
  return verdict.genuine() && !verdict.judged ? exit_code::unjudged : exit_code::refused;
}

/// A quote, perhaps from a certificate, and what is wrong with that certificate.
struct Subject {
  verify::Bytes quote;
  std::optional<verify::FixedBytes<64>> report_data;  ///< that binds the quote to the certificate
  std::vector<verify::Refusal> refusals;
};

Subject subject_of(verify::Bytes bytes, const std::string& nonce, verify::Time as_of) {
  const bool is_certificate = !bytes.empty() && (bytes[0] == '-' || bytes[0] == 0x30);
  Subject subject;
  auto refuse = [&](std::string detail) { subject.refusals.push_back({verify::Reason::evidence, std::move(detail)}); };
  if (!is_certificate) {
    subject.quote = std::move(bytes);
    if (!nonce.empty()) refuse("a nonce is part of certificates, and this is a quote");
    return subject;
  }
  auto blocks = verify::der_blocks_of(bytes, verify::kCertificateLabel);
  const unsigned char* position = blocks && blocks->size() == 1 ? blocks->front().data() : nullptr;
  const tls::Certificate certificate(
      position == nullptr ? nullptr : d2i_X509(nullptr, &position, static_cast<long>(blocks->front().size())));
  if (certificate == nullptr) return refuse("not one certificate in PEM or DER"), subject;
  try {
    auto presented = tls::read_certificate(certificate.get(), as_of);
    subject.quote = std::move(presented.evidence.quote);
    subject.report_data = tls::report_data_of(presented.evidence.claims);
    if (!nonce.empty() && hex(presented.claims.nonce) != nonce) refuse("made for another nonce");
  } catch (const SdkError& error) {
    refuse(error.what());
  }
  return subject;
}

Result<int> run(const VerifyOptions& options) {
  const auto as_of = TRY(time_of(options.as_of));
  const auto subject = subject_of(TRY(read_file(options.input)), options.nonce, as_of);
  const auto& quote = subject.quote;
  verify::Policy policy;
  if (!options.policy.empty()) policy = TRY(verify::read_policy(options.policy));
  TRY(add_roots(options.roots, policy));
  verify::Collateral collateral;
  std::vector<std::string> passed_over;
  for (const auto& path : options.collateral) TRY(verify::read_collateral(path, collateral, passed_over));
  if (!options.service.empty()) {
    verify::HttpOptions http;
    http.authorities = options.service_authorities;
    TRY(verify::fetch_collateral(options.service, quote, http, collateral));
  }
  auto verdict = verify::appraise(quote, collateral, policy.roots, as_of);
  verdict.refusals.insert(verdict.refusals.begin(), subject.refusals.begin(), subject.refusals.end());
  if (subject.report_data && *subject.report_data != verdict.report_data) {
    verdict.refusals.push_back({verify::Reason::evidence, "the quote was made for something else"});
  }
  if (!options.policy.empty()) verify::judge(verdict, policy, as_of);
  if (options.json) {
    fmt::print("{}\n", verify::to_json(verdict));
  } else {
    fmt::print("{}", verdict_text(verdict, options.input));
  }
  return exit_code_of(verdict);
}

constexpr auto kFooter =
    R"(Without a policy nobody has said which enclave is expected, so nothing is accepted: the command tells whether the
quote is genuine, and of whom it speaks. docs/attestation.md shows how to write a policy.

Exit codes: 0 the policy accepts it; 1 refused; 3 genuine, and no policy was given.

Examples:
  sgxx verify quote.dat --collateral collateral/ --policy policy.toml
  sgxx verify quote.dat --collateral collateral/ --as-of 2026-01-31 --json | jq .tcb
  sgxx verify quote.dat --service https://localhost:8081 --policy policy.toml
  sgxx verify quote.dat --collateral collateral/ --root test_root.pem)";

}  // namespace

void add_verify(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<VerifyOptions>();
  auto* command = app.add_subcommand("verify", "Say whether a quote is genuine, and whether a policy accepts it");
  command->add_option("file", options->input, "A quote (version 3, 4 or 5, SGX or TDX), or a certificate of attested TLS")
      ->required();
  command->add_option("--policy", options->policy, "Who is accepted, in which state (TOML)")->type_name("FILE");
  command->add_option("--collateral", options->collateral, "Certificates, CRLs, TCB info and QE identity: a folder, or files")
      ->type_name("PATH");
  command->add_option("--service", options->service, "Fetch collateral from this caching service (PCCS)")->type_name("URL");
  command
      ->add_option("--service-authorities", options->service_authorities,
                   "PEM file of who may vouch for it (default: the system's)")
      ->type_name("FILE");
  command->add_option("--root", options->roots, "Trust this root certificate's key, too; alone, in place of Intel's")
      ->type_name("FILE");
  command->add_option("--as-of", options->as_of, "The time at which dates are looked at (default: now)")->type_name("TIME");
  command->add_option("--nonce", options->nonce, "What a certificate's evidence must have been made for, hexadecimal")
      ->type_name("HEX");
  command->add_flag("--json", options->json, "For scripts");
  command->footer(kFooter);
  choose(*command, chosen, options, run);
}

}  // namespace sgxx::cli
