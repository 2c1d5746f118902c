// SPDX-License-Identifier: Apache-2.0
//
// A disk that lies to an encrypted volume (duty H): seeded, host call by host call. It fails, cuts short, turns bits, gives old
// data, loses writes, writes elsewhere, and says what cannot be. The program must see right data or an error, and the enclave may
// end itself for a reason that blames the host or names what is wrong with the volume. When the disk did not lie about what it
// keeps, everything that was synchronised is there the next time, at one state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <random>
#include <sstream>

#include "abi/folder.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

using abi::HostCallNumber;

constexpr u64 kBlock = 4096;

enum class Kind { honest, fails, cuts, turns_bits, gives_old, loses_writes, moves_writes, says_nonsense };
constexpr Kind kKinds[] = {Kind::fails,        Kind::cuts,         Kind::turns_bits,   Kind::gives_old,
                           Kind::loses_writes, Kind::moves_writes, Kind::says_nonsense};
/// What these say is not what they keep.
bool forgets(Kind kind) { return kind == Kind::loses_writes || kind == Kind::moves_writes; }

class Disk {
 public:
  void lie(Kind kind, u64 seed, u32 one_in) {
    kind_ = kind;
    random_.seed(seed);
    one_in_ = one_in;
  }

  std::optional<i64> serve(abi::HostArea& area, const abi::HostCall& call) {
    switch (static_cast<HostCallNumber>(call.number)) {
      case HostCallNumber::folder_open: return open(area, call.args[3]);
      case HostCallNumber::file_status: return status(area);
      case HostCallNumber::file_read: return read(area, call.args[1], call.args[2]);
      case HostCallNumber::file_write: return write(area, call.args[1], call.args[2]);
      case HostCallNumber::file_resize: return resize(call.args[1]);
      case HostCallNumber::file_sync: return lies(Kind::fails) ? -5 : 0;
      default: return std::nullopt;
    }
  }

  std::vector<u8> bytes;
  bool exists = false;
  u64 lies_told = 0;

 private:
  /// Whether it lies like this now.
  bool lies(Kind kind) {
    const bool now = kind == kind_ && random_() % one_in_ == 0;
    lies_told += now;
    return now;
  }

  i64 open(abi::HostArea& area, u64 flags) {
    constexpr u64 kCreate = 0100;
    if (!exists && (flags & kCreate) == 0) return -2;
    exists = true;
    return status(area);
  }

  i64 status(abi::HostArea& area) {
    abi::FileAttributes attributes{};
    attributes.number = 1;
    attributes.size = lies(Kind::says_nonsense) ? bytes.size() * 3 + 1 : bytes.size();
    attributes.links = 1;
    attributes.mode = 0100600;
    attributes.owned = 3;
    std::memcpy(area.data.data(), &attributes, sizeof attributes);
    return 0;
  }

  i64 read(abi::HostArea& area, u64 length, u64 offset) {
    if (lies(Kind::fails)) return -5;
    if (lies(Kind::says_nonsense)) return random_() % 2 == 0 ? static_cast<i64>(length + 1) : -22;
    u64 count = offset < bytes.size() ? std::min(length, bytes.size() - offset) : 0;
    if (lies(Kind::cuts)) count = random_() % (count + 1);
    std::memcpy(area.data.data(), bytes.data() + offset, count);
    if (count != 0 && lies(Kind::turns_bits)) area.data[random_() % count] ^= static_cast<u8>(1u << random_() % 8);
    if (count >= kBlock && lies(Kind::gives_old)) {
      const u64 block = random_() % (count / kBlock);
      if (const auto before = old_.find(offset / kBlock + block); before != old_.end()) {
        std::memcpy(area.data.data() + block * kBlock, before->second.data(), kBlock);
      }
    }
    return static_cast<i64>(count);
  }

  i64 write(abi::HostArea& area, u64 length, u64 offset) {
    if (lies(Kind::fails)) return random_() % 2 == 0 ? -5 : -28;
    if (lies(Kind::says_nonsense)) return random_() % 2 == 0 ? static_cast<i64>(length + 1) : -2;
    if (lies(Kind::cuts)) length = align_down(random_() % (length + 1), 512);
    if (lies(Kind::loses_writes)) return static_cast<i64>(length);
    if (lies(Kind::moves_writes)) offset = random_() % (bytes.size() / kBlock + 1) * kBlock;
    if (offset + length > bytes.size()) bytes.resize(offset + length);
    for (u64 block = offset / kBlock; block * kBlock < offset + length && (block + 1) * kBlock <= bytes.size(); ++block) {
      const u8* const from = bytes.data() + block * kBlock;
      old_[block].assign(from, from + kBlock);
    }
    std::memcpy(bytes.data() + offset, area.data.data(), length);
    return static_cast<i64>(length);
  }

  i64 resize(u64 size) {
    if (lies(Kind::fails)) return -28;
    bytes.resize(size);
    return 0;
  }

  Kind kind_ = Kind::honest;
  u32 one_in_ = 1;
  std::mt19937_64 random_;
  std::map<u64, std::vector<u8>> old_;
};

struct Result {
  Ending ending;
  std::string output;
};

/// The last number behind `word`, or 0.
u64 last_number(const std::string& text, const std::string& word) {
  const size_t at = text.rfind(word);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + word.size()));
}

constexpr u64 kNever = 1000;

