// SPDX-License-Identifier: Apache-2.0
#include "volume/free_space.h"

#include <gtest/gtest.h>

#include <set>

#include "volume/native/host.h"
#include "volume/tests/test_random.h"

namespace sgxx::volume {
namespace {

class FreeSpaceTest : public testing::Test {
 protected:
  FreeSpaceTest() : space_(Memory(memory_)) { EXPECT_TRUE(space_.grow(1000).ok()); }
  HeapMemory memory_;
  FreeSpace space_;
};

TEST_F(FreeSpaceTest, AFreshBlockIsFreeAtOnce) {
  const FreeSpace::Run run = space_.take(10);
  EXPECT_EQ(run.count, 10u);
  EXPECT_EQ(space_.used(), 10u);
  space_.give_back(run.first);
  EXPECT_EQ(space_.used(), 9u);
  EXPECT_EQ(space_.waiting(), 0u);
}

TEST_F(FreeSpaceTest, ABlockThatAStateMayReferToWaitsForTheNext) {
  const FreeSpace::Run run = space_.take(1);
  space_.prepared();
  space_.give_back(run.first);
  EXPECT_EQ(space_.used(), 1u);
  EXPECT_EQ(space_.waiting(), 1u);
  // The state that refers to it is published; the one that does not is not yet prepared.
  space_.published();
  EXPECT_EQ(space_.used(), 1u);
  space_.prepared();
  EXPECT_EQ(space_.used(), 1u);
  // Publishing fails, and the next state is prepared.
  space_.prepared();
  EXPECT_EQ(space_.used(), 1u);
  space_.published();
  EXPECT_EQ(space_.used(), 0u);
}

TEST_F(FreeSpaceTest, LongRunsArePreferred) {
  // Every second block of the first ones is in use.
  for (u64 block = 0; block < 60; block += 2) ASSERT_TRUE(space_.claim(block));
  const FreeSpace::Run run = space_.take(64);
  EXPECT_EQ(run.count, 64u);
  EXPECT_EQ(run.first, 59u);
}

TEST_F(FreeSpaceTest, TheLastBlocksAreFound) {
  for (u64 block = 0; block < 1000; ++block) {
    if (block % 100 != 7) {
      ASSERT_TRUE(space_.claim(block));
    }
  }
  std::set<u64> taken;
  for (int i = 0; i < 10; ++i) {
    const FreeSpace::Run run = space_.take(64);
    ASSERT_EQ(run.count, 1u);
    taken.insert(run.first);
  }
  EXPECT_EQ(taken.size(), 10u);
  EXPECT_EQ(space_.take(1).count, 0u);
  EXPECT_EQ(space_.take_for_node(), 0u);
  EXPECT_FALSE(space_.claim(7));
  EXPECT_FALSE(space_.claim(1000));
}

TEST_F(FreeSpaceTest, NothingIsGivenTwice) {
  ASSERT_TRUE(space_.grow(100000).ok());
  TestRandom random(1);
  std::set<u64> used;
  for (int i = 0; i < 3000; ++i) {
    if (random.one_in(3)) {
      const u64 block = space_.take_for_node();
      EXPECT_TRUE(used.insert(block).second);
    } else {
      const FreeSpace::Run run = space_.take(1 + random.below(70));
      for (u64 block = run.first; block < run.first + run.count; ++block) EXPECT_TRUE(used.insert(block).second);
    }
    while (!used.empty() && random.one_in(2)) {
      const auto block = used.lower_bound(random.below(100000));
      if (block == used.end()) break;
      space_.give_back(*block);
      used.erase(block);
    }
    EXPECT_EQ(space_.used(), used.size());
  }
}

}  // namespace
}  // namespace sgxx::volume
