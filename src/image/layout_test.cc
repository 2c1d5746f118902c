// SPDX-License-Identifier: Apache-2.0
#include "image/layout.h"

#include <gmock/gmock.h>

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;

LayoutRequest request() {
  LayoutRequest r;
  r.runtime = {{"runtime constants", {EnclaveOffset(0x10000), 0x1000}, Permission::r()},
               {"runtime code", {EnclaveOffset(0x11000), 0x5000}, Permission::rx()}};
  r.program = {{"program code", {EnclaveOffset(0x20000), 0x8000}, Permission::rx()},
               {"program data", {EnclaveOffset(0x2a000), 0x3000}, Permission::rw()}};
  r.stubs = 0x2e000;
  r.stubs_length = 100;
  r.measured_length = 5000;
  r.unmeasured_length = 10;
  return r;
}

std::string fault_of(const Manifest& manifest, const LayoutRequest& r = request()) {
  abi::EnclaveConfig config{};
  const auto layout = lay_out(r, manifest, config);
  return layout.ok() ? "" : layout.error().message();
}

TEST(Layout, CoversElrangeWithoutGapsOrOverlaps) {
  abi::EnclaveConfig config{};
  const Layout layout = lay_out(request(), {}, config).value();
  EXPECT_TRUE(is_power_of_two(layout.size));
  EXPECT_EQ(config.elrange_size, layout.size);
  u64 end = 0;
  for (const LayoutRegion& region : layout.regions) {
    EXPECT_EQ(region.range.begin.value, end) << region.name;
    EXPECT_FALSE(region.range.empty());
    EXPECT_TRUE(is_aligned(region.range.length, kPageSize)) << region.name;
    EXPECT_FALSE(permission_of(region).writable() && permission_of(region).executable());
    end = region.range.end().value;
  }
  EXPECT_EQ(end, layout.size);
  EXPECT_EQ(layout.regions.front().backing, Backing::never);
  EXPECT_EQ(layout.regions.front().range.length, abi::kLowestBackedOffset);
}

TEST(Layout, ThreadBlocksAreWhereTheConfigurationSays) {
  abi::EnclaveConfig config{};
  const Layout layout = lay_out(request(), {}, config).value();
  u32 tcs_count = 0;
  for (const LayoutRegion& region : layout.regions) {
    if (region.info.type() != isa::PageType::tcs) continue;
    EXPECT_EQ(region.range.begin.value, config.threads.offset + tcs_count * config.thread.stride + config.thread.tcs);
    EXPECT_EQ(region.backing, Backing::measured);
    ++tcs_count;
  }
  EXPECT_EQ(tcs_count, config.thread_count);
}

// The page below each stack, and the lowest page of each thread-stack slot, must never be backed.
void expect_guards(const Manifest& manifest, Backing memory) {
  abi::EnclaveConfig config{};
  const Layout layout = lay_out(request(), manifest, config).value();
  const auto backing_at = [&](u64 offset) {
    for (const LayoutRegion& region : layout.regions) {
      if (region.range.contains(EnclaveOffset(offset))) return region.backing;
    }
    return Backing::never;
  };
  for (u32 i = 0; i < config.thread_count; ++i) {
    const u64 block = config.threads.offset + i * config.thread.stride;
    for (u64 stack : {config.thread.stack, config.thread.exception_stack}) {
      EXPECT_EQ(backing_at(block + stack - 1), Backing::never);
      EXPECT_EQ(backing_at(block + stack), Backing::zeroes);
    }
    EXPECT_EQ(backing_at(block + config.thread.stride - 1), Backing::never);
  }
  for (u64 i = 0; i < config.stack_slot_count; ++i) {
    const u64 slot = config.stack_slots.offset + i * config.stack_slot_stride;
    EXPECT_EQ(backing_at(slot), Backing::never);
    EXPECT_EQ(backing_at(slot + kPageSize), memory);
    EXPECT_EQ(backing_at(slot + config.stack_slot_stride - 1), memory);
  }
  EXPECT_EQ(backing_at(config.main_stack.offset - 1), Backing::never);
  EXPECT_EQ(backing_at(config.heap.offset - 1), Backing::never);
  EXPECT_EQ(backing_at(config.heap.end()), Backing::never);
  EXPECT_EQ(backing_at(config.heap.offset), memory);
  EXPECT_EQ(backing_at(config.main_stack.offset), memory);
}

TEST(Layout, EveryStackHasAGuardBelow) {
  Manifest manifest;
  expect_guards(manifest, Backing::dynamic);
  manifest.dynamic_memory = false;
  expect_guards(manifest, Backing::zeroes);
}

