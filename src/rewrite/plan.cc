// SPDX-License-Identifier: Apache-2.0
#include "rewrite/plan.h"

#include <algorithm>
#include <map>

#include "rewrite/stub.h"

namespace sgxx::rewrite {
namespace {

/// Bigger functions exist only in files made to cost time.
constexpr u64 kMaxFunction = 1 << 20;

/// mov $15, %rax; syscall: what libgcc looks for at a return address to know a signal frame when there is no FDE.
constexpr u8 kSignalTrampoline[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};

bool is_signal_trampoline(CodeView code, Vaddr site) {
  constexpr u64 kBefore = sizeof(kSignalTrampoline) - 2;
  u64 offset = site - code.begin;
  if (offset < kBefore) return false;
  return std::memcmp(code.bytes.data() + offset - kBefore, kSignalTrampoline, sizeof(kSignalTrampoline)) == 0;
}

class Planner {
 public:
  Planner(const elf::File& file, const std::vector<elf::Frame>& frames, Mode mode, StubWriter writer, EnclaveOffset program_base)
      : file_(file),
        frames_(frames),
        map_(file, frames),
        code_(executable_code(file)),
        mode_(mode),
        writer_(std::move(writer)),
        program_base_(program_base) {}

  Plan run() {
    for (CodeView code : code_) {
      std::vector<Candidate> candidates;
      find_candidates(code, candidates);
      for (Candidate candidate : candidates) add_site(code, candidate);
    }
    analyse_functions();
    for (std::size_t i = 0; i < plan_.sites.size(); ++i) decide(plan_.sites[i], questions_[i]);
    plan_.stubs = writer_.take_bytes();
    plan_.moved = writer_.take_moved();
    return std::move(plan_);
  }

 private:
  /// What is left to ask about a site after the quick answers.
  struct Question {
    CodeView code;
    std::optional<VaddrRange> function;  // nothing: already decided
  };

  void add_site(CodeView code, Candidate candidate) {
    Site site;
    site.address = candidate.address;
    site.kind = candidate.kind;
    if (const elf::Symbol* symbol = map_.symbol_at(site.address)) {
      site.function = symbol->name;
      site.function_offset = site.address - symbol->value;
    }
    Question question{code, std::nullopt};
    auto function = map_.function_at(site.address);
    if (map_.in_object({site.address, length_of(site.kind)})) {
      site.decision = Decision::in_object;
    } else if (!function || !code.range().contains(*function)) {
      site.decision = Decision::outside_functions;
    } else if (function->length > kMaxFunction) {
      site.decision = Decision::function_too_large;
    } else if (is_signal_trampoline(code, site.address)) {
      site.decision = Decision::signal_trampoline;
    } else {
      question.function = function;
    }
    plan_.sites.push_back(std::move(site));
    questions_.push_back(question);
  }

  void analyse_functions() {
    struct Work {
      CodeView code;
      VaddrRange range;
      std::vector<Vaddr> sites;
    };
    std::map<std::pair<u64, u64>, Work> work;
    std::vector<VaddrRange> interesting;
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const auto& [code, function] = questions_[i];
      if (!function) continue;
      auto [entry, added] = work.try_emplace(key(*function), Work{code, *function, {}});
      entry->second.sites.push_back(plan_.sites[i].address);
      if (added) interesting.push_back(*function);
    }
    if (work.empty()) return;
    References references = find_references(file_, frames_, map_, code_, interesting);
    for (const auto& [name, function] : work) {
      functions_.emplace(name, Function::analyse(file_, map_, references, function.code, function.range, function.sites));
    }
  }

  void decide(Site& site, const Question& question) {
    if (!question.function) return;
    const Function& function = functions_.at(key(*question.function));
    if (auto doubt = doubt_about(function, site)) {
      site.decision = *doubt;
      return;
    }
    if (site.kind == SiteKind::sysenter || site.kind == SiteKind::int80) {
      site.decision = Decision::never_redirected;
      return;
    }
    if (mode_ == Mode::report_only) {
      site.decision = Decision::rewriting_off;
      return;
    }
    auto choice = choose_window(function, site.address, site.kind, free_from_);
    if (auto* failure = std::get_if<Decision>(&choice)) {
      site.decision = *failure;
      return;
    }
    redirect(site, std::get<Window>(choice));
  }

  static std::optional<Decision> doubt_about(const Function& function, const Site& site) {
    bool swept = function.swept(site.address), reached = function.reached(site.address);
    if (!swept && !reached) return Decision::not_an_instruction;
    // Prefixes make another instruction of the same bytes, e.g. `rep syscall`; it is left to the exception handler.
    if (function.at(site.address).length != length_of(site.kind)) return Decision::not_an_instruction;
    if (swept && !reached) return Decision::not_reached;
    if (!function.certain(site.address)) return Decision::doubtful_code;
    if (!function.jumps_understood()) return Decision::unresolved_jump;
    return std::nullopt;
  }

  void redirect(Site& site, const Window& window) {
    // The moved neighbours may not touch an OBJECT symbol either.
    if (map_.in_object(window.range)) {
      site.decision = Decision::in_object;
      return;
    }
    auto patch = writer_.write(site.kind, window);
    if (!patch) {
      site.decision = Decision::out_of_reach;
      return;
    }
    site.decision = Decision::redirected;
    site.window = window.range;
    site.resume = window.after.empty() ? Site::Resume::program : Site::Resume::stub;
    plan_.patches.push_back({program_base_ + window.range.begin.value, std::move(*patch)});
    free_from_ = window.range.end();
  }

  static std::pair<u64, u64> key(VaddrRange range) { return {range.begin.value, range.length}; }

  const elf::File& file_;
  const std::vector<elf::Frame>& frames_;
  CodeMap map_;
  std::vector<CodeView> code_;
  Mode mode_;
  StubWriter writer_;
  EnclaveOffset program_base_;
  std::vector<Question> questions_;  // of plan_.sites
  std::map<std::pair<u64, u64>, Function> functions_;
  Vaddr free_from_;  // the end of the last window
  Plan plan_;
};

}  // namespace

u64 Plan::count(Decision decision) const {
  return static_cast<u64>(std::count_if(sites.begin(), sites.end(), [&](const Site& site) { return site.decision == decision; }));
}

Result<Plan> plan(const elf::File& file, const Targets& targets, EnclaveOffset program_base, EnclaveOffset stub_base, Mode mode) {
  auto frames = TRY(elf::read_frames(file));
  return Planner(file, frames, mode, StubWriter(targets, program_base, stub_base), program_base).run();
}

}  // namespace sgxx::rewrite
