// SPDX-License-Identifier: Apache-2.0
#include "verify/tcb_info.h"

#include <algorithm>

#include "verify/tcb_status_names.h"

namespace sgxx::verify {
namespace {

JsonRead<> read_state(const JsonFields& fields, LevelState& state) {
  auto name = TRY(fields.text("tcbStatus"));
  auto status = tcb_status_named(name);
  if (!status) return json_error("tcbStatus " + printable(name) + " is not known");
  state.status = *status;
  state.date = TRY(fields.time("tcbDate"));
  if (!fields.has("advisoryIDs")) return {};
  for (const auto& advisory : *TRY(fields.list("advisoryIDs"))) {
    if (!advisory.is_string()) return json_error("advisoryIDs holds something that is no string");
    state.advisories.push_back(printable(advisory.get<std::string>()));
  }
  return {};
}

JsonRead<> read_head(const JsonFields& fields, DocumentHead& head) {
  head.version = static_cast<u32>(TRY(fields.number("version", 0xffffffff)));
  head.issued = TRY(fields.time("issueDate"));
  head.next_update = TRY(fields.time("nextUpdate"));
  head.evaluation_number = static_cast<u32>(TRY(fields.number("tcbEvaluationDataNumber", 0xffffffff)));
  return {};
}

/// Version 2: sgxtcbcomp01svn to sgxtcbcomp16svn.
JsonRead<FixedBytes<16>> read_numbered_components(const JsonFields& tcb) {
  FixedBytes<16> components{};
  for (unsigned i = 0; i < components.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const std::string name = "sgxtcbcomp" + std::string(2 - number.size(), '0') + number + "svn";
    components[i] = static_cast<u8>(TRY(tcb.number(name.c_str(), 0xff)));
  }
  return components;
}

/// Version 3: a list of sixteen objects with an `svn`.
JsonRead<FixedBytes<16>> read_component_list(const JsonFields& tcb, const char* name) {
  const Json& list = *TRY(tcb.list(name));
  FixedBytes<16> components{};
  if (list.size() != components.size()) return json_error(std::string(name) + " has not 16 members");
  for (unsigned i = 0; i < components.size(); ++i) {
    components[i] = static_cast<u8>(TRY(JsonFields(list[i]).number("svn", 0xff)));
  }
  return components;
}

JsonRead<TcbLevel> read_level(const Json& value, const TcbInfo& info) {
  const JsonFields fields(value);
  const JsonFields tcb(*TRY(fields.any("tcb")));
  TcbLevel level;
  TRY(read_state(fields, level));
  level.pce_svn = static_cast<u16>(TRY(tcb.number("pcesvn", 0xffff)));
  level.sgx_components =
      info.version == 2 ? TRY(read_numbered_components(tcb)) : TRY(read_component_list(tcb, "sgxtcbcomponents"));
  if (info.id == "TDX") level.tdx_components = TRY(read_component_list(tcb, "tdxtcbcomponents"));
  return level;
}

JsonRead<std::vector<SvnLevel>> read_svn_levels(const JsonFields& fields) {
  std::vector<SvnLevel> levels;
  for (const auto& value : *TRY(fields.list("tcbLevels"))) {
    const JsonFields level_fields(value);
    SvnLevel level;
    TRY(read_state(level_fields, level));
    const JsonFields tcb(*TRY(level_fields.any("tcb")));
    level.isv_svn = static_cast<u16>(TRY(tcb.number("isvsvn", 0xffff)));
    levels.push_back(std::move(level));
  }
  return levels;
}

JsonRead<TdxModule> read_module(const Json& value) {
  const JsonFields fields(value);
  TdxModule module;
  module.mr_signer = TRY(fields.hex<48>("mrsigner"));
  module.attributes = TRY(fields.hex<8>("attributes"));
  module.attributes_mask = TRY(fields.hex<8>("attributesMask"));
  return module;
}

JsonRead<> read_modules(const JsonFields& fields, TcbInfo& info) {
  const Json& first_generation = *TRY(fields.any("tdxModule"));
  info.tdx_module = TRY(read_module(first_generation));
  if (!fields.has("tdxModuleIdentities")) return {};
  for (const auto& value : *TRY(fields.list("tdxModuleIdentities"))) {
    const JsonFields identity(value);
    auto module = TRY(read_module(value));
    module.id = TRY(identity.text("id"));
    module.levels = TRY(read_svn_levels(identity));
    info.tdx_module_identities.push_back(std::move(module));
  }
  return {};
}

bool reaches(const FixedBytes<16>& has, const FixedBytes<16>& needed, std::size_t from = 0) {
  for (std::size_t i = from; i < has.size(); ++i) {
    if (has[i] < needed[i]) return false;
  }
  return true;
}

}  // namespace

JsonRead<TcbInfo> read_tcb_info(const Json& value) {
  const JsonFields fields(value);
  TcbInfo info;
  TRY(read_head(fields, info));
  if (info.version != 2 && info.version != 3) return json_error("version " + std::to_string(info.version) + " is not known");
  info.id = info.version == 2 ? "SGX" : TRY(fields.text("id"));
  if (info.id != "SGX" && info.id != "TDX") return json_error("id " + printable(info.id) + " is not known");
  info.fmspc = TRY(fields.hex<6>("fmspc"));
  info.pce_id = TRY(fields.hex<2>("pceId"));
  TRY(fields.number("tcbType", 0));  // how to compare components: the one way that is defined
  for (const auto& level : *TRY(fields.list("tcbLevels"))) info.levels.push_back(TRY(read_level(level, info)));
  if (info.id == "TDX") TRY(read_modules(fields, info));
  return info;
}

JsonRead<QeIdentity> read_qe_identity(const Json& value) {
  const JsonFields fields(value);
  QeIdentity identity;
  TRY(read_head(fields, identity));
  if (identity.version != 2) return json_error("version " + std::to_string(identity.version) + " is not known");
  identity.id = TRY(fields.text("id"));
  identity.misc_select = TRY(fields.hex<4>("miscselect"));
  identity.misc_select_mask = TRY(fields.hex<4>("miscselectMask"));
  identity.attributes = TRY(fields.hex<16>("attributes"));
  identity.attributes_mask = TRY(fields.hex<16>("attributesMask"));
  identity.mr_signer = TRY(fields.hex<32>("mrsigner"));
  identity.product_id = static_cast<u16>(TRY(fields.number("isvprodid", 0xffff)));
  identity.levels = TRY(read_svn_levels(fields));
  return identity;
}

const TcbLevel* find_level(const TcbInfo& info, const Platform& platform, const std::optional<FixedBytes<16>>& tee_tcb_svn) {
  for (const auto& level : info.levels) {
    if (!reaches(platform.tcb_components, level.sgx_components) || platform.pce_svn < level.pce_svn) continue;
    if (tee_tcb_svn) {
      const bool module_apart = (*tee_tcb_svn)[1] != 0;
      if (!level.tdx_components || !reaches(*tee_tcb_svn, *level.tdx_components, module_apart ? 2 : 0)) continue;
    }
    return &level;
  }
  return nullptr;
}

const SvnLevel* find_level(const std::vector<SvnLevel>& levels, u16 isv_svn) {
  auto level = std::ranges::find_if(levels, [&](const SvnLevel& candidate) { return isv_svn >= candidate.isv_svn; });
  return level == levels.end() ? nullptr : &*level;
}

}  // namespace sgxx::verify
