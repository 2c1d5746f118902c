// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace sgxx::cli {
namespace {

using device::AexCause;

constexpr u64 kMebibyte = 1 << 20;
constexpr double kNanosecond = 1e-9;

struct CauseRow {
  const char* name;
  const char* text;
};
constexpr CauseRow kCauses[] = {
#define SGXX_X(name, text) {#name, text},
    SGXX_AEX_CAUSES(SGXX_X)
#undef SGXX_X
};

struct CallRow {
  const char* name;
  const char* text;
  host::ThreadCounts::Call count;
  bool replies_bytes() const { return std::string_view(text).find("-> bytes") != std::string_view::npos; }
};

/// The host calls that were made.
std::vector<CallRow> calls_of(const host::Report& report) {
  std::vector<CallRow> rows;
  for (u64 number = 0; number < host::kHostCalls; ++number) {
    const host::HostCallRow row = host::host_call_row(number);
    const auto& count = report.total.calls[number];
    if (row.name != nullptr && count.calls != 0) rows.push_back({row.name, row.text, count});
  }
  return rows;
}

u64 of(const device::AsynchronousExits& exits, AexCause cause) { return exits[static_cast<size_t>(cause)]; }

/// Thousands apart, for people.
std::string grouped(u64 value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ' ';
    text += digits[i];
  }
  return text;
}

std::string mebibytes(u64 bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMebibyte); }

std::string memory_line(const host::Report& report) {
  if (!report.resident) return "memory: the kernel does not tell what an enclave has touched here\n";
  std::string line = "memory in use at the end: ";
  if (report.heap_bytes != 0)
    line += fmt::format("heap {} of {}, ", mebibytes(report.heap_resident.value_or(0)), mebibytes(report.heap_bytes));
  return line + fmt::format("whole enclave {}\n", mebibytes(*report.resident));
}

void append_exits(std::string& text, const host::Report& report) {
  if (report.asynchronous_exits) {
    text += fmt::format("{:<72} {:>12}\n", "asynchronous exits", "count");
    for (size_t i = 0; i < device::kAexCauses; ++i) {
      const u64 count = (*report.asynchronous_exits)[i];
      if (count != 0) text += fmt::format("  {:<70} {:>12}\n", kCauses[i].text, grouped(count));
    }
    return;
  }
  text += fmt::format("{:<72} {:>12}\n", "exceptions (the host does not see interrupts of hardware)", "count");
  for (size_t vector = 0; vector < report.total.exceptions.size(); ++vector) {
    const u64 count = report.total.exceptions[vector];
    if (count != 0) text += fmt::format("  {:<70} {:>12}\n", host::exception_name(vector), grouped(count));
  }
}

}  // namespace

std::vector<std::string> hints_of(const host::Report& report) {
  constexpr u64 kMany = 1000;
  constexpr u64 kTrap = 3000;  // ns that a trapped instruction costs, about
  constexpr u64 kSmallWrite = 128;
  std::vector<std::string> hints;
  if (report.asynchronous_exits) {
    for (const auto& [cause, what] : {std::pair(AexCause::system_call, "syscall"), std::pair(AexCause::cpuid, "cpuid"),
                                      std::pair(AexCause::time_stamp, "rdtsc")}) {
      const u64 count = of(*report.asynchronous_exits, cause);
      if (count < kMany || count * kTrap < report.nanoseconds / 50) continue;
      hints.push_back(
          fmt::format("{} {} instructions were not redirected and trapped, microseconds each: see `sgxx inspect --sites`",
                      grouped(count), what));
    }
  }
  for (const CallRow& row : calls_of(report)) {
    const std::string_view name = row.name;
    if (name == "clock_read" && row.count.calls > kMany && row.count.calls > report.nanoseconds / 5'000'000) {
      hints.push_back(fmt::format("the host was asked for the time {} times: the time stamp counter tells no time here",
                                  grouped(row.count.calls)));
    }
    if (name == "write" && row.count.calls > kMany && row.count.replies / row.count.calls < kSmallWrite) {
      hints.push_back(fmt::format("{} writes of {} bytes on average, each of which left the enclave: a buffer would not",
                                  grouped(row.count.calls), row.count.replies / row.count.calls));
    }
  }
  return hints;
}

