// SPDX-License-Identifier: Apache-2.0
//
// Duties B9, B11, B13, B14: what memory the enclave has, with which rights and which contents.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <fstream>
#include <map>

#include "base/file.h"
#include "boundary/stepper.h"
#include "boundary/test_host.h"
#include "image/manifest.h"

namespace sgxx::boundary {
namespace {

TEST(Memory, NobodysPagesReadAsZeroWhateverTheHostPutThere) {
  for (bool dynamic : {false, true}) {
    for (int filler : {0, 0x5a, 0xff}) {
      device::soft::set_filler_of_unmeasured_pages(static_cast<u8>(filler));
      TestHost host(kProbe, {.dynamic = dynamic});
      device::soft::set_filler_of_unmeasured_pages(0);
      EXPECT_EQ(host.run(Mode::fresh), exited(0))
          << "2: .bss, 3: stack, 4: brk, 6: mmap; filler " << filler << (dynamic ? ", dynamic" : "");
    }
  }
}

TEST(Memory, ARunIsTheSameWhateverTheHostPutIntoUnmeasuredPages) {
  struct Trace : Stepper {
    u64 hash = 0;
    Step visit(ThreadRecord&, ucontext_t& context, u64 rip) override {
      static_cast<void>(context);
      hash = (hash ^ rip) * 0x100000001b3;
      return Step::go_on;
    }
  };
  std::map<Mode, std::pair<u64, u64>> expected;
  for (int filler : {0, 0x5a}) {
    for (Mode mode : {Mode::fresh, Mode::threads, Mode::faults}) {
      device::soft::set_filler_of_unmeasured_pages(static_cast<u8>(filler));
      TestHost host(kProbe, {.dynamic = mode == Mode::threads});
      device::soft::set_filler_of_unmeasured_pages(0);
      Trace trace;
      const Watch scope(trace);
      EXPECT_EQ(host.run(mode), exited(0));
      const auto [at, fresh] = expected.try_emplace(mode, trace.instructions, trace.hash);
      EXPECT_EQ(at->second, std::make_pair(trace.instructions, trace.hash))
          << static_cast<char>(mode) << (fresh ? " first" : " again");
    }
  }
}

TEST(Memory, RandomThingsDifferFromRunToRun) {
  std::string first;
  for (int run = 0; run < 3; ++run) {
    TestHost host;
    EXPECT_EQ(host.run(Mode::random), exited(0));
    ASSERT_EQ(host.output.size(), 24u);
    const u64 canary = TestHost::read<u64>(host.block(0) + 40);
    std::string now = host.output.substr(0, 16) + std::string(reinterpret_cast<const char*>(&canary), 8);
    if (!first.empty()) {
      EXPECT_NE(now.substr(0, 16), first.substr(0, 16)) << "AT_RANDOM";
      EXPECT_NE(now.substr(16, 8), first.substr(16, 8)) << "the runtime's canary";
    }
    first = now;
  }
}

TEST(Memory, TheHeapsStartIsRandom) {
  std::map<std::string, int> starts;
  for (int run = 0; run < 6; ++run) {
    GuestOptions options;
    options.heap = u64{8} << 20;
    TestHost host(kProbe, options);
    EXPECT_EQ(host.run(Mode::random), exited(0));
    ASSERT_EQ(host.output.size(), 24u);
    ++starts[host.output.substr(16)];
  }
  EXPECT_GT(starts.size(), 1u);
}

TEST(Memory, ANullPointerFaultsWhateverTheHostMaps) {
  TestHost host;
  EXPECT_EQ(host.guest().built.layout.regions.front().backing, image::Backing::never);
  EXPECT_GE(host.guest().built.layout.regions.front().range.length, abi::kLowestBackedOffset);
  // The loader puts ELRANGE at 0. So a pointer near 0 points into ELRANGE, where the host cannot put anything.
  EXPECT_EQ(host.base_of_loader, 0u);
  EXPECT_EQ(host.run(Mode::null), signaled(11));
}

/// Page rights as the kernel sees them: "rw-p".
std::string rights_at(u64 address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    u64 begin = 0, end = 0;
    char rights[8] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) == 3 && address >= begin && address < end) return rights;
  }
  return "none";
}

TEST(Memory, PagesHaveTheRightsOfThePlanAndGuardsAreNotThere) {
  TestHost host;
  EXPECT_EQ(host.run(Mode::calls), exited(0));
  u64 guards = 0, executable = 0;
  for (const image::LayoutRegion& region : host.guest().built.layout.regions) {
    const Permission permission = image::permission_of(region);
    EXPECT_FALSE(permission.writable() && permission.executable());
    for (u64 at : {region.range.begin.value, region.range.end().value - kPageSize}) {
      const std::string rights = rights_at(host.linear(at));
      EXPECT_FALSE(rights[1] == 'w' && rights[2] == 'x') << region.name;
      if (region.backing == image::Backing::never) {
        ++guards;
        EXPECT_TRUE(rights == "none" || rights.substr(0, 3) == "---")
            << region.name << " at 0x" << std::hex << at << ": " << rights;
      } else if (region.backing == image::Backing::dynamic || region.backing == image::Backing::zeroes ||
                 region.group == "threads") {
        // Open from the first access on.
        EXPECT_NE(rights[2], 'x') << region.name << ' ' << rights;
      } else if (region.info.type() == isa::PageType::reg && region.group != "heap" && region.group != "stacks") {
        EXPECT_EQ(rights[1] == 'w', permission.writable()) << region.name << ' ' << rights;
        EXPECT_EQ(rights[2] == 'x', permission.executable()) << region.name << ' ' << rights;
      }
      executable += permission.executable();
    }
  }
  EXPECT_GT(guards, 10u);
  EXPECT_GT(executable, 2u);
}

TEST(Memory, AProgramWithAWritableAndExecutableSegmentIsNotPacked) {
  std::vector<u8> program = read_file(kProbe).value();
  const std::vector<u8> runtime = read_file(kRuntime).value();
  u64 headers;
  std::memcpy(&headers, program.data() + 32, 8);
  u16 count;
  std::memcpy(&count, program.data() + 56, 2);
  int refused = 0;
  for (u16 i = 0; i < count; ++i) {
    u32 type, flags;
    u8* header = program.data() + headers + i * 56u;
    std::memcpy(&type, header, 4);
    std::memcpy(&flags, header + 4, 4);
    if (type != 1 || (flags & 3) == 0) continue;
    const u32 both = flags | 3;  // PF_X | PF_W
    std::memcpy(header + 4, &both, 4);
    image::Manifest manifest;
    const auto built = image::build({runtime, program}, manifest);
    EXPECT_FALSE(built.ok()) << "segment " << i;
    const std::string message = built.ok() ? "" : built.error().message();
    EXPECT_NE(message.find("writable and executable"), std::string::npos) << message;
    std::memcpy(header + 4, &flags, 4);
    ++refused;
  }
  EXPECT_GE(refused, 2);
}

}  // namespace
}  // namespace sgxx::boundary
