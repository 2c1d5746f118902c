// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/hex.h"
#include "isa/quote.h"
#include "verify/time_text.h"

namespace sgxx::cli {
namespace {

using verify::FixedBytes;

std::string row(const char* name, const std::string& value) { return fmt::format("  {:<18}{}\n", name, value); }

template <std::size_t length>
std::string row_unless_zero(const char* name, const FixedBytes<length>& bytes) {
  const bool zero = std::ranges::all_of(bytes, [](u8 byte) { return byte == 0; });
  return zero ? "" : row(name, hex(bytes));
}

/// The value, or the three dots of what is not known.
template <class T>
std::string known(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

std::string attributes_text(u64 flags) {
  struct Name {
    u64 bit;
    const char* name;
  };
  using namespace isa::attribute;
  constexpr Name kNames[] = {{init, "INIT"},
                             {debug, "DEBUG"},
                             {mode64, "MODE64"},
                             {provision_key, "PROVISION_KEY"},
                             {einit_token_key, "EINITTOKEN_KEY"},
                             {cet, "CET"},
                             {kss, "KSS"},
                             {aex_notify, "AEXNOTIFY"}};
  std::string text = fmt::format("{:#x}", flags);
  for (const auto& name : kNames)
    if ((flags & name.bit) != 0) text += std::string(" ") + name.name;
  return text;
}

std::string headline(const verify::Verdict& verdict) {
  if (verdict.accepted()) return "accepted";
  if (!verdict.refusals.empty()) return verdict.genuine() ? "genuine, and refused by the policy" : "refused";
  return "genuine; not accepted, because no policy says who is expected";
}

std::string root_text(const verify::Verdict& verdict) {
  switch (verdict.root) {
    case verify::Root::none: return "none was found";
    case verify::Root::intel: return "Intel's";
    case verify::Root::insecure: return "INSECURE: a software platform, which protects nothing; key " + hex(verdict.root_key);
    case verify::Root::other: return "key " + hex(verdict.root_key);
  }
  return "";
}

std::string platform_text(const verify::Verdict& verdict) {
  std::string text = row("root", root_text(verdict));
  if (verdict.platform) {
    text += row("PPID", hex(verdict.platform->ppid));
    if (verdict.platform->platform_instance) text += row("platform instance", hex(*verdict.platform->platform_instance));
    text += row("FMSPC", hex(verdict.platform->fmspc));
  }
  text += row("status", name_of(verdict.status));
  if (verdict.status != verdict.platform_status || verdict.status != verdict.qe_status) {
    text += row("  platform", name_of(verdict.platform_status));
    text += row("  quoting enclave", name_of(verdict.qe_status));
    if (verdict.tdx_module_status) text += row("  TDX module", name_of(*verdict.tdx_module_status));
  }
  for (const auto& advisory : verdict.advisories) text += row("advisory", advisory);
  return text;
}

std::string collateral_text(const verify::Verdict& verdict) {
  std::string text = row("evaluation number", fmt::format("TCB info {}, QE identity {}", known(verdict.tcb_evaluation_number),
                                                          known(verdict.qe_evaluation_number)));
  text +=
      row("CRL number", fmt::format("root {}, intermediate {}", known(verdict.root_crl_number), known(verdict.pck_crl_number)));
  if (verdict.earliest_expiry) text += row("expires", verify::time_text(*verdict.earliest_expiry));
  return text;
}

}  // namespace

std::string identity_text(const verify::EnclaveIdentity& enclave) {
  std::string text = row("MRENCLAVE", hex(enclave.mr_enclave)) + row("MRSIGNER", hex(enclave.mr_signer));
  text += row("product", fmt::format("{}, version {}", enclave.product_id, enclave.version));
  text += row("attributes", attributes_text(enclave.attributes)) + row("XFRM", fmt::format("{:#x}", enclave.xfrm));
  text += row("MISCSELECT", fmt::format("{:#x}", enclave.misc_select)) + row("CPUSVN", hex(enclave.cpu_svn));
  text += row_unless_zero("config id", enclave.config_id);
  if (enclave.config_svn != 0) text += row("config SVN", fmt::format("{}", enclave.config_svn));
  text += row_unless_zero("family id", enclave.family_id) + row_unless_zero("ext. product id", enclave.extended_product_id);
  return text;
}

std::string identity_text(const verify::DomainIdentity& domain) {
  std::string text = row("MRTD", hex(domain.mr_td));
  for (unsigned i = 0; i < domain.rtmr.size(); ++i) text += row(fmt::format("RTMR{}", i).c_str(), hex(domain.rtmr[i]));
  text += row_unless_zero("MRCONFIGID", domain.mr_config_id) + row_unless_zero("MROWNER", domain.mr_owner);
  text += row_unless_zero("MROWNERCONFIG", domain.mr_owner_config);
  text += row("TD attributes", fmt::format("{:#x}{}", domain.attributes, (domain.attributes & 0xff) != 0 ? " DEBUG" : ""));
  text += row("XFAM", fmt::format("{:#x}", domain.xfam)) + row("TEE TCB SVN", hex(domain.tee_tcb_svn));
  text += row("MRSEAM", hex(domain.mr_seam)) + row_unless_zero("MRSIGNERSEAM", domain.mr_signer_seam);
  if (domain.mr_service_td) text += row_unless_zero("MRSERVICETD", *domain.mr_service_td);
  return text;
}

std::string verdict_text(const verify::Verdict& verdict, const std::string& name) {
  std::string text = fmt::format("{}: {}\n", name, headline(verdict));
  for (const auto& refusal : verdict.refusals) {
    text += fmt::format("  - {}: {}{}{}\n", name_of(refusal.reason), explanation_of(refusal.reason),
                        refusal.detail.empty() ? "" : ": ", refusal.detail);
  }
  if (verdict.enclave) text += "\nEnclave\n" + identity_text(*verdict.enclave);
  if (verdict.domain) text += "\nTrust domain\n" + identity_text(*verdict.domain);
  if (!verdict.enclave && !verdict.domain) return text;
  text += row("report data", hex(verdict.report_data));
  text += "\nPlatform\n" + platform_text(verdict) + "\nCollateral\n" + collateral_text(verdict);
  return text;
}

}  // namespace sgxx::cli
