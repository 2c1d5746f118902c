// SPDX-License-Identifier: Apache-2.0
//
// Volumes as they begin and end: made, opened, closed.
#include "volume/volume.h"

#include <algorithm>

#include "volume/header.h"
#include "volume/parse.h"
#include "volume/superblock.h"
#include "volume/walk.h"
#include "volume/wipe.h"

namespace sgxx::volume {
namespace {

/// A new volume's disk: 1 MiB.
constexpr u64 kFirstBlocks = 256;
/// And what it may grow to, unless somebody says something else: 1 TiB.
constexpr u64 kUsualLimit = u64{1} << 28;

/// Of two copies that could not be used for different reasons, the reason that tells more.
int weight(Fault fault) {
  switch (fault) {
    case Fault::wrong_key: return 3;
    case Fault::integrity: return 2;
    case Fault::unsupported_version: return 1;
    default: return 0;
  }
}

}  // namespace

Volume::Volume(const Environment& environment, const VolumeOptions& options)
    : environment_(environment),
      store_(environment.disk, environment.crypto),
      read_spaces_(environment.memory, environment_.mutex),
      write_spaces_(environment.memory, environment_.mutex),
      keys_(environment.crypto),
      space_(environment, options.most_blocks),
      objects_(environment.memory),
      tree_(environment, store_, space_, options.most_clean_nodes) {}

Volume::~Volume() { wipe(key_.data(), key_.size()); }

void Volume::close(Volume* volume) {
  const Memory memory = volume->environment_.memory;
  memory.destroy(volume);
}

Outcome<> Volume::create(const Environment& environment, std::span<const KeySlotRequest> slots, const Record& root,
                         const VolumeOptions& options) {
  VolumeOptions chosen = options;
  if (chosen.most_blocks == 0) chosen.most_blocks = kUsualLimit;
  if (chosen.most_blocks < kFirstBlocks || chosen.most_blocks > kMostBlocks) return fail(Fault::too_large);
  Volume* const volume = TRY(environment.memory.create<Volume>(environment, chosen));
  auto made = volume->make_empty(slots, root);
  close(volume);
  return made;
}

Outcome<> Volume::make_empty(std::span<const KeySlotRequest> slots, const Record& root) {
  TRY(environment_.crypto.random(key_));
  TRY(environment_.crypto.random(id_));
  TRY(environment_.disk.resize(kFirstBlocks));
  TRY(space_.blocks().grow(kFirstBlocks));
  for (u64 block = 0; block < kFirstFreeBlock; ++block) space_.blocks().claim(block);
  TRY(make(root));
  const Prepared prepared = TRY(prepare());
  TRY(publish(prepared));
  // The header comes last: with it there is a volume.
  auto room = TRY(write_spaces_.take());
  Header& header = *reinterpret_cast<Header*>(room->page(0));
  TRY(make_header(environment_.crypto, header, id_, 1, key_, slots));
  std::memcpy(room->page(1), room->page(0), kBlockSize);
  TRY(environment_.disk.write(kHeaderBlocks[0], {room->page(0), 2 * kBlockSize}));
  return sync();
}

Outcome<Volume*> Volume::open(const Environment& environment, const KeySource& keys, const std::optional<Anchor>& expected,
                              const VolumeOptions& options) {
  Volume* const volume = TRY(environment.memory.create<Volume>(environment, options));
  const auto loaded = volume->load(keys, expected);
  if (loaded.ok()) return volume;
  close(volume);
  return Failure{loaded.error()};
}

Outcome<> Volume::load(const KeySource& keys, const std::optional<Anchor>& expected) {
  auto room = TRY(write_spaces_.take());
  TRY(load_header(keys, *room));
  const State state = TRY(load_state(expected, *room));
  if (TRY(environment_.disk.size()) < state.block_count) return fail(Fault::integrity, state.block_count);
  // What was just read may be on no disk yet, if the last to use it ended abruptly; blocks that only an older state has are about
  // to be written to.
  TRY(sync());
  TRY(space_.blocks().grow(state.block_count));
  space_.use_limit_of(state.most_blocks);
  Batch batch(room->memory);
  TRY(Walk(environment_.memory, store_, space_.blocks(), objects_).run(state, batch, room->pages));
  if (objects_.count() != state.objects || objects_.find(kRootDirectory) == nullptr) return fail(Fault::integrity);
  space_.keep_for_records(objects_.slots());
  tree_.set_table(state.table_root, state.table_height);
  return {};
}

Outcome<> Volume::load_header(const KeySource& keys, WriteSpace& room) {
  std::array<Header*, 2> headers{};
  for (u32 copy = 0; copy < 2; ++copy) {
    u8* const page = room.page(copy);
    std::memset(page, 0, kBlockSize);
    const auto read = environment_.disk.read(kHeaderBlocks[copy], page);
    if (!read.ok() && read.error().fault != Fault::integrity) return Failure{read.error()};
    headers[copy] = reinterpret_cast<Header*>(page);
  }
  const u32 newer = headers[1]->generation > headers[0]->generation ? 1 : 0;
  Error error{Fault::not_a_volume, 0, 0};
  for (const u32 copy : {newer, 1 - newer}) {
    const auto opened = open_header(environment_.crypto, *headers[copy], keys, key_);
    if (opened.ok()) {
      id_ = headers[copy]->id;
      header_copy_ = copy;
      header_generation_ = headers[copy]->generation;
      for (u64 i = 0; i < slots_.size(); ++i) slots_[i] = headers[copy]->slots[i].kind;
      return {};
    }
    if (weight(opened.error().fault) > weight(error.fault)) error = opened.error();
    if (opened.error().fault == Fault::io || opened.error().fault == Fault::no_memory) return Failure{opened.error()};
  }
  return Failure{error};
}

Outcome<State> Volume::load_state(const std::optional<Anchor>& expected, WriteSpace& room) {
  std::optional<State> newest;
  bool is_any_intact = false;
  for (u32 slot = 0; slot < 2; ++slot) {
    u8* const page = room.page(slot);
    const auto read = environment_.disk.read(kSuperblocks[slot], page);
    if (!read.ok() && read.error().fault != Fault::integrity) return Failure{read.error()};
    if (!read.ok()) continue;
    const auto state = TRY(open_superblock(environment_.crypto, *reinterpret_cast<Superblock*>(page), slot, id_, key_));
    if (!state) continue;
    is_any_intact = true;
    // Who knows less than was known to be known has lost it: it cannot vouch for an older state either.
    if (expected && state->anchored.generation > expected->generation) return fail(Fault::rolled_back);
    if (!is_acceptable(*state, expected) || (newest && newest->anchor.generation >= state->anchor.generation)) continue;
    newest = state;
    superblock_ = slot;
  }
  if (!is_any_intact) return fail(Fault::integrity, kSuperblocks[0]);
  if (!newest) return fail(Fault::rolled_back);
  published_ = newest->anchor;
  anchored_ = expected ? *expected : newest->anchored;
  return *newest;
}

VolumeInfo Volume::info() {
  Guard guard(environment_.mutex);
  return {.id = id_,
          .anchor = published_,
          .anchored = anchored_,
          .block_count = space_.blocks().block_count(),
          .most_blocks = space_.most_blocks(),
          .used_blocks = space_.blocks().used(),
          .waiting_blocks = space_.blocks().waiting(),
          .promised_blocks = space_.promised(),
          .objects = objects_.count(),
          .object_slots = objects_.slots(),
          .clean_nodes = tree_.clean_nodes(),
          .header_generation = header_generation_,
          .slots = slots_};
}

Outcome<> Volume::rewrap(std::span<const KeySlotRequest> slots) {
  TRY(check_usable());
  auto room = TRY(write_spaces_.take());
  Header& header = *reinterpret_cast<Header*>(room->page(0));
  TRY(make_header(environment_.crypto, header, id_, header_generation_ + 1, key_, slots));
  TRY(write_header(1 - header_copy_, header));
  TRY(write_header(header_copy_, header));
  Guard guard(environment_.mutex);
  ++header_generation_;
  for (u64 i = 0; i < slots_.size(); ++i) slots_[i] = header.slots[i].kind;
  return {};
}

Outcome<> Volume::write_header(u32 copy, const Header& header) {
  TRY(environment_.disk.write(kHeaderBlocks[copy], as_bytes_of(header)));
  return sync();
}

}  // namespace sgxx::volume
