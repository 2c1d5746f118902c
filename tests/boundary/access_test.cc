// SPDX-License-Identifier: Apache-2.0
//
// Duties B2, B4, B6, B7, B8: what of the host's memory the enclave touches, how, and what it leaves there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boundary/access_watch.h"

namespace sgxx::boundary {
namespace {

using ::testing::IsEmpty;

TEST(Access, OnlyTheCopyRoutinesTouchHostMemory) {
  TestHost host;
  AccessWatch watch(host);
  const Watch scope(watch);
  EXPECT_EQ(host.run(Mode::secrets), exited(0));
  EXPECT_THAT(watch.complaints, IsEmpty());
  EXPECT_GT(watch.host_reads, 100u);
  EXPECT_GT(watch.host_writes, 100u);
}

TEST(Access, AProgramWithThreadsAndStreamsTouchesNothingElse) {
  GuestOptions options;
  options.threads = 4;
  options.heap = u64{8} << 20;
  options.rewrite = true;
  TestHost host(kThreadsAndStreams, options);
  AccessWatch watch(host);
  const Watch scope(watch);
  EXPECT_EQ(host.run({"program"}), exited(0));
  EXPECT_EQ(host.output, "caught 20 361\n");
  EXPECT_THAT(watch.complaints, IsEmpty());
  EXPECT_GT(watch.instructions, 50'000u);
}

/// Bytes of the pattern, wherever they stand.
bool holds_secret(const u8* bytes, u64 length) {
  u8 pattern[8];
  std::memcpy(pattern, &kSecret, sizeof pattern);
  for (u64 i = 0; i + 4 <= length; ++i)
    for (u64 phase = 0; phase < 4; ++phase)
      if (std::memcmp(bytes + i, pattern + phase, 4) == 0) return true;
  return false;
}

TEST(Access, NothingOfTheEnclaveIsLeftInTheHostArea) {
  TestHost host;
  const abi::EnclaveConfig& config = host.guest().built.config;
  // The runtime's own stack is full of secrets, too: what it sends, it must have written.
  std::vector<u8> garbage(config.thread.stack_length - 4096);
  for (u64 i = 0; i < garbage.size(); i += 8) std::memcpy(garbage.data() + i, &kSecret, 8);
  u64 exits = 0;
  host.before_entry = [&](u32 thread) {
    if (host.host_calls > 0) {
      // Below the frames of the system call that waits for its host call.
      TestHost::write(host.block(thread) - config.thread.block + config.thread.stack, garbage);
    }
    std::memset(&host.areas[thread]->call, 0x11, sizeof(abi::HostCall));
    if (host.host_calls > 0) host.areas[thread]->data.fill(0);
  };
  host.on_exit = [&](u32 thread, const device::Exit& exit) {
    if (exit.registers.rdi != SGXX_EXIT_HOST_CALL) return;
    ++exits;
    const abi::HostArea& area = *host.areas[thread];
    EXPECT_FALSE(holds_secret(reinterpret_cast<const u8*>(&area), sizeof area)) << "host call " << area.call.number;
    const bool has_data = area.call.number == static_cast<u64>(abi::HostCallNumber::write);
    const u64 length = has_data ? area.call.args[0] : 0;
    if (host.host_calls == 0) return;
    for (u64 i = length; i < length + 4096; ++i)
      ASSERT_EQ(area.data[i], 0) << "byte " << i << " behind " << length << " bytes of host call " << area.call.number;
  };
  EXPECT_EQ(host.run(Mode::secrets), exited(0));
  EXPECT_GT(exits, 20u);
}

}  // namespace
}  // namespace sgxx::boundary
