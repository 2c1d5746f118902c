// SPDX-License-Identifier: Apache-2.0
//
// Counters over members that lie in every way that one can: the cluster's truth is one map, and each member shows it as it likes.
#include "freshness/server/counters.h"

#include <gtest/gtest.h>

#include <thread>

#include "freshness/server/server.h"

namespace sgxx::freshness {
namespace {

using Truth = std::map<std::string, Bytes>;

enum class Manner {
  honest,
  dead,
  old,       // shows what was there when it began to lie
  empty,     // holds nothing
  garbage,   // holds what nobody has written
  swapping,  // shows another counter's value
  lazy,      // says that it writes and does not
  late,      // writes, and says that it did not
};

struct Cluster {
  std::mutex mutex;
  Truth truth, before;
};

class Actor final : public Member {
 public:
  Actor(Cluster& cluster, Manner& manner) : cluster_(cluster), manner_(manner) {}
  std::string name() const override { return "member"; }

  Result<Value> read(const std::string& place) override {
    const std::lock_guard lock(cluster_.mutex);
    switch (manner_) {
      case Manner::dead: return unsupported("no answer");
      case Manner::old: return find(cluster_.before, place);
      case Manner::empty: return Value();
      case Manner::garbage: return Value(Bytes(64, 1));
      case Manner::swapping:
        for (const auto& [key, value] : cluster_.truth) {
          if (key != place) return Value(value);
        }
        return Value();
      default: return find(cluster_.truth, place);
    }
  }

  Result<void> swap(const std::string& place, const Value& expected, const Bytes& value) override {
    const std::lock_guard lock(cluster_.mutex);
    if (manner_ == Manner::dead) return unsupported("no answer");
    if (manner_ == Manner::lazy || manner_ == Manner::old || manner_ == Manner::empty) return {};
    if (find(cluster_.truth, place) == expected) cluster_.truth[place] = value;
    if (manner_ == Manner::late) return unsupported("no answer in time");
    return {};
  }

 private:
  static Value find(const Truth& map, const std::string& place) {
    const auto found = map.find(place);
    return found == map.end() ? Value() : Value(found->second);
  }
  Cluster& cluster_;
  Manner& manner_;
};

Anchor anchor(u64 generation, u8 history = 1) { return {generation, StateId{{static_cast<u8>(generation), history}}}; }
const CounterName kName{Digest256{{1}}, VolumeId{{1}}}, kOther{Digest256{{2}}, VolumeId{{1}}};

class FreshnessCounters : public testing::Test {
 protected:
  std::unique_ptr<Counters> start(std::size_t most_remembered = 100) {
    std::vector<std::unique_ptr<Member>> members;
    for (Manner& manner : manners_) members.push_back(std::make_unique<Actor>(cluster_, manner));
    using std::chrono::milliseconds;
    return std::make_unique<Counters>(
        std::move(members), RecordKey(std::array<u8, 32>{9}),
        Counters::Options{.timeout = milliseconds(30), .pause = milliseconds(2), .most_remembered = most_remembered});
  }
  Status step(Counters& counters, u64 from, u64 to) {
    return counters.advance(kName, from == 0 ? std::nullopt : std::optional(anchor(from)), anchor(to)).status;
  }
  void turn_back() { cluster_.truth = cluster_.before; }
  void keep() { cluster_.before = cluster_.truth; }

