// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/stored_names.h"

#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/volume/mounted_volume.h"
#include "volume/directory.h"

namespace sgxx::enclave {
namespace {

u64 size_of(u64 length) { return volume::kEntryHead + length; }

/// Block `block` of a directory's names will be written, and space is promised for it.
Outcome<> promise_names(StoredFile& file, u64 block, Reserve reserve) {
  TRY(file.names.reach(block + 1));
  if (!file.names.is_changed(block)) {
    if (file.volume->engine().promise(1).ok()) {
      ++file.promised;
    } else if (reserve == Reserve::untouched) {
      return file.volume->refuse_names();
    }
  }
  file.names.mark(block);
  file.volume->note_changed(file);
  return {};
}

}  // namespace

StoredNames::~StoredNames() {
  if (blocks_ != nullptr) release_memory(blocks_, capacity_ * sizeof(Block));
}

u64 StoredNames::block_for(u64 length) {
  while (roomy_ < count_ && blocks_[roomy_].used + size_of(length) > volume::kBlockSize) ++roomy_;
  return roomy_;
}

Outcome<> StoredNames::reach(u64 count) {
  constexpr u64 kFew = 4;
  if (count > capacity_) {
    u64 capacity = capacity_ == 0 ? kFew : capacity_;
    while (capacity < count) capacity *= 2;
    const auto memory = allocate(capacity * sizeof(Block));
    if (!memory.ok()) return fail(Errno::nospc);
    auto* const blocks = static_cast<Block*>(*memory);
    if (blocks_ != nullptr) {
      memcpy(blocks, blocks_, count_ * sizeof(Block));
      release_memory(blocks_, capacity_ * sizeof(Block));
    }
    blocks_ = blocks;
    capacity_ = capacity;
  }
  for (; count_ < count; ++count_) blocks_[count_] = {};
  return {};
}

void StoredNames::add(Entry& entry, u64 number) {
  Block& block = blocks_[number];
  block.used += static_cast<u32>(size_of(entry.length));
  entry.block = static_cast<u32>(number);
  entry.next_in_block = &entry;
  if (block.last != nullptr) entry.next_in_block = std::exchange(block.last->next_in_block, &entry);
  block.last = &entry;
}

void StoredNames::remove(Entry& entry) {
  Block& block = blocks_[entry.block];
  block.used -= static_cast<u32>(size_of(entry.length));
  Entry* before = block.last;
  while (before->next_in_block != &entry) before = before->next_in_block;
  before->next_in_block = entry.next_in_block;
  if (block.last == &entry) block.last = before != &entry ? before : nullptr;
  if (entry.block < roomy_) roomy_ = entry.block;
}

void StoredNames::mark(u64 block) { is_changed_ = blocks_[block].is_changed = true; }

void StoredNames::write(u64 number, u8* to) const {
  const Block& block = blocks_[number];
  u64 at = 0;
  const Entry* entry = block.last;
  do {
    entry = entry->next_in_block;
    const std::string_view name(entry->name().data, entry->length);
    volume::write_entry(to + at, {entry->inode->stored->object->number(), name});
    at += volume::entry_size(name);
  } while (entry != block.last);
  memset(to + at, 0, volume::kBlockSize - at);
}

u64 StoredNames::trim() {
  while (count_ != 0 && blocks_[count_ - 1].used == 0) --count_;
  if (roomy_ > count_) roomy_ = count_;
  return count_;
}

void StoredNames::note_stored() {
  for (u64 i = 0; i < count_; ++i) blocks_[i].is_changed = false;
  is_changed_ = false;
}

Outcome<> allow_name(Inode& directory, u64 length) {
  if (directory.stored == nullptr) return {};
  return promise_names(*directory.stored, directory.stored->names.block_for(length), Reserve::untouched);
}

Outcome<> allow_change(const Entry& entry, Reserve reserve) {
  StoredFile* const file = entry.directory->stored;
  return file == nullptr ? Outcome<>{} : promise_names(*file, entry.block, reserve);
}

Outcome<> allow_target(Inode& link) {
  if (link.stored == nullptr) return {};
  if (!link.stored->volume->engine().promise(1).ok()) return link.stored->volume->refuse_names();
  ++link.stored->promised;
  return {};
}

void note_added(Entry& entry) {
  if (StoredFile* const file = entry.directory->stored) file->names.add(entry, file->names.block_for(entry.length));
}

void note_removal(Entry& entry) {
  if (StoredFile* const file = entry.directory->stored) file->names.remove(entry);
}

Outcome<> make_space_for_names(Pass pass) {
  for (Mount* mount = &first_mount(); mount != nullptr; mount = mount->next) {
    if (mount->volume == nullptr || !mount->volume->has_refused_names()) continue;
    const Outcome<> made =
        mount->volume->make_space(pass == Pass::first ? MountedVolume::Space::written : MountedVolume::Space::committed);
    // Whether there is any shows the next time: a name can be removed even then.
    if (!made.ok() && made.error() != Errno::nospc) return fail(made.error());
  }
  return {};
}

}  // namespace sgxx::enclave
