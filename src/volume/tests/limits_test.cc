// SPDX-License-Identifier: Apache-2.0
//
// Keys that must never repeat, and memory that runs out anywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "volume/key_stream.h"
#include "volume/tests/test_volume.h"

namespace sgxx::volume {
namespace {

/// Counts what is asked of it, and may have a source of randomness that is stuck.
class CountingCrypto : public OpenSslCrypto {
 public:
  Outcome<> random(ByteSpan bytes) {
    ++randoms;
    if (is_stuck) {
      std::fill(bytes.begin(), bytes.end(), u8{0x77});
      return {};
    }
    return OpenSslCrypto::random(bytes);
  }
  Outcome<> seal(std::span<const CipherJob> jobs) {
    for (const CipherJob& job : jobs) {
      ++seals;
      std::array<u8, 28> use;
      std::copy_n(job.key, 16, use.begin());
      std::copy_n(job.nonce, 12, use.begin() + 16);
      if (is_watching) is_repeated |= !uses.insert(use).second;
    }
    return OpenSslCrypto::seal(jobs);
  }

  u64 randoms = 0, seals = 0;
  bool is_stuck = false, is_watching = false, is_repeated = false;
  std::set<std::array<u8, 28>> uses;
};

TEST(KeyStream, KeysNeverRepeatAndSeedsAreMixedIn) {
  CountingCrypto crypto;
  KeyStream keys{Crypto(crypto)};
  constexpr u64 kKeys = 1 << 18;
  std::vector<Key> drawn;
  for (u64 i = 0; i < kKeys; ++i) drawn.push_back(good(keys.next()));
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(std::adjacent_find(drawn.begin(), drawn.end()), drawn.end());
  // A piece wears out after 255 keys, a seed after 64 pieces.
  constexpr u64 kPieces = (kKeys + KeyStream::kKeysOfPiece - 1) / KeyStream::kKeysOfPiece;
  EXPECT_EQ(crypto.seals, kPieces);
  EXPECT_EQ(keys.seeds(), (kPieces + KeyStream::kPiecesOfSeed - 1) / KeyStream::kPiecesOfSeed);
  EXPECT_EQ(crypto.randoms, keys.seeds());
}

TEST(KeyStream, TwoOfThemHaveNothingInCommon) {
  OpenSslCrypto crypto;
  KeyStream one{Crypto(crypto)}, other{Crypto(crypto)};
  std::set<Key> drawn;
  for (int i = 0; i < 1000; ++i) {
    drawn.insert(good(one.next()));
    drawn.insert(good(other.next()));
  }
  EXPECT_EQ(drawn.size(), 2000u);
}

TEST(KeyStream, ASourceThatRepeatsItselfIsNoticed) {
  CountingCrypto crypto;
  crypto.is_stuck = true;
  KeyStream keys{Crypto(crypto)};
  for (u64 i = 0; i < u64{KeyStream::kKeysOfPiece} * KeyStream::kPiecesOfSeed; ++i) good(keys.next());
  const auto key = keys.next();
  ASSERT_FALSE(key.ok());
  EXPECT_EQ(key.error().fault, Fault::no_randomness);
  // And it stays so.
  EXPECT_FALSE(keys.next().ok());
}

/// Same blocks, same objects, same contents, over and over; a volume that is opened again and again; rewraps.
TEST(Keys, NoKeyIsUsedWithANonceTwice) {
  BasicTestVolume<NativeHost<MemoryDisk, CountingCrypto>> test;
  test.host.crypto.is_watching = true;
  test.create();
  for (int opening = 0; opening < 3; ++opening) {
    test.open();
    Object& file = test.make_file();
    for (u64 round = 0; round < 100; ++round) {
      for (u64 i = 0; i < 20; ++i) test.write(file, i, 7);
      test.commit();
    }
    const KeySlotRequest slots[] = {{.kind = SlotKind::provisioned, .sealing = {}, .secret = test.secret}};
    good(test->rewrap(slots));
    test.close();
  }
  EXPECT_GT(test.host.crypto.uses.size(), 6000u);
  EXPECT_FALSE(test.host.crypto.is_repeated);
}

/// Memory that ends after so many pieces, and says what was not given back.
class ScarceMemory : public HeapMemory {
 public:
  void* allocate(u64 size) {
    if (left == 0) return nullptr;
    --left;
    ++pieces;
    bytes += size;
    return HeapMemory::allocate(size);
  }
  void release(void* memory, u64 size) {
    --pieces;
    bytes -= size;
    HeapMemory::release(memory, size);
  }
  u64 left = ~u64{0};
  u64 pieces = 0, bytes = 0;
};

using ScarceVolume = BasicTestVolume<NativeHost<MemoryDisk, OpenSslCrypto, ScarceMemory>>;

/// Everything that allocates; stops at the first fault.
Outcome<> use(ScarceVolume& test, u64 contents) {
  Object* const file = TRY(test->make({.mode = 0100644}));
  for (const u64 index : {u64{0}, u64{1}, u64{103}, u64{10500}, u64{2000000}})
    TRY(test.try_write(*file, index, contents + index));
  TRY(test.try_commit());
  TRY(test->punch(*file, 1, 10400));
  TRY(test->truncate(*file, 10501));
  std::array<Page, 8> pages;
  std::array<u8*, 8> pointers;
  std::transform(pages.begin(), pages.end(), pointers.begin(), [](Page& page) { return page.data(); });
  TRY(test->read(*file, 10496, pointers));
  EXPECT_EQ(pages[4], TestVolume::page(contents + 10500));
  TRY(test.try_commit());
  return {};
}

TEST(Memory, MayRunOutAnywhere) {
  u64 failures = 0;
  for (u64 given = 0;; ++given) {
    ScarceVolume test;
    test.options.most_clean_nodes = 64;
    test.create();
    test.host.memory.left = given;
    const auto opened = test.start();
    const auto used = opened.ok() ? use(test, 100) : Outcome<>(Failure{opened.error()});
    test.host.memory.left = ~u64{0};
    if (!used.ok()) {
      EXPECT_EQ(used.error().fault, Fault::no_memory) << given;
      ++failures;
    }
    // What there is goes on as if nothing had been.
    if (test.is_open()) {
      good(use(test, 200));
      const u64 objects = test->info().objects;
      test.reopen();
      EXPECT_EQ(test->info().objects, objects);
    }
    test.close();
    EXPECT_EQ(test.host.memory.pieces, 0u) << given;
    EXPECT_EQ(test.host.memory.bytes, 0u) << given;
    if (used.ok()) break;
  }
  EXPECT_GT(failures, 30u);
}

TEST(Memory, RunsOutWhileAVolumeIsMade) {
  for (u64 given = 0;; ++given) {
    ScarceVolume test;
    test.host.memory.left = given;
    const auto created = test.try_create();
    EXPECT_EQ(test.host.memory.pieces, 0u);
    if (created.ok()) break;
    EXPECT_EQ(created.error().fault, Fault::no_memory);
    EXPECT_EQ(test.try_open().fault, Fault::no_memory);
    test.host.memory.left = ~u64{0};
    EXPECT_EQ(test.try_open().fault, Fault::not_a_volume);
    ASSERT_LT(given, 100u);
  }
}

}  // namespace
}  // namespace sgxx::volume
