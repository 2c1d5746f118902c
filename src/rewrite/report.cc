// SPDX-License-Identifier: Apache-2.0
#include "rewrite/report.h"

#include <fmt/format.h>

#include <iterator>

namespace sgxx::rewrite {

std::string report(const Plan& plan, Detail detail) {
  std::string text;
  auto out = std::back_inserter(text);
  u64 redirected = plan.count(Decision::redirected);
  fmt::format_to(out, "{} sites: {} redirected, {} left alone\n", plan.sites.size(), redirected, plan.sites.size() - redirected);
  for (auto decision = Decision::rewriting_off; decision <= Decision::out_of_reach;
       decision = static_cast<Decision>(static_cast<int>(decision) + 1)) {
    if (u64 count = plan.count(decision)) fmt::format_to(out, "  {:5}  {}\n", count, describe(decision));
  }
  if (detail == Detail::summary) return text;
  for (const Site& site : plan.sites) {
    std::string place = site.function.empty() ? "?" : fmt::format("{}+{:#x}", site.function, site.function_offset);
    fmt::format_to(out, "{:#10x}  {:8}  {:40}  {}{}\n", site.address.value, name_of(site.kind), place, describe(site.decision),
                   site.decision == Decision::redirected && site.resume == Site::Resume::stub ? ", resumes in its stub" : "");
  }
  return text;
}

}  // namespace sgxx::rewrite
