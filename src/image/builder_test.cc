// SPDX-License-Identifier: Apache-2.0
#include "image/builder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "image/enclave_pages.h"
#include "image/test_vectors.h"

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;

const std::vector<u8>& runtime() {
  static const std::vector<u8> bytes = read_file(SGXX_TEST_RUNTIME).value();
  return bytes;
}
const std::vector<u8>& program() {
  static const std::vector<u8> bytes = read_file(SGXX_TEST_PROGRAM).value();
  return bytes;
}

BuildInput input() { return {runtime(), program()}; }

Manifest small() {
  Manifest m;
  m.heap = u64{4} << 20;
  m.threads = 3;
  return m;
}

// Every page of a stream.
struct Pages final : StreamVisitor {
  struct Page {
    isa::SecInfo info;
    Contents contents;
    std::vector<u8> bytes;
  };
  Result<void> create(u32, u64 bytes) override { return size = bytes, Result<void>(); }
  Result<void> pages(const PageRange& p) override {
    for (u64 i = 0; i < p.range.length; i += kPageSize) {
      Page& page = all[p.range.begin.value + i];
      page = {p.info, p.contents, std::vector<u8>(kPageSize)};
      if (!p.bytes.empty()) std::copy_n(p.bytes.begin() + static_cast<i64>(i), kPageSize, page.bytes.begin());
    }
    return {};
  }
  template <class T>
  T read(u64 offset) {
    return read_at<T>(all.at(align_down(offset, kPageSize)).bytes, offset % kPageSize).value();
  }
  u64 size = 0;
  std::map<u64, Page> all;
};

Pages pages_of(const BuiltEnclave& built) {
  Pages pages;
  EXPECT_TRUE(visit_stream(built.stream.bytes, pages));
  return pages;
}

TEST(Builder, TheStreamHoldsWhatTheLayoutSays) {
  const BuiltEnclave built = build(input(), small()).value();
  Pages pages = pages_of(built);
  EXPECT_EQ(pages.size, built.layout.size);
  u64 count = 0;
  for (const LayoutRegion& region : built.layout.regions) {
    for (u64 i = 0; i < region.range.length; i += kPageSize) {
      const auto page = pages.all.find(region.range.begin.value + i);
      ASSERT_EQ(page != pages.all.end(), is_added(region.backing)) << region.name;
      if (page == pages.all.end()) continue;
      ++count;
      EXPECT_EQ(page->second.info, region.info);
      EXPECT_EQ(static_cast<int>(page->second.contents) + 1, static_cast<int>(region.backing)) << region.name;
    }
  }
  EXPECT_EQ(count, pages.all.size());
  EXPECT_EQ(measure_stream(built.stream.bytes).value(), built.stream.mr_enclave);
}

TEST(Builder, TheConfigurationPageIsFirstAndFilled) {
  const BuiltEnclave built = build(input(), small()).value();
  Pages pages = pages_of(built);
  EXPECT_EQ(pages.all.begin()->first, abi::kLowestBackedOffset);
  EXPECT_EQ(pages.all.begin()->second.info, isa::SecInfo::reg(Permission::r()));
  const auto config = pages.read<abi::EnclaveConfig>(abi::kLowestBackedOffset);
  EXPECT_EQ(hex(as_bytes_of(config)), hex(as_bytes_of(built.config)));
  EXPECT_EQ(config.magic, abi::kConfigMagic);
  EXPECT_EQ(config.config_offset, abi::kLowestBackedOffset);
  EXPECT_EQ(config.elrange_size, built.layout.size);
  EXPECT_EQ(config.thread_count, 3u);
  EXPECT_EQ(config.heap.length, u64{4} << 20);
}

TEST(Builder, TheProgramLiesAsItsHeadersSay) {
  Manifest manifest = small();
  manifest.rewrite = false;
  const BuiltEnclave built = build(input(), manifest).value();
  Pages pages = pages_of(built);
  const elf::File file = elf::File::parse(program()).value();
  const u64 base = built.config.program.offset - file.span().begin.value;
  EXPECT_EQ(built.config.program_entry, base + file.entry().value);
  EXPECT_EQ(built.config.program_headers, base + file.program_headers_address()->value);
  EXPECT_EQ(pages.read<u32>(base), 0x464c457fu) << "the ELF header is loaded with the first segment";
  for (const elf::Segment& segment : file.segments()) {
    const ByteView bytes = file.bytes_of(segment);
    for (u64 i = 0; i < segment.memory.length; ++i) {
      const u64 offset = base + segment.memory.begin.value + i;
      ASSERT_EQ(pages.read<u8>(offset), i < bytes.size() ? bytes[i] : 0) << offset;
    }
    const u64 first_page = align_down(base + segment.memory.begin.value, kPageSize);
    EXPECT_EQ(pages.all.at(first_page).info, isa::SecInfo::reg(segment.permission));
    EXPECT_EQ(pages.all.at(first_page).contents, Contents::measured);
  }
}