std::string report_as_text(const host::Report& report) {
  std::string text = fmt::format("sgxx: statistics\n{:.3f} s, {} threads, {} of them at once at most\n",
                                 static_cast<double>(report.nanoseconds) * kNanosecond, report.total.lives, report.most_threads);
  text += memory_line(report);
  text +=
      fmt::format("{:<24} {:>12} {:>12} {:>12} {:>12} {:>14}\n", "host calls", "count", "errors", "seconds", "mean us", "bytes");
  for (const CallRow& row : calls_of(report)) {
    const double seconds = static_cast<double>(row.count.nanoseconds) * kNanosecond;
    text += fmt::format("  {:<22} {:>12} {:>12} {:>12.3f} {:>12.1f} {:>14}\n", row.name, grouped(row.count.calls),
                        grouped(row.count.errors), seconds, seconds * 1e6 / static_cast<double>(row.count.calls),
                        row.replies_bytes() ? grouped(row.count.replies) : "");
  }
  append_exits(text, report);
  text += fmt::format("entries: {}, and {} to handle exceptions\n", grouped(report.total.entries),
                      grouped(report.total.exception_entries));
  if (report.total.on_ring != 0) text += fmt::format("host calls served without leaving: {}\n", grouped(report.total.on_ring));
  for (const std::string& hint : hints_of(report)) text += "hint: " + hint + '\n';
  return text;
}

std::string report_as_json(const host::Report& report, const host::ExitStatus& status) {
  using nlohmann::json;
  constexpr const char* kEnds[] = {"exited", "signaled", "aborted", "failed", "lost"};
  const auto seconds = [](u64 nanoseconds) { return static_cast<double>(nanoseconds) * kNanosecond; };
  json calls = json::object();
  for (const CallRow& row : calls_of(report)) {
    json call = {{"calls", row.count.calls}, {"errors", row.count.errors}, {"seconds", seconds(row.count.nanoseconds)}};
    if (row.replies_bytes()) call["bytes"] = row.count.replies;
    calls[row.name] = std::move(call);
  }
  json exceptions = json::object();
  for (size_t vector = 0; vector < report.total.exceptions.size(); ++vector) {
    const u64 count = report.total.exceptions[vector];
    if (count != 0) exceptions[std::to_string(vector)] = count;
  }
  json exits = nullptr;
  if (report.asynchronous_exits) {
    exits = json::object();
    for (size_t i = 0; i < device::kAexCauses; ++i) exits[kCauses[i].name] = (*report.asynchronous_exits)[i];
  }
  const auto or_null = [](const std::optional<u64>& value) { return value ? json(*value) : json(nullptr); };
  const json document = {{"seconds", seconds(report.nanoseconds)},
                         {"end", {{"kind", kEnds[static_cast<size_t>(status.kind)]}, {"value", status.value}}},
                         {"threads", {{"started", report.total.lives}, {"most_at_once", report.most_threads}}},
                         {"memory",
                          {{"heap", report.heap_bytes},
                           {"heap_in_use", or_null(report.heap_resident)},
                           {"enclave_in_use", or_null(report.resident)}}},
                         {"entries", report.total.entries},
                         {"exception_entries", report.total.exception_entries},
                         {"host_calls", std::move(calls)},
                         {"host_calls_without_leaving", report.total.on_ring},
                         {"exceptions", std::move(exceptions)},
                         {"asynchronous_exits", std::move(exits)},
                         {"hints", hints_of(report)}};
  return document.dump(2) + '\n';
}

}  // namespace sgxx::cli
