// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/mounted_volume.h"

#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"
#include "enclave/volume/sealing_key.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kMostStaging = 256, kLeastStaging = 16;

volume::SlotKind slot_kind_of(abi::VolumeKey key) {
  switch (key) {
    case abi::VolumeKey::enclave: return volume::SlotKind::enclave;
    case abi::VolumeKey::signer: return volume::SlotKind::signer;
    case abi::VolumeKey::program: break;
  }
  return volume::SlotKind::provisioned;
}

}  // namespace

void* HeapMemory::allocate(u64 size) {
  const auto memory = enclave::allocate(size);
  return memory.ok() ? *memory : nullptr;
}

void HeapMemory::release(void* memory, u64 size) { release_memory(memory, size); }

MountedVolume::MountedVolume(Mount& mount, const VolumeSettings& settings) : mount_(mount), settings_(settings) {
  anchor_file_ = AnchorFile(settings.folder + 1, settings.freshness_file);
}

volume::Environment MountedVolume::environment() {
  return {volume::Disk(disk_), volume::Crypto(cipher_), volume::Memory(memory_), volume::Mutex(engine_lock_)};
}

/// How a key of `kind` is to open the volume; `key` holds what the slot refers to.
Outcome<> MountedVolume::make_slot(abi::VolumeKey kind, ByteView secret, volume::KeySlotRequest& slot, isa::Key128& key) {
  slot.kind = slot_kind_of(kind);
  slot.secret = secret;
  if (slot.kind == volume::SlotKind::provisioned) return {};
  slot.sealing = new_sealing_fields(slot.kind);
  slot.secret = key;
  return sealing_key(slot.kind, slot.sealing, key) ? Outcome<>{} : fail(Errno::keyrejected);
}

/// An empty volume in a file that has just been made, or was left empty by who made it.
Outcome<> MountedVolume::create(const volume::Environment& environment, const Opening& opening) {
  volume::Record root;
  root.mode = mount_.root->mode;
  root.user = mount_.root->uid;
  root.group = mount_.root->gid;
  root.links = 2;
  root.accessed = root.modified = root.changed = root.born = mount_.root->times.born;
  volume::KeySlotRequest slot;
  isa::Key128 key{};
  TRY(make_slot(settings_.key, opening.secret, slot, key));
  const auto created =
      volume::Volume::create(environment, {&slot, 1}, root, volume::VolumeOptions{.most_blocks = settings_.most_blocks});
  memset(key.data(), 0, key.size());
  return outcome_of(created);
}

/// Whether it was made.
Outcome<bool> MountedVolume::open_engine(const Opening& opening, bool made) {
  const volume::Environment around = environment();
  const u64 size = TRY(outcome_of(disk_.size()));
  const bool is_new = made || (size == 0 && opening.create);
  // Who found none and means to make one has asked nobody about another.
  if (!is_new && opening.create && opening.knows) return fail(Errno::stale);
  if (is_new) TRY(create(around, opening));
  SealingKeys sealed;
  volume::FixedSecret fixed(opening.secret);
  const volume::KeySource keys = settings_.key == abi::VolumeKey::program ? volume::KeySource(fixed) : volume::KeySource(sealed);
  std::optional<volume::Anchor> expected;
  std::optional<AnchorFile::Known> known;
  if (opening.knows && !is_new) expected = opening.expected;
  if (settings_.freshness == abi::VolumeFreshness::file && !is_new) {
    known = TRY(anchor_file_.read());
    // A volume that was made and not anchored before its enclave ended is empty: nothing is lost with it.
    if (!known) return fail(Errno::stale);
    expected = known->anchor;
  }
  engine_ =
      TRY(outcome_of(volume::Volume::open(around, keys, expected, volume::VolumeOptions{.most_blocks = settings_.most_blocks})));
  const volume::VolumeInfo opened = engine_->info();
  if ((known && known->id != opened.id) || (!is_new && opening.id && *opening.id != opened.id)) return fail(Errno::stale);
  anchored_ = expected ? *expected : volume::Anchor{};
  offered_ = anchored_;
  settled_ = anchored_.generation;
  TRY(anchor(opened.anchor, Wait::no));
  return is_new;
}

