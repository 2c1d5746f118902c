// SPDX-License-Identifier: Apache-2.0
//
// The format: a volume read by offsets and OpenSSL alone, as docs/volumes.md tells; and every bit of every kind of block.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "volume/block_store.h"
#include "volume/header.h"
#include "volume/superblock.h"
#include "volume/tests/test_volume.h"

namespace sgxx::volume {
namespace {

using Bytes = std::vector<u8>;

Bytes hmac(const Bytes& key, const Bytes& text) {
  Bytes out(32);
  unsigned length = 32;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(), out.data(), &length);
  return out;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// HKDF-SHA256 by its definition, up to 32 bytes.
Bytes derive(const Bytes& secret, const Bytes& salt, const std::string& info, u64 length) {
  Bytes out = hmac(hmac(salt, secret), Bytes(info.begin(), info.end()) + Bytes{1});
  out.resize(length);
  return out;
}

/// AES-128-GCM; the test fails when the tag does not match.
Bytes decrypt(const Bytes& key, const Bytes& nonce, const Bytes& authenticated, const Bytes& text, Bytes tag) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  Bytes out(text.size());
  int length = 0;
  EVP_DecryptInit_ex(context, EVP_aes_128_gcm(), nullptr, key.data(), nonce.data());
  EVP_DecryptUpdate(context, nullptr, &length, authenticated.data(), static_cast<int>(authenticated.size()));
  EVP_DecryptUpdate(context, out.data(), &length, text.data(), static_cast<int>(text.size()));
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag.data());
  EXPECT_EQ(EVP_DecryptFinal_ex(context, nullptr, &length), 1);
  EVP_CIPHER_CTX_free(context);
  return out;
}

Bytes little_endian(u64 value, u64 length) {
  Bytes out;
  for (u64 i = 0; i < length; ++i) out.push_back(static_cast<u8>(value >> (8 * i)));
  return out;
}

struct View {
  const Bytes& bytes;
  u64 offset = 0;
  Bytes at(u64 from, u64 length) const {
    const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(offset + from);
    return {start, start + static_cast<std::ptrdiff_t>(length)};
  }
  u64 number(u64 from, u64 length) const {
    u64 value = 0;
    for (u64 i = length; i-- != 0;) value = value << 8 | bytes[offset + from + i];
    return value;
  }
};

/// The block that a pointer of 40 bytes leads to.
Bytes follow(const Bytes& disk, const View& pointer, u64 object, u64 level, u64 index) {
  const u64 block = pointer.number(0, 8);
  const Bytes nonce = little_endian(block, 8) + little_endian(level, 4);
  const Bytes place = little_endian(object, 8) + little_endian(index, 8) + little_endian(level, 4) + little_endian(0, 4);
  return decrypt(pointer.at(8, 16), nonce, place, View{disk, block * 4096}.at(0, 4096), pointer.at(24, 16));
}