TEST(Builder, EveryTcsIsIdleAndPointsIntoItsBlock) {
  const BuiltEnclave built = build(input(), small()).value();
  Pages pages = pages_of(built);
  const elf::File file = elf::File::parse(runtime()).value();
  for (u32 i = 0; i < 3; ++i) {
    const u64 block = built.config.threads.offset + i * built.config.thread.stride;
    const auto tcs = pages.read<isa::Tcs>(block);
    EXPECT_EQ(tcs.cssa, 0u);
    EXPECT_EQ(tcs.nssa, 2u);
    EXPECT_EQ(tcs.ossa, block + built.config.thread.ssa);
    EXPECT_EQ(tcs.ogsbase, block + built.config.thread.block);
    EXPECT_EQ(tcs.oentry, abi::kLowestBackedOffset + file.symbol("runtime_entry")->value.value);
    EXPECT_EQ(tcs.flags | tcs.aep | tcs.reserved1 | tcs.ocetssa | tcs.prevssp, 0u);
    EXPECT_EQ(pages.all.at(tcs.ogsbase).contents, Contents::measured) << "a thread's state is measured as idle";
  }
}

TEST(Builder, IsReproducible) {
  EXPECT_EQ(build(input(), small()).value().stream.bytes, build(input(), small()).value().stream.bytes);
}

TEST(Builder, EveryDecisionIsMeasured) {
  const auto hash = [](const Manifest& m) { return build(input(), m).value().stream.mr_enclave; };
  const auto original = hash(small());
  const auto differs = [&](const char* what, auto change) {
    Manifest m = small();
    change(m);
    EXPECT_NE(hash(m), original) << what;
  };
  differs("heap", [](Manifest& m) { m.heap += kPageSize; });
  differs("stack", [](Manifest& m) { m.stack += kPageSize; });
  differs("thread_stack", [](Manifest& m) { m.thread_stack += kPageSize; });
  differs("threads", [](Manifest& m) { m.threads = 4; });
  differs("cpus", [](Manifest& m) { m.cpus = 1; });
  differs("signals", [](Manifest& m) { m.signals = 1; });
  differs("grants", [](Manifest& m) { m.grants = 0; });
  differs("xfrm", [](Manifest& m) { m.xfrm_allowed = 7; });
  differs("environment", [](Manifest& m) { m.environment = {"A=b"}; });
  differs("arguments", [](Manifest& m) { m.arguments_from_manifest = true; });
}

TEST(Builder, TheBlobCarriesEnvironmentArgumentsAndData) {
  Manifest m = small();
  m.environment = {"A=1", "HOME=/"};
  m.arguments_from_manifest = true;
  m.arguments = {"app", "-v"};
  const std::vector<u8> data = {9, 8, 7};
  BuildInput in = input();
  in.measured_data = data;
  const BuiltEnclave built = build(in, m).value();
  Pages pages = pages_of(built);
  const abi::EnclaveConfig& c = built.config;
  const auto text = [&](u64 at, u64 length) {
    const auto& page = pages.all.at(c.blob.offset).bytes;
    return std::string(page.begin() + static_cast<i64>(at), page.begin() + static_cast<i64>(at + length));
  };
  EXPECT_EQ(text(c.environment, c.environment_length), std::string("A=1\0HOME=/\0", 11));
  EXPECT_EQ(c.environment_count, 2u);
  EXPECT_EQ(text(c.arguments, c.arguments_length), std::string("app\0-v\0", 7));
  EXPECT_EQ(c.argument_count, 2u);
  EXPECT_EQ(text(c.measured_data, c.measured_data_length), "\x09\x08\x07");
  EXPECT_EQ(pages.all.at(c.blob.offset).info, isa::SecInfo::reg(Permission::r()));
}

