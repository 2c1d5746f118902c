// SPDX-License-Identifier: Apache-2.0
#include "host/recorder.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

namespace sgxx::host {
namespace {

u64 now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<u64>(time.tv_sec) * 1'000'000'000 + static_cast<u64>(time.tv_nsec);
}

/// What the table's text calls argument `index`: the word behind "argN=". Empty when the call has no such argument.
std::string_view argument_name(std::string_view text, size_t index) {
  const std::string mark = "arg" + std::to_string(index) + '=';
  const size_t found = text.find(mark);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + mark.size());
  return text.substr(0, text.find_first_of(" ,*=-;)"));
}

std::string decimal(u64 value, u64 unit, int digits) {
  std::array<char, 48> text;
  const int length =
      std::snprintf(text.data(), text.size(), "%.*f", digits, static_cast<double>(value) / static_cast<double>(unit));
  return {text.data(), static_cast<size_t>(length)};
}

bool is_last(const abi::HostCall& call) { return call.number == static_cast<u64>(abi::HostCallNumber::exit); }

}  // namespace

HostCallRow host_call_row(u64 number) {
  switch (number) {
#define SGXX_X(name, value, text) \
  case value: return {#name, text};
    SGXX_HOST_CALLS(SGXX_X)
#undef SGXX_X
    default: return {};
  }
}

const char* exception_name(u64 vector) {
  switch (vector) {
    case isa::vector::de: return "#DE divide error";
    case isa::vector::db: return "#DB debug";
    case isa::vector::bp: return "#BP breakpoint";
    case isa::vector::ud: return "#UD undefined instruction";
    case isa::vector::gp: return "#GP general protection";
    case isa::vector::pf: return "#PF page fault";
    case isa::vector::mf: return "#MF x87 arithmetic";
    case isa::vector::ac: return "#AC alignment";
    case isa::vector::xm: return "#XM vector arithmetic";
    default: return "other";
  }
}

std::string describe(const abi::HostCall& call) {
  const HostCallRow row = host_call_row(call.number);
  if (row.name == nullptr) return "call " + std::to_string(call.number);
  std::string line = std::string(row.name) + '(';
  for (size_t i = 0; i < call.args.size(); ++i) {
    const std::string_view name = argument_name(row.text, i);
    if (name.empty()) break;
    if (i != 0) line += ", ";
    line.append(name).append("=");
    line += call.args[i] >> 63 != 0 ? std::to_string(static_cast<i64>(call.args[i])) : std::to_string(call.args[i]);
  }
  return line + ')';
}

Recorder::Recorder(u32 threads, int trace) : counts_(threads), trace_(trace), begin_(now()) {}

void Recorder::write_line(u64 when, u32 thread, const std::string& what) const {
  const std::string line = decimal(when - begin_, 1'000'000'000, 6) + " thread " + std::to_string(thread) + ": " + what + '\n';
  // One write, so that lines of several threads do not mix; a trace that cannot be written stops nothing.
  [[maybe_unused]] const ssize_t written = ::write(trace_, line.data(), line.size());
}

u64 Recorder::before(u32 thread, const abi::HostCall& call) {
  const u64 began = now();
  if (is_last(call)) {
    if (call.number < kHostCalls) ++counts_[thread].calls[call.number].calls;
    if (trace_ >= 0) write_line(began, thread, describe(call));
  }
  return began;
}

void Recorder::after(u32 thread, const abi::HostCall& call, i64 reply, u64 began) {
  const u64 took = now() - began;
  if (call.number < kHostCalls) {
    ThreadCounts::Call& count = counts_[thread].calls[call.number];
    ++count.calls;
    count.nanoseconds += took;
    if (reply < 0) {
      ++count.errors;
    } else {
      count.replies += static_cast<u64>(reply);
    }
  }
  if (trace_ < 0) return;
  const char* name = reply < 0 && reply >= -4095 ? strerrorname_np(static_cast<int>(-reply)) : nullptr;
  const std::string answer = name != nullptr ? name : std::to_string(reply);
  write_line(began, thread, describe(call) + " = " + answer + " in " + decimal(took, 1000, 1) + " us");
}

void Recorder::exception(u32 thread, const device::Exit& exit) {
  if (exit.vector < counts_[thread].exceptions.size()) ++counts_[thread].exceptions[exit.vector];
  if (trace_ < 0) return;
  std::ostringstream line;
  line << "exception " << exit.vector << ' ' << exception_name(exit.vector);
  if (exit.vector == isa::vector::pf) line << " at page 0x" << std::hex << exit.address;
  write_line(now(), thread, line.str());
}

void Recorder::thread_begins(u32 thread) {
  ++counts_[thread].lives;
  const u64 alive = alive_.fetch_add(1) + 1;
  u64 most = most_alive_.load();
  while (alive > most && !most_alive_.compare_exchange_weak(most, alive)) {
  }
}

void Recorder::thread_ends() { alive_.fetch_sub(1); }

Report Recorder::report() const {
  Report report;
  report.nanoseconds = now() - begin_;
  report.most_threads = most_alive_.load();
  for (const ThreadCounts& thread : counts_) {
    for (size_t i = 0; i < kHostCalls; ++i) {
      report.total.calls[i].calls += thread.calls[i].calls;
      report.total.calls[i].errors += thread.calls[i].errors;
      report.total.calls[i].nanoseconds += thread.calls[i].nanoseconds;
      report.total.calls[i].replies += thread.calls[i].replies;
    }
    for (size_t i = 0; i < thread.exceptions.size(); ++i) report.total.exceptions[i] += thread.exceptions[i];
    report.total.entries += thread.entries;
    report.total.exception_entries += thread.exception_entries;
    report.total.on_ring += thread.on_ring;
    report.total.lives += thread.lives;
  }
  return report;
}

std::optional<u64> resident_bytes(u64 begin, u64 length) {
  std::ifstream maps("/proc/self/smaps");
  u64 total = 0;
  bool within = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long from = 0, to = 0, kilobytes = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &from, &to) == 2) {
      within = from >= begin && to - begin <= length;
    } else if (within && std::sscanf(line.c_str(), "Rss: %llu kB", &kilobytes) == 1) {
      total += kilobytes * 1024;
    }
  }
  if (total == 0) return std::nullopt;
  return total;
}

}  // namespace sgxx::host
