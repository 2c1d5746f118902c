// SPDX-License-Identifier: Apache-2.0
//
// `sgxx verify`: whether a quote is genuine, and whether a policy accepts it. Reads files that are named, asks
// a caching service that is named, and nothing else.
#include <fmt/format.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/verdict_text.h"
#include "verify/files/caching_service.h"
#include "verify/files/collateral_folder.h"
#include "verify/files/policy_file.h"
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

Result<int> run(const VerifyOptions& options) {
  const auto as_of = TRY(time_of(options.as_of));
  const auto quote = TRY(read_file(options.input));
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
  command->add_option("file", options->input, "A quote: version 3, 4 or 5, of an SGX enclave or a TDX trust domain")->required();
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
  command->add_flag("--json", options->json, "For scripts");
  command->footer(kFooter);
  choose(*command, chosen, options, run);
}

}  // namespace sgxx::cli