  Cluster cluster_;
  std::array<Manner, 3> manners_{};
};

TEST_F(FreshnessCounters, GoForwardsFromWhereTheyAre) {
  const auto counters = start();
  EXPECT_EQ(counters->get(kName).status, Status::done);
  EXPECT_EQ(counters->get(kName).current, std::nullopt);
  EXPECT_EQ(step(*counters, 0, 1), Status::done);
  EXPECT_EQ(step(*counters, 0, 1), Status::done);  // the reply was lost, and it is asked again
  EXPECT_EQ(step(*counters, 1, 5), Status::done);
  EXPECT_EQ(counters->get(kName).current, anchor(5));
  EXPECT_EQ(counters->get(kOther).current, std::nullopt);
}

TEST_F(FreshnessCounters, ASecondHistoryIsAConflict) {
  const auto one = start(), two = start();
  EXPECT_EQ(step(*one, 0, 1), Status::done);
  EXPECT_EQ(two->advance(kName, anchor(1), anchor(2, 2)).status, Status::done);
  const Reply reply = one->advance(kName, anchor(1), anchor(2, 1));
  EXPECT_EQ(reply.status, Status::conflict);
  EXPECT_EQ(reply.current, anchor(2, 2));
}

TEST_F(FreshnessCounters, NothingIsLostWithTheServer) {
  EXPECT_EQ(step(*start(), 0, 1), Status::done);
  EXPECT_EQ(start()->get(kName).current, anchor(1));
}

TEST_F(FreshnessCounters, OneMemberOfThreeChangesNothing) {
  for (const Manner manner :
       {Manner::dead, Manner::old, Manner::empty, Manner::garbage, Manner::swapping, Manner::lazy, Manner::late}) {
    for (std::size_t place = 0; place < 3; ++place) {
      cluster_.truth.clear();
      manners_.fill(Manner::honest);
      EXPECT_EQ(step(*start(), 0, 1), Status::done);
      EXPECT_EQ(start()->advance(kOther, std::nullopt, anchor(9)).status, Status::done);
      keep();
      EXPECT_EQ(step(*start(), 1, 2), Status::done);
      manners_[place] = manner;
      const auto counters = start();
      EXPECT_EQ(counters->get(kName).current, anchor(2)) << static_cast<int>(manner) << " at " << place;
      EXPECT_EQ(step(*counters, 2, 3), Status::done) << static_cast<int>(manner) << " at " << place;
      EXPECT_EQ(start()->get(kName).current, anchor(3)) << static_cast<int>(manner) << " at " << place;
    }
  }
}

TEST_F(FreshnessCounters, WithoutAMajorityThereIsNoAnswer) {
  EXPECT_EQ(step(*start(), 0, 1), Status::done);
  const auto counters = start();
  for (const Manner manner : {Manner::dead, Manner::garbage}) {
    manners_ = {Manner::honest, manner, manner};
    EXPECT_EQ(counters->get(kName).status, Status::unavailable);
    EXPECT_EQ(step(*counters, 1, 2), Status::unavailable);
  }
  manners_.fill(Manner::honest);
  EXPECT_EQ(counters->get(kName).current, anchor(1));
  EXPECT_EQ(step(*counters, 1, 2), Status::done);
}

TEST_F(FreshnessCounters, AMajorityThatSaysYesAndDoesNothingIsNotBelieved) {
  EXPECT_EQ(step(*start(), 0, 1), Status::done);
  manners_ = {Manner::lazy, Manner::lazy, Manner::lazy};
  const auto counters = start();
  EXPECT_EQ(step(*counters, 1, 2), Status::unavailable);
  EXPECT_EQ(counters->get(kName).current, anchor(1));
}

TEST_F(FreshnessCounters, AClusterThatIsTurnedBackIsSeenByWhoRemembers) {
  const auto counters = start();
  EXPECT_EQ(step(*counters, 0, 1), Status::done);
  keep();
  EXPECT_EQ(step(*counters, 1, 2), Status::done);
  turn_back();
  EXPECT_EQ(counters->get(kName).status, Status::went_back);
  EXPECT_EQ(step(*counters, 1, 3), Status::went_back);
  cluster_.truth.clear();
  EXPECT_EQ(counters->get(kName).status, Status::went_back);
  EXPECT_EQ(step(*counters, 0, 1), Status::went_back);
}

TEST_F(FreshnessCounters, AnotherKeyKnowsNothing) {
  const RecordKey one(std::array<u8, 32>{9}), other(std::array<u8, 32>{8});
  const Bytes value = one.seal(kName, anchor(1));
  EXPECT_EQ(one.open(kName, value), anchor(1));
  EXPECT_EQ(one.open(kOther, value), std::nullopt);
  EXPECT_EQ(other.open(kName, value), std::nullopt);
  EXPECT_NE(one.id(), other.id());
  for (std::size_t bit = 0; bit < 8 * value.size(); ++bit) {
    Bytes changed = value;
    changed[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    EXPECT_EQ(one.open(kName, changed), std::nullopt) << bit;
  }
  for (std::size_t length = 0; length < value.size(); ++length) EXPECT_FALSE(one.open(kName, ByteView(value).first(length)));
}

TEST_F(FreshnessCounters, ThereIsAnEndToWhatIsRemembered) {
  const auto counters = start(1);
  EXPECT_EQ(step(*counters, 0, 1), Status::done);
  EXPECT_EQ(counters->advance(kOther, std::nullopt, anchor(1)).status, Status::full);
  EXPECT_EQ(step(*counters, 1, 2), Status::done);
}

TEST_F(FreshnessCounters, ClientsReachTheirOwnAlone) {
  verify::EnclaveIdentity client;
  client.mr_signer.fill(1);
  client.mr_enclave.fill(2);
  client.product_id = 3;
  const auto owner = owner_of(client, FreshnessScope::product);
  verify::EnclaveIdentity update = client;
  update.mr_enclave.fill(7);
  update.version = 9;
  EXPECT_EQ(owner_of(update, FreshnessScope::product), owner);
  EXPECT_NE(owner_of(update, FreshnessScope::build), owner_of(client, FreshnessScope::build));
  EXPECT_NE(owner_of(client, FreshnessScope::build), owner);
  for (auto change : {+[](verify::EnclaveIdentity& who) { who.mr_signer[31] ^= 1; },
                      +[](verify::EnclaveIdentity& who) { who.product_id ^= 0x100; },
                      +[](verify::EnclaveIdentity& who) { who.attributes |= Attributes::kDebug; }}) {
    verify::EnclaveIdentity other = client;
    change(other);
    EXPECT_NE(owner_of(other, FreshnessScope::product), owner);
  }
  const auto counters = start();
  const Request set{Operation::advance, FreshnessScope::product, VolumeId{{4}}, {}, anchor(1)};
  const Request get{Operation::get, FreshnessScope::product, VolumeId{{4}}, {}, {}};
  verify::EnclaveIdentity stranger = client;
  stranger.product_id = 4;
  EXPECT_EQ(answer(*counters, client, set).status, Status::done);
  EXPECT_EQ(answer(*counters, update, get).current, anchor(1));
  EXPECT_EQ(answer(*counters, stranger, get).current, std::nullopt);
  EXPECT_EQ(answer(*counters, client, {Operation::share_key, FreshnessScope::build, {}, {}, {}}).status, Status::refused);
}

TEST_F(FreshnessCounters, OfManyAtOnceOneWins) {
  const auto counters = start();
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (u8 history = 1; history <= 8; ++history) {
    threads.emplace_back([&, history] {
      if (counters->advance(kName, std::nullopt, anchor(1, history)).status == Status::done) ++won;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

}  // namespace
}  // namespace sgxx::freshness
