// SPDX-License-Identifier: Apache-2.0
//
// Counters in several members of a cluster, none of which is believed alone. What the cluster must do is to agree, and etcd does;
// what is done here is not to be fooled:
//   - a value that the key did not seal is no answer, and the member that gives it is passed over;
//   - a counter is what a majority of the members say, the highest of it: a minority that lies, or was turned back, changes
//   nothing;
//   - an advance is done when a majority shows it, not when a member says so;
//   - no counter is ever below what this object has seen of it.
// What remains: a majority that is turned back together while no server remembers.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "freshness/message.h"
#include "freshness/server/record.h"

namespace sgxx::freshness {

/// One member of the cluster, or a way to it. Any number of threads may call it.
class Member {
 public:
  using Value = std::optional<Bytes>;
  virtual ~Member() = default;
  /// What stands there, as of now in the whole cluster (a linearizable read). Nothing: no such key.
  virtual Result<Value> read(const std::string& place) = 0;
  /// Writes `value` if `expected` stands there. Whether it did is not told: a read shows it.
  virtual Result<void> swap(const std::string& place, const Value& expected, const Bytes& value) = 0;
  virtual std::string name() const = 0;
};

class Counters {
 public:
  using Log = std::function<void(const std::string&)>;
  struct Options {
    std::chrono::milliseconds timeout{10'000};  ///< of one get or advance
    std::chrono::milliseconds pause{100};       ///< between two rounds that had no majority
    std::size_t most_remembered = 1'000'000;    ///< volumes; each takes about 150 bytes
    Log log = [](const std::string&) {};
  };

  Counters(std::vector<std::unique_ptr<Member>> members, RecordKey key, Options options);

  Reply get(const CounterName& name);
  Reply advance(const CounterName& name, const std::optional<Anchor>& from, const Anchor& to);
  const FreshnessServerId& server() const { return key_.id(); }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Reading {
    Status status;  // done, unavailable, went_back or full
    std::optional<Anchor> anchor;
  };

  /// Members in the order to ask them: who gave no answer last time comes last, because waiting for it takes long.
  std::vector<std::size_t> order() const;
  /// What went wrong with a member's last answer; empty: nothing. Logged when it is something else than the time before.
  void note(std::size_t member, std::string problem);
  Reading read(const CounterName& name, Deadline deadline);
  /// Answers that are genuine, at least a majority; otherwise nothing.
  std::optional<std::optional<Anchor>> read_once(const CounterName& name);
  std::optional<Anchor> seen(const CounterName& name) const;
  /// False when there is no room for another.
  bool remember(const CounterName& name, const Anchor& anchor);
  Reply reply(Status status, const std::optional<Anchor>& current = {}) const { return {status, key_.id(), current}; }

  std::vector<std::unique_ptr<Member>> members_;
  RecordKey key_;
  Options options_;
  mutable std::mutex mutex_;
  std::map<CounterName, Anchor> seen_;
  std::vector<std::string> problems_;  // by member
};

}  // namespace sgxx::freshness
