// SPDX-License-Identifier: Apache-2.0
//
// What a policy has to say of a verdict. Every condition is looked at, so that one run tells all that is wrong.
#include <algorithm>

#include "isa/quote.h"
#include "sgxx/verify.h"
#include "verify/hex.h"

namespace sgxx::verify {
namespace {

constexpr std::optional<Accept> token_for(TcbStatus status) {
  switch (status) {
    case TcbStatus::sw_hardening_needed: return Accept::sw_hardening_needed;
    case TcbStatus::configuration_needed: return Accept::configuration_needed;
    case TcbStatus::configuration_and_sw_hardening_needed: return Accept::configuration_and_sw_hardening_needed;
    case TcbStatus::out_of_date: return Accept::out_of_date;
    case TcbStatus::out_of_date_configuration_needed: return Accept::out_of_date_configuration_needed;
    case TcbStatus::up_to_date:
    case TcbStatus::revoked:
    case TcbStatus::unknown: break;
  }
  return std::nullopt;
}

template <std::size_t length>
bool is_zero(const FixedBytes<length>& bytes) {
  return std::ranges::all_of(bytes, [](u8 byte) { return byte == 0; });
}

template <class T>
bool matches(const std::optional<Masked<T>>& rule, T value) {
  return !rule || (value & rule->mask) == (rule->value & rule->mask);
}

/// Whether a rule names somebody at all.
bool names_somebody(const EnclaveRule& rule) {
  return rule.mr_enclave || (rule.mr_signer && rule.product_id && rule.min_version);
}
bool names_somebody(const DomainRule& rule) { return rule.mr_td.has_value(); }

/// What does not fit, in words; empty when all does.
class Mismatches {
 public:
  template <class T>
  void must_equal(const std::optional<T>& wanted, const T& has, const char* what) {
    add(!wanted || *wanted == has, what);
  }
  /// For what a host chooses when it launches somebody.
  template <std::size_t length>
  void must_equal_or_be_zero(const std::optional<FixedBytes<length>>& wanted, const FixedBytes<length>& has, bool any,
                             const char* what) {
    add(wanted ? *wanted == has : any || is_zero(has), what);
  }
  void add(bool fits, const char* what) {
    if (!fits) text_ += (text_.empty() ? "" : ", ") + std::string(what);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string mismatches(const EnclaveRule& rule, const EnclaveIdentity& enclave) {
  Mismatches wrong;
  wrong.must_equal(rule.mr_enclave, enclave.mr_enclave, "MRENCLAVE");
  wrong.must_equal(rule.mr_signer, enclave.mr_signer, "MRSIGNER");
  wrong.must_equal(rule.product_id, enclave.product_id, "product");
  wrong.add(!rule.min_version || enclave.version >= *rule.min_version, "version");
  wrong.must_equal(rule.family_id, enclave.family_id, "family id");
  wrong.must_equal(rule.extended_product_id, enclave.extended_product_id, "extended product id");
  wrong.must_equal_or_be_zero(rule.config_id, enclave.config_id, rule.any_config, "configuration id");
  wrong.add(rule.min_config_svn ? enclave.config_svn >= *rule.min_config_svn
                                : rule.any_config || rule.config_id || enclave.config_svn == 0,
            "configuration SVN");
  wrong.add(matches(rule.attributes, enclave.attributes), "attributes");
  wrong.add(matches(rule.xfrm, enclave.xfrm), "XFRM");
  wrong.add(matches(rule.misc_select, enclave.misc_select), "MISCSELECT");
  return wrong.text();
}

std::string mismatches(const DomainRule& rule, const DomainIdentity& domain) {
  static constexpr const char* kRegisters[] = {"RTMR0", "RTMR1", "RTMR2", "RTMR3"};
  Mismatches wrong;
  wrong.must_equal(rule.mr_td, domain.mr_td, "MRTD");
  for (unsigned i = 0; i < 4; ++i) wrong.must_equal(rule.rtmr[i], domain.rtmr[i], kRegisters[i]);
  wrong.must_equal_or_be_zero(rule.mr_config_id, domain.mr_config_id, rule.any_config, "MRCONFIGID");
  wrong.must_equal_or_be_zero(rule.mr_owner, domain.mr_owner, rule.any_config, "MROWNER");
  wrong.must_equal_or_be_zero(rule.mr_owner_config, domain.mr_owner_config, rule.any_config, "MROWNERCONFIG");
  wrong.add(matches(rule.attributes, domain.attributes), "TD attributes");
  wrong.add(matches(rule.xfam, domain.xfam), "XFAM");
  return wrong.text();
}

class Judgement {
 public:
  Judgement(Verdict& verdict, const Policy& policy) : verdict_(verdict), policy_(policy) {}

  void identity();
  void attributes();
  void platform();
  void collateral();
  void caller(Time as_of);

 private:
  void refuse(Reason reason, std::string detail) { verdict_.refusals.push_back({reason, std::move(detail)}); }

  template <class Rule, class Identity>
  void find_rule(const std::vector<Rule>& rules, const Identity& identity) {
    std::string why;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!names_somebody(rules[i])) continue;
      const auto wrong = mismatches(rules[i], identity);
      if (wrong.empty()) return;
      why += (why.empty() ? "" : "; ") + ("rule " + std::to_string(i + 1)) + ": " + wrong;
    }
    refuse(Reason::identity_not_accepted, why.empty() ? "the policy has no rule for this kind" : "other " + why);
  }

