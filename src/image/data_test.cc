// SPDX-License-Identifier: Apache-2.0
#include "image/data.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "image/builder.h"
#include "image/enclave_pages.h"

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;

Manifest manifest() {
  Manifest m;
  m.heap = u64{4} << 20;
  m.threads = 3;
  m.environment = {"A=1"};
  return m;
}

BuiltEnclave built_with(ByteView measured, ByteView unmeasured) {
  const std::vector<u8> runtime = read_file(SGXX_TEST_RUNTIME).value();
  const std::vector<u8> program = read_file(SGXX_TEST_PROGRAM).value();
  return build({runtime, program, measured, unmeasured}, manifest()).value();
}

std::vector<u8> bytes(u64 count, u8 seed) {
  std::vector<u8> result(count);
  for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<u8>(i * 13 + seed);
  return result;
}

std::vector<u8> joined(std::vector<u8> a, const std::vector<u8>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Appended after the build or given to it: the same enclave.
TEST(AppendData, IsTheSameAsBuildingWithTheData) {
  const auto a = bytes(10000, 1);
  const auto b = bytes(5000, 2);
  const BuiltEnclave bare = built_with({}, {});
  for (const auto& [measured, unmeasured] : {std::pair<ByteView, ByteView>{a, {}}, {{}, b}, {a, b}, {b, a}, {{}, {}}}) {
    const Stream appended = append_data(bare.stream.bytes, {measured, unmeasured}).value();
    const BuiltEnclave at_once = built_with(measured, unmeasured);
    EXPECT_EQ(appended.mr_enclave, at_once.stream.mr_enclave);
    EXPECT_EQ(appended.bytes, at_once.stream.bytes);
  }
}

TEST(AppendData, AppendsToWhatIsThere) {
  const auto a = bytes(10001, 1);
  const auto b = bytes(5003, 2);
  const Stream once = append_data(built_with({}, {}).stream.bytes, {a, b}).value();
  const Stream twice = append_data(once.bytes, {b, a}).value();
  EXPECT_EQ(twice.bytes, built_with(joined(a, b), joined(b, a)).stream.bytes);
}

TEST(AppendData, LargeDataGrowsElrange) {
  const BuiltEnclave bare = built_with({}, {});
  const auto large = bytes(bare.layout.size, 3);
  const Stream appended = append_data(bare.stream.bytes, {{}, large}).value();
  const EnclavePages pages = read_pages(appended.bytes).value();
  EXPECT_EQ(pages.size, 2 * bare.layout.size);
  EXPECT_EQ(config_of(pages)->elrange_size, pages.size);
}

TEST(AppendData, OnlyToEnclavesOfOurs) {
  StreamWriter writer(1, 0x100000);
  writer.add_measured(EnclaveOffset(0x10000), bytes(kPageSize, 1), isa::SecInfo::reg(Permission::r()));
  const Stream foreign = std::move(writer).finish();
  EXPECT_THAT(append_data(foreign.bytes, {}).error().message(), HasSubstr("only to an enclave that this version"));
}

TEST(EnclavePages, ReadBackTheyNameEverything) {
  const auto data = bytes(100, 1);
  const BuiltEnclave built = built_with(data, data);
  const EnclavePages pages = read_pages(built.stream.bytes).value();
  EXPECT_EQ(write_pages(pages).bytes, built.stream.bytes);
  const Layout layout = layout_of(pages);
  EXPECT_EQ(layout.size, built.layout.size);
  const auto find = [](const Layout& l, u64 offset) {
    for (const LayoutRegion& region : l.regions) {
      if (region.range.contains(EnclaveOffset(offset))) return region;
    }
    return LayoutRegion{};
  };
  u64 end = 0;
  for (const LayoutRegion& region : layout.regions) {
    EXPECT_EQ(region.range.begin.value, end);
    end = region.range.end().value;
    if (region.backing == Backing::never) continue;
    const LayoutRegion planned = find(built.layout, region.range.begin.value);
    EXPECT_EQ(region.group, planned.group);
    EXPECT_EQ(region.backing, planned.backing);
    EXPECT_EQ(region.name, planned.name);
  }
  EXPECT_EQ(end, layout.size);
}

}  // namespace
}  // namespace sgxx::image
