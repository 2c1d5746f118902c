// SPDX-License-Identifier: Apache-2.0
//
// Data blocks: read, written, cut.
#include "volume/volume.h"

namespace sgxx::volume {
namespace {

/// As many blocks are read with room on the stack.
constexpr u32 kFew = 4;

}  // namespace

Outcome<> Volume::read(Object& object, u64 first, std::span<u8* const> pages) {
  if (!fits(first, pages.size(), kMostBlocksOfObject)) return fail(Fault::too_large);
  if (pages.size() <= kFew) {
    BatchMemory<kFew> memory;
    Batch batch(memory);
    return read_into(batch, object, first, pages);
  }
  auto room = TRY(read_spaces_.take());
  Batch batch(room->memory);
  return read_into(batch, object, first, pages);
}

Outcome<> Volume::read_into(Batch& batch, Object& object, u64 first, std::span<u8* const> pages) {
  for (u64 done = 0; done < pages.size();) {
    batch.clear();
    {
      Guard guard(environment_.mutex);
      while (done < pages.size() && !batch.is_full()) {
        auto [pointer, count] = TRY(tree_.pointers(guard, object, first + done));
        for (; count != 0 && done < pages.size() && !batch.is_full(); --count, ++done) {
          if (pointer == nullptr || pointer->is_hole()) {
            std::memset(pages[done], 0, kBlockSize);
          } else {
            batch.add(*pointer, {object.number(), first + done, 0, 0}, pages[done]);
          }
          if (pointer != nullptr) ++pointer;
        }
      }
    }
    if (!batch.is_empty()) TRY(read_batch(batch, object));
  }
  return {};
}

/// A block that is not what its pointer says may have been written anew since the pointer was looked up, and its place used for
/// something else. Only if the pointer is still the same, the host has changed the block.
Outcome<> Volume::read_batch(Batch& batch, Object& object) {
  for (u32 good = 0;;) {
    good = TRY(store_.read(batch, good));
    if (good == batch.count()) return {};
    BlockItem& item = batch[good];
    Guard guard(environment_.mutex);
    const Pointer* const now = TRY(tree_.pointers(guard, object, item.place.index)).first;
    if (now == nullptr || now->is_hole()) {
      std::memset(item.page, 0, kBlockSize);
      if (++good == batch.count()) return {};
    } else if (*now == item.pointer) {
      return fail(Fault::integrity, item.pointer.block);
    } else {
      item.pointer = *now;
    }
  }
}

Outcome<> Volume::write(std::span<const DirtyBlock> blocks) {
  auto room = TRY(write_spaces_.take());
  while (!blocks.empty()) {
    const u64 count = blocks.size() < kMostOfBatch ? blocks.size() : kMostOfBatch;
    TRY(write_batch(*room, blocks.first(count)));
    blocks = blocks.subspan(count);
  }
  return {};
}

Outcome<> Volume::write_batch(WriteSpace& room, std::span<const DirtyBlock> blocks) {
  for (bool is_again = false;; is_again = true) {
    Batch batch(room.memory);
    TRY(place(batch, blocks));
    const auto written = store_.write(batch, room.pages);
    if (written.ok()) return set_pointers(batch, blocks);
    Guard guard(environment_.mutex);
    for (const BlockItem& item : batch) space_.blocks().give_back(item.pointer.block);
    if (is_again || written.error().fault != Fault::no_space) return Failure{written.error()};
    space_.blocks().prefer_written();
  }
}

/// Chooses where the blocks will lie, and their keys. Nodes come first, so that nothing but the disk can fail later.
Outcome<> Volume::place(Batch& batch, std::span<const DirtyBlock> blocks) {
  constexpr Space::Purpose kPurpose = Space::Purpose::promised;
  Guard guard(environment_.mutex);
  const DirtyBlock* last = nullptr;
  for (const DirtyBlock& block : blocks) {
    if (block.index >= kMostBlocksOfObject) return fail(Fault::too_large);
    if (last == nullptr || last->object != block.object || last->index / kBranches != block.index / kBranches ||
        last->index == 0) {
      TRY(tree_.make_way(guard, *block.object, block.index, kPurpose));
    }
    last = &block;
  }
  TRY(space_.ensure(guard, blocks.size(), kPurpose));
  while (batch.count() < blocks.size()) {
    FreeSpace::Run run = space_.blocks().take(blocks.size() - batch.count());
    for (; run.count != 0; --run.count, ++run.first) {
      const DirtyBlock& block = blocks[batch.count()];
      // Only read from here on.
      u8* const page = const_cast<u8*>(block.page);
      batch.add({run.first, {}, {}}, {block.object->number(), block.index, 0, 0}, page);
    }
  }
  for (BlockItem& item : batch) {
    const auto key = keys_.next();
    if (!key.ok()) {
      for (const BlockItem& taken : batch) space_.blocks().give_back(taken.pointer.block);
      return Failure{key.error()};
    }
    item.pointer.key = *key;
  }
  return {};
}

Outcome<> Volume::set_pointers(Batch& batch, std::span<const DirtyBlock> blocks) {
  Guard guard(environment_.mutex);
  for (const BlockItem& item : batch) space_.blocks().note_written(item.pointer.block);
  for (u32 i = 0; i < batch.count(); ++i) {
    const auto set = tree_.set_pointer(guard, *blocks[i].object, blocks[i].index, batch[i].pointer, Space::Purpose::promised);
    if (set.ok()) continue;
    for (; i < batch.count(); ++i) space_.blocks().give_back(batch[i].pointer.block);
    return Failure{set.error()};
  }
  return {};
}

Outcome<> Volume::truncate(Object& object, u64 blocks) {
  Guard guard(environment_.mutex);
  return tree_.cut(guard, object, blocks, ~u64{0});
}

Outcome<> Volume::punch(Object& object, u64 first, u64 count) {
  Guard guard(environment_.mutex);
  return tree_.cut(guard, object, first, count > ~u64{0} - first ? ~u64{0} : first + count);
}

Outcome<u64> Volume::find_data(Object& object, u64 from) {
  Guard guard(environment_.mutex);
  return tree_.search(guard, object, from, true);
}

Outcome<u64> Volume::find_hole(Object& object, u64 from) {
  Guard guard(environment_.mutex);
  return tree_.search(guard, object, from, false);
}

Outcome<> Volume::promise(u64 blocks) {
  Guard guard(environment_.mutex);
  return space_.promise(guard, blocks);
}

void Volume::unpromise(u64 blocks) {
  Guard guard(environment_.mutex);
  space_.unpromise(blocks);
}

bool Volume::has_room(u64 blocks) {
  Guard guard(environment_.mutex);
  return space_.has_room(blocks);
}

}  // namespace sgxx::volume
