// SPDX-License-Identifier: Apache-2.0
#include "cli/notes.h"

#include <map>
#include <nlohmann/json.hpp>

namespace sgxx::cli {

std::string notes_of(const rewrite::Plan& plan) {
  using Json = nlohmann::ordered_json;
  std::map<std::string, u64> counts;
  auto list = Json::array();
  for (const auto& site : plan.sites) {
    ++counts[std::string(rewrite::name_of(site.decision))];
    list.push_back({{"address", site.address.value},
                    {"kind", rewrite::name_of(site.kind)},
                    {"decision", rewrite::name_of(site.decision)},
                    {"function", site.function},
                    {"function_offset", site.function_offset}});
  }
  Json notes{{"sites", {{"total", plan.sites.size()}, {"by_decision", counts}, {"list", list}}}};
  return notes.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace sgxx::cli
