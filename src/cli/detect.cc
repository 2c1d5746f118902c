// SPDX-License-Identifier: Apache-2.0
//
// `sgxx detect`: what this machine offers, and what to do about what is missing.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/machine.h"

namespace sgxx::cli {
namespace {

struct DetectOptions {
  bool json = false;
};

const char* name_of(Presence presence) {
  switch (presence) {
    case Presence::present: return "yes";
    case Presence::missing: return "no";
    case Presence::unknown: return "unknown";
  }
  return "";
}

const char* name_of(NeededBy device) {
  switch (device) {
    case NeededBy::both: return "both";
    case NeededBy::hardware: return "linux";
    case NeededBy::software: return "soft";
    case NeededBy::nothing: return "none";
  }
  return "";
}

void print_json(const Machine& machine) {
  nlohmann::ordered_json json;
  json["format"] = 1;
  json["processor"] = machine.processor;
  json["kernel"] = machine.kernel;
  json["devices"] = {{"linux", machine.can_run(NeededBy::hardware)}, {"soft", machine.can_run(NeededBy::software)}};
  json["facts"] = nlohmann::ordered_json::array();
  for (const auto& fact : machine.facts) {
    nlohmann::ordered_json row = {{"id", fact.id},
                                  {"title", fact.title},
                                  {"present", name_of(fact.presence)},
                                  {"detail", fact.detail},
                                  {"needed_by", name_of(fact.needed_by)}};
    if (fact.presence == Presence::missing) row["advice"] = fact.advice;
    json["facts"].push_back(row);
  }
  json["epc"] = nlohmann::ordered_json::array();
  for (const auto& section : machine.epc) json["epc"].push_back({{"base", section.base}, {"size", section.size}});
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_facts(const Machine& machine, NeededBy device) {
  std::string last_advice;
  for (const auto& fact : machine.facts) {
    if (fact.needed_by != device) continue;
    fmt::print("  {:7}  {:32} {}\n", name_of(fact.presence), fact.title, fact.detail);
    if (fact.presence != Presence::missing || fact.advice == last_advice) continue;
    fmt::print("           -> {}\n", fact.advice);
    last_advice = fact.advice;
  }
}

void print_text(const Machine& machine) {
  bool hardware = machine.can_run(NeededBy::hardware), software = machine.can_run(NeededBy::software);
  fmt::print("{}, Linux {}\n\n", machine.processor, machine.kernel);
  fmt::print("SGX hardware (--device=linux): {}\n", hardware ? "usable" : "not usable here");
  print_facts(machine, NeededBy::hardware);
  fmt::print("\nSoftware SGX (--device=soft): {}; it protects nothing\n", software ? "usable" : "not usable here");
  print_facts(machine, NeededBy::software);
  fmt::print("\nBoth need\n");
  print_facts(machine, NeededBy::both);
  fmt::print("\nGood to have\n");
  print_facts(machine, NeededBy::nothing);
  fmt::print("\n`sgxx run` uses {} here.\n", hardware   ? "SGX hardware"
                                             : software ? "the software SGX"
                                                        : "nothing: see above what is missing");
}

Result<int> detect(const DetectOptions& options) {
  auto machine = probe_machine();
  options.json ? print_json(machine) : print_text(machine);
  bool any = machine.can_run(NeededBy::hardware) || machine.can_run(NeededBy::software);
  return any ? exit_code::ok : exit_code::cannot_run_here;
}

}  // namespace

void add_detect(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<DetectOptions>();
  auto* command = app.add_subcommand("detect", "Say what this machine offers, and what to do about what is missing");
  command->add_flag("--json", options->json, "For scripts");
  command->footer(R"(Exit codes: 0 some device can run enclaves here, 126 none can.

Examples:
  sgxx detect
  sgxx detect --json | jq .devices)");
  choose(*command, chosen, options, detect);
}

}  // namespace sgxx::cli
