// SPDX-License-Identifier: Apache-2.0
//
// Duty B12: memory that is added while the enclave runs. Whatever the host adds, withholds, removes and adds again, the runtime
// accepts what it asked for and once; all else is an abort with a name, or a fault.
#include <gtest/gtest.h>

#include <cstring>

#include "boundary/test_host.h"
#include "isa/sgx.h"

namespace sgxx::boundary {
namespace {

constexpr auto kRefused = abi::AbortReason::memory_refused;

/// `act` is called when Mode::growing yields, with what it has filled: two words in the heap, one at the bottom of the stack.
Ending run_growing(TestHost& host, const std::function<void(const std::array<u64, 3>& places)>& act) {
  host.on_call = [&](u32, const abi::HostCall& call) -> std::optional<i64> {
    std::array<u64, 3> places{};
    const bool yields = call.number == static_cast<u64>(abi::HostCallNumber::yield);
    if (!yields || host.output.size() != sizeof places) return std::nullopt;
    std::memcpy(places.data(), host.output.data(), sizeof places);
    act(places);
    return std::nullopt;
  };
  return host.run(Mode::growing);
}

EnclaveOffset page_of(u64 address) { return EnclaveOffset(align_down(address, kPageSize)); }

/// Calls `act` for each page of the regions that `is` true.
template <class Is, class Act>
void for_pages(TestHost& host, Is is, Act act) {
  for (const image::LayoutRegion& region : host.guest().built.layout.regions)
    for (u64 at = 0; is(region) && at < region.range.length; at += kPageSize) act(region.range.begin + at);
}
bool is_dynamic(const image::LayoutRegion& region) { return region.backing == image::Backing::dynamic; }
bool is_guard(const image::LayoutRegion& region) {
  return region.backing == image::Backing::never && region.range.begin.value >= abi::kLowestBackedOffset;
}

void withhold_everything(TestHost& host) { host.enclave().withhold({EnclaveOffset(0), host.size()}); }

/// How many dynamic pages there are, or are not.
u64 count_pages(TestHost& host, bool valid) {
  u64 count = 0;
  for_pages(host, is_dynamic, [&](EnclaveOffset page) { count += (host.enclave().epcm_at(page.value).valid != 0) == valid; });
  return count;
}
u64 pages_there(TestHost& host) { return count_pages(host, true); }
u64 pages_missing(TestHost& host) { return count_pages(host, false); }

TEST(Dynamic, MemoryGrowsWithWhatIsUsed) {
  u64 idle = 0;
  {
    TestHost host;
    EXPECT_EQ(host.run(Mode::arguments), exited(0));
    idle = pages_there(host);
  }
  TestHost host;
  EXPECT_EQ(run_growing(host, [](const auto&) {}), exited(0)) << "2, 4: mmap, 3: contents, 5: stack";
  // The program touches two pages of the heap, looks at four more, and goes once below the block of sixteen pages by which its
  // stack grows; of such a block as many are there as the layout leaves of it.
  constexpr u64 kOfTheHeap = 6, kStackBlock = 16;
  EXPECT_LT(idle, 64u);
  EXPECT_GT(pages_there(host), idle + kOfTheHeap);
  EXPECT_LE(pages_there(host), idle + kOfTheHeap + kStackBlock);
  EXPECT_GT(pages_missing(host), 400u);
}

TEST(Dynamic, OnlyPagesThatWereAskedForAreAccepted) {
  TestHost host;
  const auto add = [&](EnclaveOffset page) { ASSERT_TRUE(host.enclave().add_pending(page)); };
  for_pages(host, is_dynamic, add);
  for_pages(host, is_guard, add);
  EXPECT_EQ(run_growing(host, [](const auto&) {}), exited(0));
  for_pages(host, is_guard, [&](EnclaveOffset page) { EXPECT_EQ(host.enclave().epcm_at(page.value).pending, 1u) << page.value; });
  // The runtime's own page map, at the start of the heap, says what it asked for.
  constexpr u8 kAccepted = 128;
  const auto map = TestHost::read(host.guest().built.config.heap.offset, host.size() / kPageSize);
  const u64 own = host.guest().built.config.heap.offset + align_up(map.size(), kPageSize);
  for_pages(host, is_dynamic, [&](EnclaveOffset page) {
    const bool accepted = host.enclave().epcm_at(page.value).pending == 0;
    const bool asked = (map[page.value / kPageSize] & kAccepted) != 0;
    const bool is_map = page.value >= host.guest().built.config.heap.offset && page.value < own;
    EXPECT_EQ(accepted, asked || is_map) << std::hex << page.value;
  });
}

TEST(Dynamic, AHostThatAddsNothingIsToldSo) {
  {
    TestHost from_the_start;
    withhold_everything(from_the_start);
    EXPECT_EQ(from_the_start.run(Mode::growing), aborted(kRefused));
  }
  TestHost later;
  EXPECT_EQ(run_growing(later, [&](const auto&) { withhold_everything(later); }), aborted(kRefused));
}

// The stack grows in the exception handler, above which there is no frame for another exception: the thread cannot go on.
TEST(Dynamic, AStackThatDoesNotComeIsTheEndOfItsThread) {
  TestHost host;
  const abi::Region& stack = host.guest().built.config.main_stack;
  const OffsetRange middle{EnclaveOffset(stack.offset), stack.length - 0x10000};
  host.enclave().withhold(middle);
  EXPECT_EQ(host.run(Mode::growing), (Ending{Ending::Kind::refused, 0}));
}

TEST(Dynamic, AnotherKindOfPageIsRefused) {
  for (isa::PageType type : {isa::PageType::ss_first, isa::PageType::ss_rest, isa::PageType::trim}) {
    TestHost host;
    const auto spoil = [&](const auto&) {
      for_pages(host, is_dynamic, [&](EnclaveOffset page) { (void)host.enclave().add_pending(page, type); });
    };
    EXPECT_EQ(run_growing(host, spoil), aborted(kRefused));
  }
}

TEST(Dynamic, APageIsNotAddedTwice) {
  TestHost host;
  EXPECT_EQ(run_growing(host,
                        [&](const auto& places) {
                          for (u64 place : places) EXPECT_FALSE(host.enclave().add_pending(page_of(place)));
                        }),
            exited(0));
}

TEST(Dynamic, APageThatWasRemovedIsMissed) {
  for (size_t which : {0, 1, 2}) {
    TestHost host;
    const auto remove = [&](const auto& places) { ASSERT_TRUE(host.enclave().remove(page_of(places[which]))); };
    EXPECT_EQ(run_growing(host, remove), signaled(11)) << which;
  }
}

TEST(Dynamic, APageThatCameBackIsNotBelieved) {
  for (size_t which : {0, 1, 2}) {
    TestHost host;
    u64 place = 0;
    const auto replace = [&](const auto& places) {
      place = places[which];
      ASSERT_TRUE(host.enclave().remove(page_of(place)));
      ASSERT_TRUE(host.enclave().add_pending(page_of(place)));
    };
    EXPECT_EQ(run_growing(host, replace), signaled(11)) << which;
    EXPECT_EQ(host.enclave().epcm_at(place).pending, 1u) << which;
  }
}

TEST(Dynamic, AGuardPageStaysOne) {
  for (bool added : {false, true}) {
    TestHost host;
    const EnclaveOffset guard(host.guest().built.config.main_stack.offset - kPageSize);
    ASSERT_TRUE(!added || host.enclave().add_pending(guard).ok());
    EXPECT_EQ(host.run(Mode::overflow), signaled(11));
    EXPECT_EQ(host.enclave().epcm_at(guard.value).pending, added ? 1u : 0u);
  }
}

}  // namespace
}  // namespace sgxx::boundary
