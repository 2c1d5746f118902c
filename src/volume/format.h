// SPDX-License-Identifier: Apache-2.0
//
// The format on disk, version 2. A volume is one run of blocks of 4096 bytes; all integers are little-endian.
//
//   0, 1   two copies of the header: plain, with the volume's key wrapped for each who may open it
//   2, 3   two superblocks: the newest one that is intact names the state of the whole volume
//   4 ...  everything else, encrypted, never overwritten while a superblock on disk refers to it
//
// Every block from 4 on is encrypted under a random key of its own, which lies, with the block's number and tag, in the Pointer
// to it. Pointers lie in nodes, nodes under nodes, and the topmost pointer in the superblock: the tree of pointers is the Merkle
// tree. What a block is (Place) and where it lies (Nonce) is authenticated with it.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace sgxx::volume {

inline constexpr u64 kBlockSize = 4096;
inline constexpr u32 kFormatVersion = 2;
inline constexpr u64 kHeaderBlocks[2] = {0, 1};
inline constexpr u64 kSuperblocks[2] = {2, 3};
inline constexpr u64 kFirstFreeBlock = 4;

using Key = std::array<u8, 16>;
using Tag = std::array<u8, 16>;
using VolumeId = std::array<u8, 16>;
using Salt = std::array<u8, 32>;
using VolumeKey = std::array<u8, 32>;

/// One state of a volume among all that it ever had: what a freshness service remembers. Generation 0 is none.
struct Anchor {
  u64 generation = 0;
  std::array<u8, 16> state{};
  bool operator==(const Anchor&) const = default;
};
static_assert(Crossable<Anchor> && sizeof(Anchor) == 24);

/// Where a block lies and what opens it. Block 0 is no block: a hole.
struct Pointer {
  u64 block = 0;
  Key key{};
  Tag tag{};
  bool is_hole() const { return block == 0; }
  bool operator==(const Pointer&) const = default;
};
static_assert(Crossable<Pointer> && sizeof(Pointer) == 40);

inline constexpr u32 kBranches = 102;

/// A block of pointers to blocks one level below.
struct PointerNode {
  std::array<Pointer, kBranches> pointers;
  std::array<u8, 16> zero;
};
static_assert(Crossable<PointerNode> && sizeof(PointerNode) == kBlockSize);

/// What is authenticated with a block, besides where it lies.
struct Place {
  u64 object = 0;
  u64 index = 0;  ///< of the block among those of its level
  u32 level = 0;  ///< 0: data; else a PointerNode
  u32 zero = 0;
};
static_assert(Crossable<Place> && sizeof(Place) == 24);

/// The nonce of block `block`. The key is used once, so that it need not differ; that it does costs nothing.
struct Nonce {
  u32 block_low = 0, block_high = 0;
  u32 level = 0;
};
static_assert(Crossable<Nonce> && sizeof(Nonce) == 12);

/// Levels above the data: 102^6 blocks are more than 2^39.
inline constexpr u32 kHighest = 6;
/// Blocks of an object, 2^47 bytes.
inline constexpr u64 kMostBlocksOfObject = u64{1} << 35;
/// Blocks of a volume, 2^52 bytes.
inline constexpr u64 kMostBlocks = u64{1} << 40;

/// Of an object; all but the tree is the file system's, which the engine carries and does not look at.
struct Record {
  u32 mode = 0;  ///< S_IF* and permissions; 0: there is no such object
  u32 user = 0, group = 0;
  u32 links = 0;
  u64 size = 0;                                           ///< bytes
  i64 accessed = 0, modified = 0, changed = 0, born = 0;  ///< nanoseconds since 1970
  u64 device = 0;
  u64 extension = 0;  ///< 0; kept for an object of extended attributes
  u64 blocks = 0;     ///< data blocks that are no holes
  u32 height = 0;     ///< levels of nodes between `root` and data
  u32 zero = 0;
  Pointer root{};
  bool operator==(const Record&) const = default;
};
static_assert(Crossable<Record> && sizeof(Record) == 128 && offsetof(Record, size) == 16 && offsetof(Record, root) == 88);