TEST(Builder, TheBlobCarriesTheTreeOfFiles) {
  const std::vector<TreeItem> tree = {{.kind = abi::MountKind::memory, .path = "/tmp", .size = kPageSize},
                                      {.kind = abi::MountKind::file, .path = "/etc/name", .mode = 0444, .contents = {'m', 'e'}}};
  BuildInput in = input();
  in.tree = tree;
  const BuiltEnclave built = build(in, small()).value();
  const Pages pages = pages_of(built);
  const abi::EnclaveConfig& c = built.config;
  const ByteView blob = pages.all.at(c.blob.offset).bytes;
  const auto first = read_at<abi::MountRecord>(blob, c.mounts).value();
  EXPECT_EQ(first.kind, static_cast<u32>(abi::MountKind::memory));
  EXPECT_EQ(first.size, kPageSize);
  EXPECT_EQ(first.strings_length, 8u);
  const u64 at = c.mounts + sizeof first + first.strings_length;
  const auto second = read_at<abi::MountRecord>(blob, at).value();
  EXPECT_EQ(second.mode, 0444u);
  EXPECT_EQ(text_of(slice(blob, second.data, second.data_length).value()), "me");
  EXPECT_EQ(text_of(slice(blob, at + sizeof second, second.path_length).value()), "/etc/name");
  EXPECT_EQ(at + sizeof second + second.strings_length, c.mounts + c.mounts_length);
  auto other = tree;
  other[1].contents[0] = 'w';
  in.tree = other;
  EXPECT_NE(build(in, small()).value().stream.mr_enclave, built.stream.mr_enclave);
}

TEST(Builder, UnmeasuredDataDoesNotChangeTheMeasurementButItsLengthDoes) {
  const auto with = [&](std::vector<u8> data) {
    BuildInput in = input();
    in.unmeasured_data = data;
    return build(in, small()).value();
  };
  const BuiltEnclave a = with({1, 2, 3});
  EXPECT_EQ(a.stream.mr_enclave, with({4, 5, 6}).stream.mr_enclave);
  EXPECT_NE(a.stream.mr_enclave, with({4, 5, 6, 7}).stream.mr_enclave);
  Pages pages = pages_of(a);
  EXPECT_EQ(pages.all.at(a.config.unmeasured.offset).contents, Contents::unmeasured);
  EXPECT_EQ(pages.read<u32>(a.config.unmeasured.offset), 0x030201u);
  EXPECT_EQ(a.config.unmeasured_length, 3u);
}

TEST(Builder, InstructionsAreRedirectedUnlessAskedNot) {
  const BuiltEnclave built = build(input(), small()).value();
  const elf::File file = elf::File::parse(program()).value();
  EXPECT_GT(built.plan.count(rewrite::Decision::redirected), 50u);
  Pages pages = pages_of(built);
  for (const rewrite::Patch& patch : built.plan.patches) {
    for (size_t i = 0; i < patch.bytes.size(); ++i) ASSERT_EQ(pages.read<u8>(patch.at.value + i), patch.bytes[i]);
  }
  ASSERT_FALSE(built.plan.stubs.empty());
  EXPECT_GE(built.config.stubs.length, align_up(built.plan.stubs.size(), kPageSize));  // the table of moved code lies behind
  for (size_t i = 0; i < built.plan.stubs.size(); ++i) {
    ASSERT_EQ(pages.read<u8>(built.config.stubs.offset + i), built.plan.stubs[i]);
  }
  EXPECT_EQ(pages.all.at(built.config.stubs.offset).info, isa::SecInfo::reg(Permission::rx()));

  Manifest untouched = small();
  untouched.rewrite = false;
  const BuiltEnclave plain = build(input(), untouched).value();
  EXPECT_EQ(plain.config.stubs.length, 0u);
  EXPECT_EQ(config_of(ByteView(plain.stream.bytes))->stubs.length, 0u);
  EXPECT_EQ(config_of(ByteView(built.stream.bytes))->stubs, built.config.stubs);
  EXPECT_FALSE(config_of(ByteView(built.stream.bytes).subspan(0, 100)));
  EXPECT_TRUE(plain.plan.patches.empty());
  EXPECT_EQ(plain.plan.sites.size(), built.plan.sites.size());
}

TEST(Builder, BadInputIsNamed) {
  BuildInput in = input();
  in.runtime = program();
  EXPECT_THAT(build(in, small()).error().message(), HasSubstr("runtime"));
  in = input();
  in.program = runtime();
  EXPECT_FALSE(build(in, small()).ok());
  in.program = {};
  EXPECT_FALSE(build(in, small()).ok());
}

}  // namespace
}  // namespace sgxx::image
