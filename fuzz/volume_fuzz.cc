// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes for each kind of block of a volume: for a header and a superblock as they come from the disk; for a node, for
// records and a state as they come out of the cipher; for a directory of any length. Then for a whole small volume, whose nodes
// and records are under a cipher that believes everything: so that the engine walks, reads and changes what is in them.
#include <cstdlib>

#include "fuzz/target.h"
#include "volume/directory.h"
#include "volume/header.h"
#include "volume/native/host.h"
#include "volume/parse.h"
#include "volume/superblock.h"

namespace {

using namespace sgxx;
using namespace sgxx::volume;

void require(bool promise) {
  if (!promise) std::abort();
}

/// Does not encrypt, and finds every tag right.
struct NoCrypto {
  u64 drawn = 0;
  Outcome<> random(ByteSpan bytes) {
    ++drawn;
    for (u64 i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(drawn >> (i % 8 * 8));
    return {};
  }
  Outcome<> derive(ByteView secret, ByteView, ByteView, ByteSpan out) {
    for (u64 i = 0; i < out.size(); ++i) out[i] = secret[i % secret.size()];
    return {};
  }
  Outcome<> seal(std::span<const CipherJob> jobs) {
    for (const CipherJob& job : jobs) {
      if (job.length != 0) std::memmove(job.to, job.from, job.length);
      std::memset(job.tag, 0, sizeof(Tag));
    }
    return {};
  }
  Outcome<u64> open(std::span<const CipherJob> jobs) {
    for (const CipherJob& job : jobs) {
      if (job.length != 0) std::memmove(job.to, job.from, job.length);
    }
    return jobs.size();
  }
};

using Host = NativeHost<MemoryDisk, NoCrypto>;
constexpr u64 kBlocks = 256;
const std::array<u8, 32> kSecret{1};

/// A volume of two files and its first blocks, in which all that matters lies.
std::vector<u8> small_volume() {
  Host host;
  const KeySlotRequest slots[] = {{SlotKind::provisioned, {}, kSecret}};
  VolumeOptions options;
  options.most_blocks = kBlocks;
  require(Volume::create(host.environment(), slots, {.mode = 040755}, options).ok());
  FixedSecret keys(kSecret);
  Volume* const volume = Volume::open(host.environment(), KeySource(keys), {}, {}).value();
  const std::array<u8, kBlockSize> page{7};
  for (const u64 last : {u64{0}, u64{150}}) {
    Object* const file = volume->make({.mode = 0100644}).value();
    for (const u64 index : {u64{0}, last}) {
      const DirtyBlock block{file, index, page.data()};
      require(volume->write({&block, 1}).ok());
    }
  }
  require(volume->publish(volume->prepare().value()).ok());
  Volume::close(volume);
  std::vector<u8> bytes = host.disk.bytes();
  bytes.resize(16 * kBlockSize);
  return bytes;
}

template <class T>
T block_of(ByteView bytes) {
  T block;
  std::memset(static_cast<void*>(&block), 0, sizeof(block));
  std::memcpy(static_cast<void*>(&block), bytes.data(), std::min(bytes.size(), sizeof(block)));
  return block;
}

void take_directory(ByteView bytes) {
  DirectoryReader reader(bytes);
  for (;;) {
    const auto entry = reader.next();
    if (!entry.ok() || !*entry) return;
    const DirectoryEntry& read = **entry;
    require(is_entry_name(read.name) && read.object != 0);
    std::vector<u8> again(entry_size(read.name));
    write_entry(again.data(), read);
    const u64 at = static_cast<u64>(reinterpret_cast<const u8*>(read.name.data()) - bytes.data()) - kEntryHead;
    require(at / kBlockSize == reader.block() && (at + again.size() - 1) / kBlockSize == reader.block());
    require(std::memcmp(again.data(), bytes.data() + at, again.size()) == 0);
  }
}

void take_blocks(ByteView bytes) {
  (void)check_header(block_of<Header>(bytes));
  (void)is_superblock(block_of<Superblock>(bytes), 0);
  (void)is_state(block_of<State>(bytes));
  const PointerNode node = block_of<PointerNode>(bytes);
  if (is_node(node, kBlocks)) {
    for (const Pointer& pointer : node.pointers) require(pointer.is_hole() || is_block(pointer.block, kBlocks));
  }
  (void)is_record_block(block_of<RecordBlock>(bytes), kBlocks);
}

void use(Volume& volume) {
  std::array<u8, kBlockSize> page;
  u8* const pointer = page.data();
  for (u64 number = kRootDirectory; number < std::min<u64>(volume.object_slots(), 8); ++number) {
    Object* const object = volume.find(number);
    if (object == nullptr) continue;
    (void)volume.record(*object).ok();
    for (const u64 index : {u64{0}, u64{150}, u64{1} << 30}) {
      (void)volume.read(*object, index, {&pointer, 1}).ok();
      const DirtyBlock block{object, index, page.data()};
      (void)volume.write({&block, 1}).ok();
    }
    (void)volume.find_data(*object, 1).ok();
    (void)volume.find_hole(*object, 0).ok();
    (void)volume.truncate(*object, number).ok();
    if (number % 2 == 0) (void)volume.remove(*object).ok();
  }
  const auto prepared = volume.prepare();
  if (prepared.ok()) (void)volume.publish(*prepared).ok();
}

void take_volume(ByteView bytes) {
  if (bytes.size() < 5 * kBlockSize) return;
  Host host;
  host.disk.bytes().assign(bytes.begin(), bytes.end());
  host.disk.bytes().resize(kBlocks * kBlockSize);
  FixedSecret keys(kSecret);
  VolumeOptions options;
  options.most_blocks = 2 * kBlocks;
  const auto opened = Volume::open(host.environment(), KeySource(keys), {}, options);
  if (!opened.ok()) return;
  use(**opened);
  Volume::close(*opened);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView bytes(data, size);
  take_directory(bytes);
  take_blocks(bytes);
  take_volume(bytes);
  return 0;
}

std::vector<std::vector<u8>> sgxx::fuzz::seeds() {
  std::vector<u8> directory(2 * kBlockSize);
  u64 at = 0;
  for (const std::string_view name : {"a", "name", "another name"}) {
    write_entry(directory.data() + at, {2, name});
    write_entry(directory.data() + kBlockSize + at, {3, name});
    at += entry_size(name);
  }
  const std::vector<u8> volume = small_volume();
  std::vector<std::vector<u8>> seeds = {directory, volume};
  for (u64 block = 0; block < 12; ++block) {
    const auto start = volume.begin() + static_cast<std::ptrdiff_t>(block * kBlockSize);
    seeds.emplace_back(start, start + kBlockSize);
  }
  return seeds;
}
