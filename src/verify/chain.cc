// SPDX-License-Identifier: Apache-2.0
#include "verify/chain.h"

#include <algorithm>

#include "verify/hex.h"

namespace sgxx::verify {
void Findings::refuse(Reason reason, std::string detail) {
  auto same = [&](const Refusal& refusal) { return refusal.reason == reason && refusal.detail == detail; };
  if (std::ranges::none_of(verdict.refusals, same)) verdict.refusals.push_back({reason, std::move(detail)});
}

void Findings::expires(Time time) {
  if (!verdict.earliest_expiry || time < *verdict.earliest_expiry) verdict.earliest_expiry = time;
}

Chains::Path Chains::check(const Certificate& leaf, Role role) {
  bool authentic = is_fit(leaf, role);
  const Certificate* issuer = issuer_of(leaf, role);
  if (issuer == nullptr) return {};
  const Certificate* root = issuer;
  if (role == Role::pck) {
    authentic = is_fit(*issuer, Role::intermediate) && authentic;
    authentic = is_unrevoked(leaf, role, *issuer) && authentic;
    root = issuer_of(*issuer, Role::intermediate);
    if (root == nullptr) return {};
    authentic = is_unrevoked(*issuer, Role::intermediate, *root) && authentic;
  } else {
    authentic = is_unrevoked(leaf, role, *root) && authentic;
  }
  authentic = is_fit(*root, Role::root) && authentic;
  authentic = is_trusted_root(*root) && authentic;
  return {authentic, &leaf, role == Role::pck ? issuer : nullptr, root};
}

void Chains::check_strays(const Path& path) {
  for (const auto& certificate : own_) {
    if (&certificate == path.leaf || &certificate == path.intermediate || &certificate == path.root) continue;
    const bool self_signed = certificate.subject() == certificate.issuer() && store_.is_signed_by(certificate, certificate);
    if (!self_signed) issuer_of(certificate, Role::intermediate);
  }
}

bool Chains::is_fit(const Certificate& certificate, Role role) {
  const std::string what = std::string(name_of(role)) + " \"" + certificate.name() + "\"";
  if (as_of_ < certificate.not_before()) findings_.refuse(Reason::certificate_not_yet_valid, what);
  if (as_of_ > certificate.not_after()) findings_.refuse(Reason::certificate_expired, what);
  findings_.expires(certificate.not_after());
  auto hindrance = certificate.unfit_for(role);
  if (!hindrance.empty()) findings_.refuse(Reason::certificate_profile, what + ": " + hindrance);
  return hindrance.empty();
}

const Certificate* Chains::issuer_of(const Certificate& certificate, Role role) {
  const Certificate* found = nullptr;
  bool named = false;
  for (const auto certificates : {own_, store_.certificates()}) {
    for (const auto& candidate : certificates) {
      if (candidate.subject() != certificate.issuer() || &candidate == &certificate) continue;
      named = true;
      if (!store_.is_signed_by(certificate, candidate)) continue;
      // One key may have several certificates, of which one has ended.
      const bool current = candidate.not_before() <= as_of_ && as_of_ <= candidate.not_after();
      if (found == nullptr || current) found = &candidate;
    }
  }
  if (found == nullptr) {
    findings_.refuse(named ? Reason::chain_signature : Reason::chain_incomplete,
                     std::string(name_of(role)) + " \"" + certificate.name() + "\"");
  }
  return found;
}

bool Chains::is_trusted_root(const Certificate& root) {
  if (root.subject() != root.issuer() || !store_.is_signed_by(root, root)) {
    findings_.refuse(Reason::chain_incomplete, "\"" + root.name() + "\" is no root: it was not signed by itself");
    return false;
  }
  const bool trusted = roots_.empty() ? root.point() == kIntelRootKey : std::ranges::find(roots_, root.point()) != roots_.end();
  if (!trusted) findings_.refuse(Reason::root_untrusted, "\"" + root.name() + "\" with key " + to_hex(root.point()));
  return trusted;
}

const RevocationList* Chains::list_of(const Certificate& issuer) {
  const RevocationList* newest = nullptr;
  bool named = false;
  for (const auto& list : store_.lists()) {
    if (list.issuer() != issuer.subject()) continue;
    named = true;
    if (store_.is_signed_by(list, issuer) && (newest == nullptr || list.number() > newest->number())) newest = &list;
  }
  if (newest == nullptr) findings_.refuse(named ? Reason::crl_signature : Reason::crl_missing, "of \"" + issuer.name() + "\"");
  return newest;
}

bool Chains::is_unrevoked(const Certificate& certificate, Role role, const Certificate& issuer) {
  const auto* list = list_of(issuer);
  if (list == nullptr) return true;
  (role == Role::pck ? findings_.verdict.pck_crl_number : findings_.verdict.root_crl_number) = list->number();
  if (as_of_ < list->this_update()) findings_.refuse(Reason::crl_not_yet_valid, "of \"" + issuer.name() + "\"");
  if (as_of_ > list->next_update()) findings_.refuse(Reason::crl_expired, "of \"" + issuer.name() + "\"");
  findings_.expires(list->next_update());
  if (!list->lists(certificate)) return true;
  findings_.refuse(Reason::certificate_revoked, std::string(name_of(role)) + " \"" + certificate.name() + "\"");
  return false;
}

}  // namespace sgxx::verify
