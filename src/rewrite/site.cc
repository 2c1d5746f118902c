// SPDX-License-Identifier: Apache-2.0
#include "rewrite/site.h"

#include <array>

namespace sgxx::rewrite {
namespace {

struct KindRow {
  SiteKind kind;
  std::string_view name;
  u64 length;
};
constexpr std::array kKinds = {
    KindRow{SiteKind::syscall, "syscall", 2}, KindRow{SiteKind::cpuid, "cpuid", 2},   KindRow{SiteKind::rdtsc, "rdtsc", 2},
    KindRow{SiteKind::rdtscp, "rdtscp", 3},   KindRow{SiteKind::xgetbv, "xgetbv", 3}, KindRow{SiteKind::sysenter, "sysenter", 2},
    KindRow{SiteKind::int80, "int80", 2},
};

struct DecisionRow {
  Decision decision;
  std::string_view name;
  std::string_view words;
};
constexpr std::array kDecisions = {
    DecisionRow{Decision::redirected, "redirected", "redirected"},
    DecisionRow{Decision::rewriting_off, "rewriting_off", "left alone: rewriting is off"},
    DecisionRow{Decision::never_redirected, "never_redirected", "left alone: not part of the 64-bit ABI"},
    DecisionRow{Decision::in_object, "in_object", "left alone: data (an OBJECT symbol covers it)"},
    DecisionRow{Decision::outside_functions, "outside_functions", "left alone: no function symbol or FDE covers it"},
    DecisionRow{Decision::function_too_large, "function_too_large", "left alone: its function is too large to analyse"},
    DecisionRow{Decision::signal_trampoline, "signal_trampoline",
                "left alone: unwinders recognise this signal trampoline by its bytes"},
    DecisionRow{Decision::not_an_instruction, "not_an_instruction", "left alone: part of another instruction"},
    DecisionRow{Decision::doubtful_code, "doubtful_code", "left alone: ways of disassembling disagree here"},
    DecisionRow{Decision::not_reached, "not_reached", "left alone: no understood control flow leads here"},
    DecisionRow{Decision::unresolved_jump, "unresolved_jump", "left alone: not all ways into its function are understood"},
    DecisionRow{Decision::branch_into_window, "branch_into_window",
                "left alone: something may jump between it and its neighbours"},
    DecisionRow{Decision::immovable_neighbour, "immovable_neighbour", "left alone: its neighbours cannot be moved"},
    DecisionRow{Decision::out_of_reach, "out_of_reach", "left alone: the runtime is more than 2 GiB away"},
};

template <class Rows>
constexpr bool in_order(const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if constexpr (requires { rows[i].kind; }) {
      if (static_cast<std::size_t>(rows[i].kind) != i) return false;
    } else {
      if (static_cast<std::size_t>(rows[i].decision) != i) return false;
    }
  }
  return true;
}
static_assert(in_order(kKinds) && in_order(kDecisions));

}  // namespace

std::string_view describe(Decision decision) { return kDecisions[static_cast<std::size_t>(decision)].words; }
std::string_view name_of(Decision decision) { return kDecisions[static_cast<std::size_t>(decision)].name; }
std::string_view name_of(SiteKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }
u64 length_of(SiteKind kind) { return kKinds[static_cast<std::size_t>(kind)].length; }

}  // namespace sgxx::rewrite