TEST(Format, IsReadByWhoKnowsItsOffsets) {
  TestVolume test;
  test.create();
  test.open();
  Object& file = test.make_file();
  ASSERT_EQ(file.number(), 2u);
  for (const u64 index : {u64{0}, u64{1}, u64{102}, u64{10404}}) test.write(file, index, index);
  Record record = good(test->record(file));
  record.size = 10405 * 4096;
  record.modified = 1234567890123456789;
  good(test->set_record(file, record));
  const Anchor anchor = test.commit();
  test.close();
  const Bytes& disk = test.host.disk.bytes();

  // The header: its first key slot, at 128, opens with the secret.
  const View header{disk};
  EXPECT_EQ(header.at(0, 8), (Bytes{'S', 'G', 'X', 'X', 'V', 'O', 'L', 0}));
  EXPECT_EQ(header.number(8, 4), 2u);
  EXPECT_EQ(header.number(12, 4), 4096u);
  const Bytes id = header.at(16, 16);
  EXPECT_EQ(header.number(32, 8), 1u);
  EXPECT_EQ(header.at(0, 4096), View({disk, 4096}).at(0, 4096));
  const View slot{disk, 128};
  EXPECT_EQ(slot.number(0, 4), 1u);
  const Bytes slot_key = derive(Bytes(test.secret.begin(), test.secret.end()), slot.at(8, 32), "sgxx volume key slot", 28);
  const Bytes key =
      decrypt(View{slot_key}.at(0, 16), View{slot_key}.at(16, 12), id + slot.at(0, 120), slot.at(120, 32), slot.at(152, 16));
  // All of it is authenticated with the volume's key.
  const Bytes header_key = derive(key, header.at(40, 32), "sgxx volume header", 28);
  decrypt(View{header_key}.at(0, 16), View{header_key}.at(16, 12), header.at(0, 72) + Bytes(16) + header.at(88, 4008), {},
          header.at(72, 16));

  // The second state is in superblock 1, block 3.
  const View superblock{disk, 3 * 4096};
  EXPECT_EQ(superblock.at(0, 8), (Bytes{'S', 'G', 'X', 'X', 'S', 'U', 'P', 0}));
  EXPECT_EQ(superblock.number(12, 4), 1u);
  const Bytes state_key = derive(key, superblock.at(16, 32), "sgxx volume superblock", 28);
  const Bytes state = decrypt(View{state_key}.at(0, 16), View{state_key}.at(16, 12), id + superblock.at(0, 48),
                              superblock.at(64, 4032), superblock.at(48, 16));
  EXPECT_EQ(View{state}.number(0, 8), 2u);
  EXPECT_EQ(View{state}.at(8, 16), Bytes(anchor.state.begin(), anchor.state.end()));
  EXPECT_EQ(View{state}.number(24, 8), 0u);                  // anchored
  EXPECT_EQ(View{state}.number(48, 8) * 4096, disk.size());  // block_count
  EXPECT_EQ(View{state}.number(72, 8), 3u);                  // object_slots
  EXPECT_EQ(View{state}.number(80, 8), 2u);                  // objects
  EXPECT_EQ(View{state}.number(88, 4), 0u);                  // table_height

  // The table's only block, and in it the record of object 2.
  const Bytes table = follow(disk, {state, 96}, 0, 0, 0);
  const View file_record{table, 2 * 128};
  EXPECT_EQ(file_record.number(0, 4), 0100644u);
  EXPECT_EQ(file_record.number(12, 4), 1u);
  EXPECT_EQ(file_record.number(16, 8), 10405u * 4096);
  EXPECT_EQ(file_record.number(32, 8), 1234567890123456789u);
  EXPECT_EQ(file_record.number(72, 8), 4u);  // blocks
  EXPECT_EQ(file_record.number(80, 4), 3u);  // height

  // Block 10404 = 1 * 102^2 is the first below the second branch of the top.
  const Bytes top = follow(disk, {table, 2 * 128 + 88}, 2, 3, 0);
  const Bytes middle = follow(disk, {top, 40}, 2, 2, 1);
  const Bytes leaf = follow(disk, {middle}, 2, 1, 102);
  const Page expected = TestVolume::page(10404);
  EXPECT_EQ(follow(disk, {leaf}, 2, 0, 10404), Bytes(expected.begin(), expected.end()));
  EXPECT_EQ(View{leaf}.at(40, 4096 - 40), Bytes(4096 - 40));
}

class Blocks : public testing::Test {
 protected:
  Blocks() : disk_(host_.disk), crypto_(host_.crypto), store_(disk_, crypto_) { good(disk_.resize(16)); }

  static constexpr Place kPlace = {7, 8, 1, 0};

  /// A block that was written, and the pointer to it.
  Pointer write(u64 block) {
    Page page = TestVolume::page(3);
    BatchMemory<1> memory;
    Batch batch(memory);
    batch.add({block, {1, 2, 3}, {}}, kPlace, page.data());
    std::array<u8, kBlockSize> staging;
    good(store_.write(batch, staging.data()));
    return batch[0].pointer;
  }
  bool is_right(const Pointer& pointer, const Place& place) {
    Page page;
    BatchMemory<1> memory;
    Batch batch(memory);
    batch.add(pointer, place, page.data());
    return good(store_.read(batch)) == 1 && page == TestVolume::page(3);
  }

  NativeHost<MemoryDisk> host_;
  Disk disk_;
  Crypto crypto_;
  BlockStore store_;
};

