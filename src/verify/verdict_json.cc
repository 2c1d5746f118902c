// SPDX-License-Identifier: Apache-2.0
#include "verify/json.h"
#include "verify/time_text.h"

namespace sgxx::verify {
namespace {

using Ordered = nlohmann::ordered_json;

Ordered time_json(const std::optional<Time>& time) { return time ? Ordered(time_text(*time)) : Ordered(nullptr); }

template <class T>
Ordered or_null(const std::optional<T>& value) {
  return value ? Ordered(*value) : Ordered(nullptr);
}
template <std::size_t length>
Ordered hex_or_null(const std::optional<FixedBytes<length>>& value) {
  return value ? Ordered(to_hex(*value)) : Ordered(nullptr);
}

std::string flags_text(u64 value) { return "0x" + to_hex(as_bytes_of(__builtin_bswap64(value))); }

Ordered enclave_json(const EnclaveIdentity& enclave) {
  return {{"mrenclave", to_hex(enclave.mr_enclave)},
          {"mrsigner", to_hex(enclave.mr_signer)},
          {"product_id", enclave.product_id},
          {"version", enclave.version},
          {"attributes", flags_text(enclave.attributes)},
          {"debug", (enclave.attributes & isa::attribute::debug) != 0},
          {"xfrm", flags_text(enclave.xfrm)},
          {"miscselect", enclave.misc_select},
          {"cet_attributes", enclave.cet_attributes},
          {"cpu_svn", to_hex(enclave.cpu_svn)},
          {"config_id", to_hex(enclave.config_id)},
          {"config_svn", enclave.config_svn},
          {"family_id", to_hex(enclave.family_id)},
          {"extended_product_id", to_hex(enclave.extended_product_id)}};
}

Ordered domain_json(const DomainIdentity& domain) {
  Ordered json{{"mrtd", to_hex(domain.mr_td)}};
  for (std::size_t i = 0; i < domain.rtmr.size(); ++i) json["rtmr" + std::to_string(i)] = to_hex(domain.rtmr[i]);
  json["mrconfigid"] = to_hex(domain.mr_config_id);
  json["mrowner"] = to_hex(domain.mr_owner);
  json["mrownerconfig"] = to_hex(domain.mr_owner_config);
  json["attributes"] = flags_text(domain.attributes);
  json["debug"] = (domain.attributes & isa::td_attribute::debug) != 0;
  json["xfam"] = flags_text(domain.xfam);
  json["tee_tcb_svn"] = to_hex(domain.tee_tcb_svn);
  json["mrseam"] = to_hex(domain.mr_seam);
  json["mrsignerseam"] = to_hex(domain.mr_signer_seam);
  json["seam_attributes"] = flags_text(domain.seam_attributes);
  json["tee_tcb_svn_2"] = hex_or_null(domain.tee_tcb_svn_2);
  json["mrservicetd"] = hex_or_null(domain.mr_service_td);
  return json;
}

Ordered platform_json(const Platform& platform) {
  return {{"fmspc", to_hex(platform.fmspc)},
          {"ppid", to_hex(platform.ppid)},
          {"platform_instance", hex_or_null(platform.platform_instance)},
          {"pce_id", to_hex(platform.pce_id)},
          {"tcb_components", to_hex(platform.tcb_components)},
          {"pce_svn", platform.pce_svn},
          {"cpu_svn", to_hex(platform.cpu_svn)},
          {"sgx_type", platform.sgx_type},
          {"dynamic_platform", or_null(platform.dynamic_platform)},
          {"cached_keys", or_null(platform.cached_keys)},
          {"smt_enabled", or_null(platform.smt_enabled)}};
}

Ordered certification_json(const Certification& certification) {
  return {{"type", certification.type},
          {"ppid", to_hex(certification.ppid)},
          {"cpu_svn", hex_or_null(certification.cpu_svn)},
          {"pce_svn", or_null(certification.pce_svn)},
          {"pce_id", or_null(certification.pce_id)}};
}

Ordered tcb_json(const Verdict& verdict) {
  return {{"status", name_of(verdict.status)},
          {"platform_status", name_of(verdict.platform_status)},
          {"qe_status", name_of(verdict.qe_status)},
          {"tdx_module_status", verdict.tdx_module_status ? Ordered(name_of(*verdict.tdx_module_status)) : Ordered(nullptr)},
          {"date", time_json(verdict.tcb_date)},
          {"advisories", verdict.advisories}};
}

}  // namespace

std::string to_json(const Verdict& verdict) {
  Ordered json{{"format", 1},
               {"accepted", verdict.accepted()},
               {"genuine", verdict.genuine()},
               {"judged", verdict.judged},
               {"refusals", Ordered::array()}};
  for (const auto& refusal : verdict.refusals) {
    json["refusals"].push_back(
        {{"reason", name_of(refusal.reason)}, {"explanation", explanation_of(refusal.reason)}, {"detail", refusal.detail}});
  }
  json["quote_version"] = verdict.quote_version;
  json["enclave"] = verdict.enclave ? enclave_json(*verdict.enclave) : Ordered(nullptr);
  json["trust_domain"] = verdict.domain ? domain_json(*verdict.domain) : Ordered(nullptr);
  json["report_data"] = to_hex(verdict.report_data);
  json["tcb"] = tcb_json(verdict);
  json["root"] = {{"kind", name_of(verdict.root)}, {"key", to_hex(verdict.root_key)}};
  json["platform"] = verdict.platform ? platform_json(*verdict.platform) : Ordered(nullptr);
  json["collateral"] = {{"earliest_expiry", time_json(verdict.earliest_expiry)},
                        {"root_crl_number", or_null(verdict.root_crl_number)},
                        {"pck_crl_number", or_null(verdict.pck_crl_number)},
                        {"tcb_evaluation_number", or_null(verdict.tcb_evaluation_number)},
                        {"qe_evaluation_number", or_null(verdict.qe_evaluation_number)}};
  json["quoting_enclave"] = enclave_json(verdict.quoting_enclave);
  json["quoting_enclave"]["vendor"] = to_hex(verdict.qe_vendor);
  json["quoting_enclave"]["user_data"] = to_hex(verdict.qe_user_data);
  json["certification"] = certification_json(verdict.certification);
  return json.dump(2, ' ', true, Ordered::error_handler_t::replace);
}

}  // namespace sgxx::verify
