// SPDX-License-Identifier: Apache-2.0
#include "cli/redirect.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "rewrite/plan.h"

namespace sgxx::cli {

struct Redirector::State {
  rewrite::Mode mode;
  nlohmann::ordered_json notes;
};

namespace {

using Json = nlohmann::ordered_json;

Json notes_of(const rewrite::Plan& plan) {
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
  return {{"sites", {{"total", plan.sites.size()}, {"by_decision", counts}, {"list", list}}}};
}

}  // namespace

Redirector::Redirector(bool rewrite)
    : state_(std::make_shared<State>(State{rewrite ? rewrite::Mode::redirect : rewrite::Mode::report_only, {}})) {}

image::Redirect Redirector::function() const {
  return [state = state_](const elf::File& program, const image::CodePlacement& placement) -> Result<image::Redirection> {
    rewrite::Targets targets{placement.runtime_syscall, placement.runtime_cpuid, placement.runtime_rdtsc,
                             placement.runtime_rdtscp, placement.runtime_xgetbv};
    auto plan = TRY(rewrite::plan(program, targets, placement.program_base, placement.stubs, state->mode));
    state->notes = notes_of(plan);
    image::Redirection redirection;
    redirection.stubs = std::move(plan.stubs);
    for (auto& patch : plan.patches) {
      redirection.patches.push_back({elf::Vaddr(patch.at - placement.program_base), std::move(patch.bytes)});
    }
    return redirection;
  };
}

std::string Redirector::notes() const {
  return state_->notes.is_null() ? "" : state_->notes.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace sgxx::cli