TEST_F(Blocks, EveryBitOfABlockItsPointerAndItsPlaceCounts) {
  const Pointer pointer = write(5);
  ASSERT_TRUE(is_right(pointer, kPlace));
  u8* const bytes = host_.disk.bytes().data() + 5 * kBlockSize;
  for (u64 bit = 0; bit < 8 * kBlockSize; ++bit) {
    bytes[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    EXPECT_FALSE(is_right(pointer, kPlace)) << bit;
    bytes[bit / 8] ^= static_cast<u8>(1 << bit % 8);
  }
  for (u64 bit = 0; bit < 8 * sizeof(Pointer); ++bit) {
    Pointer other = pointer;
    reinterpret_cast<u8*>(&other)[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    EXPECT_FALSE(is_right(other, kPlace)) << bit;
  }
  for (u64 bit = 0; bit < 8 * sizeof(Place); ++bit) {
    Place other = kPlace;
    reinterpret_cast<u8*>(&other)[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    EXPECT_FALSE(is_right(pointer, other)) << bit;
  }
}

TEST_F(Blocks, ABlockThatIsMovedIsNotTheSame) {
  Pointer pointer = write(5);
  std::copy_n(host_.disk.bytes().begin() + 5 * kBlockSize, kBlockSize, host_.disk.bytes().begin() + 6 * kBlockSize);
  pointer.block = 6;
  EXPECT_FALSE(is_right(pointer, kPlace));
}

TEST_F(Blocks, EveryBitOfASuperblockCounts) {
  const VolumeId id{1};
  const VolumeKey key{2};
  State state{};
  state.anchor.generation = 3;
  state.block_count = state.most_blocks = 100;
  Superblock sealed;
  good(seal_superblock(crypto_, sealed, 1, id, key, state));
  const auto is_good = [&](Superblock superblock, u32 slot, const VolumeId& volume, const VolumeKey& with) {
    return good(open_superblock(crypto_, superblock, slot, volume, with)).has_value();
  };
  ASSERT_TRUE(is_good(sealed, 1, id, key));
  EXPECT_FALSE(is_good(sealed, 0, id, key));
  EXPECT_FALSE(is_good(sealed, 1, VolumeId{2}, key));
  EXPECT_FALSE(is_good(sealed, 1, id, VolumeKey{3}));
  for (u64 bit = 0; bit < 8 * kBlockSize; ++bit) {
    Superblock other = sealed;
    reinterpret_cast<u8*>(&other)[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    EXPECT_FALSE(is_good(other, 1, id, key)) << bit;
  }
}

TEST_F(Blocks, EveryBitOfAHeaderCounts) {
  const std::array<u8, 32> secret{9};
  const std::array<u8, 16> other_secret{8};
  const VolumeKey key{2};
  const KeySlotRequest slots[] = {{SlotKind::provisioned, {}, secret}, {SlotKind::signer, {.isv_svn = 3}, other_secret}};
  Header header;
  good(make_header(crypto_, header, {1}, 1, key, slots));
  FixedSecret provisioned(secret), signer(other_secret, SlotKind::signer);
  VolumeKey opened;
  for (const KeySource& source : {KeySource(provisioned), KeySource(signer)}) {
    good(open_header(crypto_, header, source, opened));
    EXPECT_EQ(opened, key);
  }
  for (u64 bit = 0; bit < 8 * kBlockSize; ++bit) {
    Header other = header;
    reinterpret_cast<u8*>(&other)[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    EXPECT_FALSE(open_header(crypto_, other, KeySource(provisioned), opened).ok()) << bit;
  }
}

TEST_F(Blocks, SecretsOfAKeySlotHaveACertainLength) {
  std::array<u8, kMostSecret + 1> secret{9};
  Header header;
  for (const u64 length : {u64{0}, kLeastSecret - 1, kMostSecret + 1}) {
    const KeySlotRequest slots[] = {{SlotKind::provisioned, {}, ByteView(secret).first(length)}};
    EXPECT_FALSE(make_header(crypto_, header, {1}, 1, {2}, slots).ok()) << length;
  }
  const std::vector<KeySlotRequest> many(kKeySlots + 1, {SlotKind::provisioned, {}, ByteView(secret).first(kLeastSecret)});
  EXPECT_FALSE(make_header(crypto_, header, {1}, 1, {2}, many).ok());
  good(make_header(crypto_, header, {1}, 1, {2}, std::span(many).first(kKeySlots)));
}

}  // namespace
}  // namespace sgxx::volume
