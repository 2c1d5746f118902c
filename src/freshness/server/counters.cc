// SPDX-License-Identifier: Apache-2.0
#include "freshness/server/counters.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <utility>

namespace sgxx::freshness {

Counters::Counters(std::vector<std::unique_ptr<Member>> members, RecordKey key, Options options)
    : members_(std::move(members)), key_(std::move(key)), options_(std::move(options)), problems_(members_.size()) {}

std::vector<std::size_t> Counters::order() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> indices(members_.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  std::ranges::stable_partition(indices, [&](std::size_t index) { return problems_[index].empty(); });
  return indices;
}

void Counters::note(std::size_t member, std::string problem) {
  const std::lock_guard lock(mutex_);
  if (problems_[member] == problem) return;
  options_.log(members_[member]->name() + ": " + (problem.empty() ? "answers again" : problem));
  problems_[member] = std::move(problem);
}

std::optional<Anchor> Counters::seen(const CounterName& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(name);
  return found == seen_.end() ? std::nullopt : std::optional(found->second);
}

bool Counters::remember(const CounterName& name, const Anchor& anchor) {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(name);
  if (found == seen_.end()) {
    if (seen_.size() >= options_.most_remembered) return false;
    seen_.emplace(name, anchor);
  } else if (found->second.generation < anchor.generation) {
    found->second = anchor;
  }
  return true;
}

std::optional<std::optional<Anchor>> Counters::read_once(const CounterName& name) {
  const std::string place = key_.place_of(name);
  std::optional<Anchor> highest;
  std::size_t answers = 0;
  for (const std::size_t index : order()) {
    Member& member = *members_[index];
    auto value = member.read(place);
    const auto anchor = value && *value ? key_.open(name, **value) : std::nullopt;
    const bool genuine = value && (!*value || anchor);
    note(index, genuine ? "" : value ? "holds a value that this server has not written" : value.error().message());
    if (!genuine) continue;
    if (anchor && (!highest || highest->generation < anchor->generation)) highest = anchor;
    if (++answers > members_.size() / 2) return highest;
  }
  return std::nullopt;
}

Counters::Reading Counters::read(const CounterName& name, Deadline deadline) {
  // Before the members are asked: what another thread sees meanwhile may be newer than their answer.
  const auto known = seen(name);
  for (;;) {
    if (const auto anchor = read_once(name)) {
      if (known && (!*anchor || (*anchor)->generation < known->generation ||
                    ((*anchor)->generation == known->generation && **anchor != *known))) {
        options_.log("etcd has gone back behind what this server has seen: " + key_.place_of(name));
        return {Status::went_back, {}};
      }
      if (*anchor && !remember(name, **anchor)) return {Status::full, {}};
      return {Status::done, *anchor};
    }
    if (std::chrono::steady_clock::now() + options_.pause >= deadline) return {Status::unavailable, {}};
    std::this_thread::sleep_for(options_.pause);
  }
}

Reply Counters::get(const CounterName& name) {
  const Reading reading = read(name, std::chrono::steady_clock::now() + options_.timeout);
  return reply(reading.status, reading.anchor);
}

Reply Counters::advance(const CounterName& name, const std::optional<Anchor>& from, const Anchor& to) {
  const Deadline deadline = std::chrono::steady_clock::now() + options_.timeout;
  const std::string place = key_.place_of(name);
  const Member::Value before = from ? Member::Value(key_.seal(name, *from)) : std::nullopt;
  const Bytes after = key_.seal(name, to);
  for (std::size_t attempt = 0;; ++attempt) {
    const Reading reading = read(name, deadline);
    if (reading.status != Status::done) return reply(reading.status);
    if (reading.anchor == to) return reply(Status::done, to);
    if (reading.anchor != from) return reply(Status::conflict, reading.anchor);
    // The first attempts follow each other at once; members that say yes and do nothing are not asked without a pause for ever.
    if (attempt >= members_.size()) std::this_thread::sleep_for(options_.pause);
    if (attempt > 0 && std::chrono::steady_clock::now() >= deadline) return reply(Status::unavailable);
    const std::size_t index = order()[attempt % members_.size()];
    if (auto swapped = members_[index]->swap(place, before, after); !swapped) note(index, swapped.error().message());
  }
}

}  // namespace sgxx::freshness