  Verdict& verdict_;
  const Policy& policy_;
};

void Judgement::identity() {
  auto incomplete = [](const auto& rule) { return !names_somebody(rule); };
  if (policy_.enclaves.empty() && policy_.domains.empty()) refuse(Reason::policy_names_nobody, "");
  if (std::ranges::any_of(policy_.enclaves, incomplete) || std::ranges::any_of(policy_.domains, incomplete)) {
    refuse(Reason::policy_names_nobody, "a rule lacks MRENCLAVE, or MRSIGNER with product and lowest version, or MRTD");
  }
  if (verdict_.enclave) find_rule(policy_.enclaves, *verdict_.enclave);
  if (verdict_.domain) find_rule(policy_.domains, *verdict_.domain);
}

void Judgement::attributes() {
  using namespace isa::attribute;
  if (verdict_.enclave) {
    const u64 flags = verdict_.enclave->attributes;
    if ((flags & debug) != 0 && !policy_.accepts(Accept::debug)) refuse(Reason::debug, "the DEBUG attribute");
    if ((flags & init) == 0) refuse(Reason::attributes, "not initialised");
    if ((flags & mode64) == 0) refuse(Reason::attributes, "not a 64-bit enclave");
    if ((flags & (provision_key | einit_token_key)) != 0 && !policy_.accepts(Accept::provision_key)) {
      refuse(Reason::attributes, "it may derive provisioning or launch keys");
    }
  }
  if (verdict_.domain) {
    // Bits 7:0 are all debugging of some sort ("TUD", TD under debug).
    constexpr u64 kUnderDebug = 0xff;
    if ((verdict_.domain->attributes & kUnderDebug) != 0 && !policy_.accepts(Accept::debug)) {
      refuse(Reason::debug, "the trust domain is under debug");
    }
  }
}

void Judgement::platform() {
  if (verdict_.root == Root::insecure && !policy_.accepts(Accept::insecure_root)) refuse(Reason::insecure_root, "");
  const auto token = token_for(verdict_.status);
  if (verdict_.status != TcbStatus::up_to_date && !(token && policy_.accepts(*token))) {
    refuse(Reason::tcb_status, name_of(verdict_.status));
  }
  if (!policy_.accepts(Accept::any_advisory)) {
    for (const auto& advisory : verdict_.advisories) {
      if (std::ranges::find(policy_.advisories, advisory) == policy_.advisories.end()) refuse(Reason::advisory, advisory);
    }
  }
  if (policy_.platforms.empty()) return;
  auto is_listed = [&](const FixedBytes<16>& id) { return std::ranges::find(policy_.platforms, id) != policy_.platforms.end(); };
  const auto& here = verdict_.platform;
  if (!here || !(is_listed(here->ppid) || (here->platform_instance && is_listed(*here->platform_instance)))) {
    refuse(Reason::platform_not_listed, here ? "PPID " + to_hex(here->ppid) : "");
  }
}

void Judgement::collateral() {
  auto at_least = [&](const auto& has, auto lowest, Reason reason, const char* what) {
    if (lowest == 0 || (has && *has >= lowest)) return;
    refuse(reason, std::string(what) + " is " + (has ? std::to_string(*has) : "unknown") + ", not " + std::to_string(lowest) +
                       " or more");
  };
  at_least(verdict_.tcb_evaluation_number, policy_.min_evaluation_number, Reason::evaluation_number, "TCB info's");
  at_least(verdict_.qe_evaluation_number, policy_.min_evaluation_number, Reason::evaluation_number, "QE identity's");
  at_least(verdict_.root_crl_number, policy_.min_root_crl_number, Reason::crl_number, "the root's CRL number");
  at_least(verdict_.pck_crl_number, policy_.min_pck_crl_number, Reason::crl_number, "the intermediate's CRL number");
}

void Judgement::caller(Time as_of) {
  if (policy_.not_before && as_of < *policy_.not_before) refuse(Reason::time_before_bound, "");
  if (policy_.report_data && verdict_.report_data != *policy_.report_data) refuse(Reason::report_data, "");
}

}  // namespace

void judge(Verdict& verdict, const Policy& policy, Time as_of) {
  Judgement judgement(verdict, policy);
  judgement.identity();
  // A quote that could not be read says nothing that could be judged.
  if (verdict.enclave || verdict.domain) {
    judgement.attributes();
    judgement.platform();
    judgement.collateral();
  }
  judgement.caller(as_of);
  verdict.judged = true;
}

}  // namespace sgxx::verify
