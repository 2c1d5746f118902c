// SPDX-License-Identifier: Apache-2.0
#include "cli/transition_cost.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace sgxx::cli {
namespace {

// A round trip of 13 100 cycles on processors with the microcode against L1TF (sgx-perf, Middleware 2018), shared out as 3 800
// and 3 300 cycles (Eleos, EuroSys 2017). An asynchronous exit and ERESUME are taken to cost what EEXIT and EENTER do.
constexpr u64 kEnterShare = 3800, kExitShare = 3300;
constexpr u64 kMost = 1'000'000'000;

constexpr device::TransitionCost round_trip(u64 ticks) {
  const u64 enter = ticks * kEnterShare / (kEnterShare + kExitShare);
  return {enter, ticks - enter, ticks - enter, enter};
}
constexpr device::TransitionCost kDefault = round_trip(13'100);

std::optional<u64> number(std::string_view text) {
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > kMost) return std::nullopt;
  return value;
}

u64* member(device::TransitionCost& cost, std::string_view name) {
  if (name == "eenter") return &cost.eenter;
  if (name == "eexit") return &cost.eexit;
  if (name == "aex") return &cost.aex;
  return name == "eresume" ? &cost.eresume : nullptr;
}

}  // namespace

Result<device::TransitionCost> parse_transition_cost(const std::string& text) {
  if (text == "default") return kDefault;
  if (const auto ticks = number(text)) return round_trip(*ticks);
  device::TransitionCost cost = kDefault;
  for (size_t at = 0, comma = 0; comma != std::string::npos; at = comma + 1) {
    comma = text.find(',', at);
    const std::string_view part = std::string_view(text).substr(at, comma - at);
    const size_t equals = part.find('=');
    u64* const field = member(cost, part.substr(0, equals));
    const auto value = equals == std::string_view::npos ? std::nullopt : number(part.substr(equals + 1));
    if (field == nullptr || !value) {
      return bad_input("--transition-cost: expected default, a number of cycles, or eenter=N,eexit=N,aex=N,eresume=N, not " +
                       text);
    }
    *field = *value;
  }
  return cost;
}

}  // namespace sgxx::cli