TEST(Layout, DynamicRangesAreThoseOfTheLayout) {
  Manifest manifest;
  manifest.threads = 3;
  abi::EnclaveConfig config{};
  const Layout layout = lay_out(request(), manifest, config).value();
  std::vector<OffsetRange> expected;
  for (const LayoutRegion& region : layout.regions)
    if (region.backing == Backing::dynamic) expected.push_back(region.range);
  EXPECT_EQ(expected.size(), 4u);
  EXPECT_EQ(dynamic_ranges(config), expected);
  config.stack_slot_count = ~u64{0};
  EXPECT_EQ(dynamic_ranges(config), expected) << "no more slots than there is room for";
  config.flags = 0;
  EXPECT_TRUE(dynamic_ranges(config).empty());
}

TEST(Layout, SsaFramesGrowWithTheStateThatIsAllowed) {
  EXPECT_EQ(ssa_frame_pages(0x3), 1u);
  EXPECT_EQ(ssa_frame_pages(0xe7), 1u);
  EXPECT_EQ(ssa_frame_pages(0x2e7), 1u);
  EXPECT_EQ(ssa_frame_pages(0x602e7), 3u);
  const abi::ThreadLayout t = thread_layout(0xe7);
  EXPECT_EQ(t.block - t.ssa, 2 * kPageSize);
  EXPECT_EQ(t.block_length, 2 * kPageSize);
  EXPECT_EQ(thread_layout(0x602e7).block_length, 4 * kPageSize);
}

TEST(Layout, DataCanBeReplacedWithoutMovingAnything) {
  abi::EnclaveConfig config{};
  Layout layout = lay_out(request(), {}, config).value();
  EXPECT_FALSE(lay_out_data(layout, u64{1} << 60, 0, config));
  const u64 unmeasured = config.unmeasured.offset;
  const u64 blob = config.blob.offset;
  const u64 heap = config.heap.offset;
  ASSERT_TRUE(lay_out_data(layout, 100 * kPageSize, 0, config));
  EXPECT_EQ(config.heap.offset, heap);
  EXPECT_EQ(config.blob, (abi::Region{blob, 100 * kPageSize}));
  EXPECT_EQ(config.unmeasured, (abi::Region{0, 0}));
  ASSERT_TRUE(lay_out_data(layout, 5000, 10, config));
  EXPECT_EQ(config.unmeasured.offset, unmeasured);
}

TEST(Layout, ImpossibleSizesAreNamed) {
  Manifest m;
  m.heap = 4097;
  EXPECT_THAT(fault_of(m), HasSubstr("heap: 4097 bytes is not a multiple"));
  m = {};
  m.heap = 4096;
  EXPECT_THAT(fault_of(m), HasSubstr("heap: 4 KiB is too small; expected at least 1 MiB"));
  m = {};
  m.heap = u64{1} << 40;
  EXPECT_THAT(fault_of(m), HasSubstr("heap: 1048576 MiB does not fit"));
  m = {};
  m.heap = u64{1} << 36;
  EXPECT_THAT(fault_of(m), HasSubstr("make heap, threads or data smaller"));
  m = {};
  m.threads = 0;
  EXPECT_THAT(fault_of(m), HasSubstr("threads: 0 is not possible"));
  m.threads = 100000;
  EXPECT_THAT(fault_of(m), HasSubstr("threads: 100000"));
  m = {};
  m.threads = 4096;
  m.thread_stack = u64{1} << 30;
  EXPECT_THAT(fault_of(m), HasSubstr("make heap, threads"));
  m = {};
  m.thread_stack = 0;
  EXPECT_THAT(fault_of(m), HasSubstr("thread_stack"));
  m = {};
  m.xfrm_allowed = 4;
  EXPECT_THAT(fault_of(m), HasSubstr("XFRM 0x4"));
  m = {};
  m.heap = u64{1} << 20;
  m.threads = 2000;
  EXPECT_THAT(fault_of(m), HasSubstr("too small for an enclave of"));
}

TEST(Layout, OneThreadNeedsNoStackSlots) {
  Manifest m;
  m.threads = 1;
  abi::EnclaveConfig config{};
  const Layout layout = lay_out(request(), m, config).value();
  EXPECT_EQ(config.stack_slot_count, 0u);
  EXPECT_EQ(layout.regions.back().range.end().value, layout.size);
}

}  // namespace
}  // namespace sgxx::image