Outcome<MountedVolume::Sight> MountedVolume::look() {
  Guard guard(commit_lock_);
  Sight sight;
  if (engine_ != nullptr) return sight;
  const auto opened = disk_.open(settings_.folder, false);
  if (!opened.ok() && opened.error() == Errno::noent) return sight;
  if (!opened.ok()) return fail(opened.error());
  const auto size = disk_.size();
  const auto page = take_runtime_pages(1);
  if (page.ok()) {
    u8* const block = reinterpret_cast<u8*>(*page);
    sight.exists = size.ok() && *size != 0;
    for (const u64 number : volume::kHeaderBlocks) {
      const auto& header = *reinterpret_cast<const volume::Header*>(block);
      if (!disk_.read(number, {&block, 1}).ok() || header.magic != volume::Header::kMagic) continue;
      sight.id = header.id;
      break;
    }
    give_runtime_pages(*page, 1);
  }
  disk_.close();
  return sight;
}

Outcome<bool> MountedVolume::open(const Opening& opening) {
  Guard guard(commit_lock_);
  if (engine_ != nullptr) return fail(is_open() ? Errno::exist : Errno::badmsg);
  const u64 pages = mount_.budget.most / 8;
  staging_pages_ = pages > kMostStaging ? kMostStaging : pages < kLeastStaging ? kLeastStaging : pages;
  const u64 tables = align_up(staging_pages_ * (sizeof(u64) + sizeof(volume::DirtyBlock)), kPageSize) / kPageSize;
  if (staging_ == nullptr) staging_ = reinterpret_cast<u8*>(TRY(take_runtime_pages(staging_pages_ + tables)));
  const bool made = TRY(disk_.open(settings_.folder, opening.create));
  const auto opened = open_engine(opening, made);
  if (!opened.ok()) {
    if (engine_ != nullptr) volume::Volume::close(std::exchange(engine_, nullptr));
    disk_.close();
    return fail(opened.error());
  }
  // Names that do not load leave some that did: such a volume stays closed for good.
  TRY(load());
  is_loaded_.store(true, std::memory_order_release);
  return *opened;
}

Outcome<> MountedVolume::rewrap(abi::VolumeKey kind, ByteView secret) {
  Guard guard(commit_lock_);
  volume::KeySlotRequest slot;
  isa::Key128 key{};
  TRY(make_slot(kind, secret, slot, key));
  const auto wrapped = engine_->rewrap({&slot, 1});
  memset(key.data(), 0, key.size());
  return outcome_of(wrapped);
}

Outcome<> MountedVolume::add_file(Inode& inode) {
  auto* const file = TRY(enclave::create<StoredFile>());
  const auto object = engine_->make(record_of(inode));
  if (!object.ok()) {
    destroy(file);
    return object.error().fault == volume::Fault::no_space ? refuse_names() : fail(errno_of(object.error()));
  }
  attach(inode, *file, **object);
  note_changed(*file);
  return {};
}

Failure<Errno> MountedVolume::refuse_names() {
  has_refused_names_.store(true, std::memory_order_relaxed);
  return fail(Errno::volume_full);
}

void MountedVolume::attach(Inode& inode, StoredFile& file, volume::Object& object) {
  file.volume = this;
  file.object = &object;
  file.inode = &inode;
  inode.stored = &file;
  inode.number = object.number();
  inode.contents.use_stored(file, 0);
}

void MountedVolume::retire(StoredFile& file) {
  engine_->unpromise(std::exchange(file.promised, 0));
  is_written_.store(true);
  Guard guard(list_lock);
  if (hand_ == &file) {
    hand_ = file.resident.next;
    hand_page_ = 0;
  }
  changed_files.remove(file);
  dirty_files.remove(file);
  resident_files.remove(file);
  mapped_files.remove(file);
  file.inode = nullptr;
  gone_files.append(file);
}

// Called with what changed and the lock that guards it, which the commit takes after the file has left the list: so a look will
// do.
void MountedVolume::note_read(StoredFile& file) {
  if (file.changed.is_in.load(std::memory_order_acquire)) return;
  Guard guard(list_lock);
  changed_files.append(file);
  if (oldest_change_.load(std::memory_order_relaxed) == 0) oldest_change_.store(monotonic_now(), std::memory_order_relaxed);
}

void MountedVolume::note_mapped(StoredFile& file) {
  Guard guard(list_lock);
  mapped_files.append(file);
}

void note_read(Inode& inode) {
  if (inode.stored != nullptr) inode.stored->volume->note_read(*inode.stored);
}

void note_attributes(Inode& inode) {
  if (inode.stored != nullptr) inode.stored->volume->note_changed(*inode.stored);
}

}  // namespace sgxx::enclave