inline constexpr u32 kRecordsOfBlock = 32;

/// A data block of object 0, the object table: the records of objects 32 i to 32 i + 31.
struct RecordBlock {
  std::array<Record, kRecordsOfBlock> records;
};
static_assert(Crossable<RecordBlock> && sizeof(RecordBlock) == kBlockSize);

inline constexpr u64 kTableObject = 0;
inline constexpr u64 kRootDirectory = 1;
/// A bound for what a table may claim: 2^35 objects.
inline constexpr u64 kMostObjects = u64{1} << 35;

enum class SlotKind : u32 {
  empty = 0,
  provisioned = 1,  ///< a secret that somebody brings
  enclave = 2,      ///< EGETKEY, bound to MRENCLAVE
  signer = 3,       ///< EGETKEY, bound to MRSIGNER
};

/// What EGETKEY was asked for, in the SDM's terms (vol. 3D, KEYREQUEST); zero for a provisioned secret.
struct SealingFields {
  u16 key_policy = 0;
  u16 isv_svn = 0;
  u16 config_svn = 0;
  u16 zero = 0;
  std::array<u8, 16> cpu_svn{};
  std::array<u8, 32> key_id{};
  u64 flags_mask = 0;
  u64 xfrm_mask = 0;
  u32 misc_mask = 0;
  u32 zero2 = 0;
};
static_assert(Crossable<SealingFields> && sizeof(SealingFields) == 80);

/// One who may open the volume: the volume's key, wrapped under HKDF(secret, salt).
struct KeySlot {
  SlotKind kind = SlotKind::empty;
  u32 zero = 0;
  Salt salt{};
  SealingFields sealing;
  std::array<u8, 32> wrapped{};
  Tag tag{};
  std::array<u8, 24> reserved{};
};
static_assert(Crossable<KeySlot> && sizeof(KeySlot) == 192 && offsetof(KeySlot, wrapped) == 120);

inline constexpr u32 kKeySlots = 8;

struct Header {
  std::array<u8, 8> magic;
  u32 version;
  u32 block_size;
  VolumeId id;
  u64 generation;  ///< of the two copies the higher one counts
  Salt salt;       ///< of the key of `tag`
  Tag tag;         ///< over all the block with `tag` zero
  std::array<u8, 40> reserved;
  std::array<KeySlot, kKeySlots> slots;
  std::array<u8, 2432> reserved2;

  static constexpr std::array<u8, 8> kMagic = {'S', 'G', 'X', 'X', 'V', 'O', 'L', 0};
};
static_assert(Crossable<Header> && sizeof(Header) == kBlockSize && offsetof(Header, id) == 16 && offsetof(Header, tag) == 72 &&
              offsetof(Header, slots) == 128);

/// The state of the volume: encrypted in the superblock.
struct State {
  Anchor anchor;     ///< of this state
  Anchor anchored;   ///< the last one that the freshness service was known to have when this one was written
  u64 block_count;   ///< of the disk
  u64 most_blocks;   ///< that it may grow to
  u64 used_blocks;   ///< with those of the header and the superblocks
  u64 object_slots;  ///< objects are numbered below this
  u64 objects;       ///< that exist
  u32 table_height;
  u32 zero;
  Pointer table_root;
};
static_assert(Crossable<State> && sizeof(State) == 136 && offsetof(State, table_root) == 96);

struct Superblock {
  std::array<u8, 8> magic;
  u32 version;
  u32 slot;   ///< 0 or 1
  Salt salt;  ///< of the key, which is used once
  Tag tag;
  std::array<u8, 4032> ciphertext;  ///< of a State, and zeros

  static constexpr std::array<u8, 8> kMagic = {'S', 'G', 'X', 'X', 'S', 'U', 'P', 0};
  static constexpr u64 kPlain = 48;  ///< bytes that are authenticated and not encrypted
};
static_assert(Crossable<Superblock> && sizeof(Superblock) == kBlockSize && offsetof(Superblock, tag) == Superblock::kPlain);

}  // namespace sgxx::volume