/// The disk takes no more writes once round `last` is safe; the clock goes on by `step` ns whenever it is looked at.
Result run(Disk& disk, const std::string& what, u64 last = kNever, i64 step = 1'000'000) {
  TestHost host(kVolumeUser, {.threads = 1, .heap = u64{8} << 20, .exitless = false, .volume = true});
  host.on_call = [&](u32 thread, const abi::HostCall& call) -> std::optional<i64> {
    const bool is_write = call.number == static_cast<u64>(HostCallNumber::file_write);
    if (call.number == static_cast<u64>(HostCallNumber::clock_read)) return host.nanoseconds += step;
    if (is_write && last_number(host.output, "safe ") >= last) return -5;
    return disk.serve(*host.areas[thread], call);
  };
  const Ending ending = host.run({"volume_user", what});
  return {ending, host.output};
}

/// The host is to blame, or what is wrong has a name.
bool is_named(const Ending& ending) {
  if (ending.kind != Ending::Kind::aborted) return ending == exited(0);
  switch (static_cast<abi::AbortReason>(ending.value)) {
    case abi::AbortReason::bad_host_reply:
    case abi::AbortReason::volume_damaged:
    case abi::AbortReason::volume_key:
    case abi::AbortReason::volume_full:
    case abi::AbortReason::volume_not_kept:
    case abi::AbortReason::volume_refused: return true;
    default: return false;
  }
}

class LyingDisk : public ::testing::TestWithParam<Kind> {};

TEST_P(LyingDisk, IsFoundOutOrHarmless) {
  constexpr u64 kSeeds = 9;
  constexpr u32 kOneIn[] = {10, 60, 300};
  u64 told = 0;
  for (u64 seed = 1; seed <= kSeeds; ++seed) {
    Disk disk;
    disk.lie(GetParam(), seed, kOneIn[seed % 3]);
    const Result used = run(disk, "use");
    ASSERT_TRUE(is_named(used.ending)) << "seed " << seed << ": " << used.ending << "\n" << used.output;
    told += disk.lies_told;
    disk.lie(Kind::honest, 0, 1);
    if (!disk.exists || disk.bytes.empty()) continue;
    const Result looked = run(disk, "look");
    ASSERT_TRUE(is_named(looked.ending)) << "seed " << seed << ": " << looked.ending << "\n" << looked.output;
    // Whoever ended well left everything.
    const u64 safe = last_number(used.output, used.ending == exited(0) ? "wrote " : "safe ");
    if (forgets(GetParam()) || safe == 0) continue;
    EXPECT_EQ(looked.ending, exited(0)) << "seed " << seed << ": what was synchronised does not open";
    EXPECT_GE(last_number(looked.output, "round "), safe) << "seed " << seed << ": what was synchronised is lost, or left";
  }
  EXPECT_GT(told, 0u);
}

std::string name_of(const ::testing::TestParamInfo<Kind>& info) {
  constexpr const char* kNames[] = {"Honest",   "Fails",       "Cuts",        "TurnsBits",
                                    "GivesOld", "LosesWrites", "MovesWrites", "SaysNonsense"};
  return kNames[static_cast<size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Kinds, LyingDisk, ::testing::ValuesIn(kKinds), name_of);

TEST(FailingDisk, IsNotHiddenByAProgramThatEndsWell) {
  Disk disk;
  const Result used = run(disk, "use", 2);
  EXPECT_EQ(used.ending, aborted(abi::AbortReason::volume_not_kept));
  EXPECT_EQ(run(disk, "look").output, "round 2 2\n");
}

TEST(FailingDisk, IsNoMatterToWhoOnlyReads) {
  Disk disk;
  (void)run(disk, "fall");  // written, and never read
  const Result looked = run(disk, "look", 0);
  EXPECT_EQ(looked.ending, exited(0));
  EXPECT_EQ(looked.output, "round 1 1\n");
}

TEST(HonestDisk, HasWhatIsOldEvenIfNobodySynchronised) {
  for (const bool is_slow : {false, true}) {
    Disk disk;
    EXPECT_EQ(run(disk, "leave", kNever, is_slow ? 3'000'000'000 : 1).ending.kind, Ending::Kind::signaled);
    EXPECT_EQ(run(disk, "look").output, is_slow ? "round 1 1\n" : "round 0 0\n");
  }
}

TEST(HonestDisk, HasEverythingWhenASignalEndsTheProgram) {
  Disk disk;
  EXPECT_EQ(run(disk, "fall").ending, (Ending{Ending::Kind::signaled, SIGSEGV}));
  EXPECT_EQ(run(disk, "look").output, "round 1 1\n");
}

TEST(HonestDisk, KeepsTheLastRound) {
  Disk disk;
  const Result used = run(disk, "use");
  EXPECT_EQ(used.ending, exited(0));
  EXPECT_EQ(last_number(used.output, "safe "), 4u);
  const Result looked = run(disk, "look");
  EXPECT_EQ(looked.ending, exited(0));
  EXPECT_EQ(looked.output, "round 4 4\n");
  // Two blocks swapped: whatever they are, none is taken for the other.
  std::mt19937_64 random(1);
  for (u32 turn = 0; turn < 6; ++turn) {
    Disk other = disk;
    const u64 one = random() % (disk.bytes.size() / kBlock), two = random() % (disk.bytes.size() / kBlock);
    std::swap_ranges(&other.bytes[one * kBlock], &other.bytes[one * kBlock] + kBlock, &other.bytes[two * kBlock]);
    const Result swapped = run(other, "look");
    EXPECT_TRUE(is_named(swapped.ending)) << one << " and " << two << ": " << swapped.ending << swapped.output;
  }
}

}  // namespace
}  // namespace sgxx::boundary
