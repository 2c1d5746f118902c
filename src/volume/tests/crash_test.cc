// SPDX-License-Identifier: Apache-2.0
//
// Power fails. What was not synced is there or not, sector by sector. The volume opens all the same, at the last state that was
// published or at the one that was being published.
#include <gtest/gtest.h>

#include "volume/tests/test_workload.h"

namespace sgxx::volume {
namespace {

constexpr u64 kSteps = 60;

/// The workload of a seed, until power fails after `writes` blocks, or, if it is gentle, only the program ends; then again, after
/// a few more, and then power fails. The number of blocks that were written.
u64 run(u64 workload_seed, u64 writes, u64 crash_seed, bool is_gentle, std::string& complaint) {
  TestWorkload work(workload_seed);
  work.create();
  if (!work.open()) return 0;
  const u64 before = work.disk().writes();
  work.may_fail = true;
  work.disk().seed(crash_seed);
  work.disk().fail_after(writes);
  for (u64 i = 0; i < kSteps && !work.disk().is_dead() && work.complaint().empty(); ++i) work.step();
  work.commit();
  const u64 written = work.disk().writes() - before;
  // Twice: what the first crash left must not rest on what nobody synced.
  for (int crashes = 0; crashes < 2; ++crashes) {
    work.close();
    if (crashes == 0 && is_gentle) {
      work.disk().revive();
    } else {
      work.disk().crash();
    }
    work.may_fail = false;
    if (!work.open()) break;
    work.compare();
    work.may_fail = true;
    work.disk().fail_after(5 + crash_seed % 20);
    for (u64 i = 0; i < 8 && !work.disk().is_dead() && work.complaint().empty(); ++i) work.step();
  }
  work.close();
  if (!work.complaint().empty()) {
    complaint = "workload " + std::to_string(workload_seed) + ", crash " + std::to_string(crash_seed) + " after " +
                std::to_string(writes) + " writes: " + work.complaint();
  }
  return written;
}

TEST(Crash, AtEveryWriteLeavesAStateThatWas) {
  std::string complaint;
  for (u64 workload = 1; workload <= 4; ++workload) {
    const u64 writes = run(workload, ~u64{0} - 1, 0, false, complaint);
    ASSERT_GT(writes, 80u);
    for (u64 k = 0; k <= writes && complaint.empty(); ++k) {
      run(workload, k, k, false, complaint);
      if (workload == 1) run(workload, k, k, true, complaint);
    }
    ASSERT_EQ(complaint, "");
  }
}

TEST(Crash, AtEveryWriteOfCreatingLeavesAVolumeOrNone) {
  for (u64 seed = 0; seed < 20; ++seed) {
    for (u64 writes = 0; writes < 8; ++writes) {
      BasicTestVolume<NativeHost<TestDisk>> test;
      test.host.disk.seed(seed);
      test.host.disk.fail_after(writes);
      const bool is_created = test.try_create().ok();
      test.host.disk.crash();
      const auto opened = test.start();
      if (is_created) {
        EXPECT_TRUE(opened.ok());
      }
      // A header of which only some sectors are there is damaged.
      if (!opened.ok()) {
        EXPECT_TRUE(opened.error().fault == Fault::not_a_volume || opened.error().fault == Fault::integrity ||
                    opened.error().fault == Fault::wrong_key);
      }
    }
  }
}

TEST(Crash, WithinARewrapLeavesTheOldKeyOrTheNewOrBoth) {
  for (u64 seed = 0; seed < 60; ++seed) {
    for (u64 writes = 0; writes < 3; ++writes) {
      BasicTestVolume<NativeHost<TestDisk>> test;
      test.create();
      test.open();
      Object& file = test.make_file();
      const u64 number = file.number();
      test.write(file, 0, 1);
      test.commit();
      test.host.disk.seed(seed);
      test.host.disk.fail_after(writes);
      auto secret = test.secret;
      secret[0] ^= 1;
      // As many as lie in several sectors.
      const std::vector<KeySlotRequest> slots(kKeySlots, {.kind = SlotKind::provisioned, .sealing = {}, .secret = secret});
      const bool is_done = test->rewrap(slots).ok();
      test.close();
      test.host.disk.crash();
      const bool opens_with_old = test.start().ok();
      if (opens_with_old) {
        EXPECT_EQ(test.read(*test->find(number), 0), TestVolume::page(1));
      }
      test.close();
      test.secret = secret;
      const bool opens_with_new = test.start().ok();
      if (opens_with_new) {
        EXPECT_EQ(test.read(*test->find(number), 0), TestVolume::page(1));
      }
      EXPECT_TRUE(opens_with_old || opens_with_new);
      if (is_done) {
        EXPECT_TRUE(opens_with_new && !opens_with_old);
      }
    }
  }
}

TEST(Crash, AfterASyncThatFailedNothingIsPublished) {
  BasicTestVolume<NativeHost<TestDisk>> test;
  test.create();
  test.open();
  Object& file = test.make_file();
  const u64 number = file.number();
  test.write(file, 0, 1);
  test.commit();
  EXPECT_FALSE(test->is_dirty());
  test.write(file, 0, 2);
  EXPECT_TRUE(test->is_dirty());
  const Prepared prepared = good(test->prepare());
  EXPECT_TRUE(test->is_dirty()) << "prepared is not published";
  test.host.disk.behave({.fail = 1});
  EXPECT_EQ(test->publish(prepared).error().fault, Fault::io);
  test.host.disk.behave({});
  EXPECT_TRUE(test->is_dirty()) << "who asks again must not be told that all is well";
  EXPECT_EQ(test->publish(prepared).error().fault, Fault::io);
  EXPECT_EQ(test->prepare().error().fault, Fault::io);
  test.host.disk.crash();
  test.reopen();
  EXPECT_EQ(test.read(*test->find(number), 0), TestVolume::page(1));
}

}  // namespace
}  // namespace sgxx::volume
