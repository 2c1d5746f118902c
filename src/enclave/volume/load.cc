// SPDX-License-Identifier: Apache-2.0
//
// The namespace of a volume, out of its objects. The engine vouches that they are what was written; that they make a tree is
// checked all the same. An object without a name was open when its last name went, and goes now.
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/volume/mounted_volume.h"
#include "volume/directory.h"

namespace sgxx::enclave {
namespace {

/// The bytes of an object, in memory of the runtime's.
class ObjectBytes {
 public:
  static Outcome<ObjectBytes> read(volume::Volume& engine, volume::Object& object, u64 size) {
    constexpr u64 kAtOnce = 32;
    if (size > kLargestFile) return fail(Errno::badmsg);
    ObjectBytes bytes(size);
    if (size == 0) return bytes;
    bytes.address_ = TRY(take_runtime_pages(bytes.pages()));
    for (u64 page = 0; page < bytes.pages(); page += kAtOnce) {
      std::array<u8*, kAtOnce> to;
      const u64 count = bytes.pages() - page < kAtOnce ? bytes.pages() - page : kAtOnce;
      for (u64 i = 0; i < count; ++i) to[i] = reinterpret_cast<u8*>(bytes.address_ + (page + i) * kPageSize);
      TRY(outcome_of(engine.read(object, page, {to.data(), count})));
    }
    return bytes;
  }
  ObjectBytes(ObjectBytes&& other) noexcept : address_(std::exchange(other.address_, 0)), size_(other.size_) {}
  ObjectBytes& operator=(ObjectBytes&&) = delete;
  ~ObjectBytes() {
    if (address_ != 0) give_runtime_pages(address_, pages());
  }
  ByteView view() const { return {reinterpret_cast<const u8*>(address_), size_}; }

 private:
  explicit ObjectBytes(u64 size) : size_(size) {}
  u64 pages() const { return align_up(size_, kPageSize) / kPageSize; }
  u64 address_ = 0;
  u64 size_;
};

/// Inodes by the numbers of their objects, each with a reference of the table's own.
class InodeTable {
 public:
  static Outcome<InodeTable> make(u64 count) {
    return InodeTable(static_cast<Inode**>(TRY(allocate(count * sizeof(Inode*)))), count);
  }
  InodeTable(InodeTable&& other) noexcept : inodes_(std::exchange(other.inodes_, nullptr)), count_(other.count_) {}
  InodeTable& operator=(InodeTable&&) = delete;
  ~InodeTable() {
    if (inodes_ == nullptr) return;
    for (u64 i = 0; i < count_; ++i) {
      if (inodes_[i] != nullptr) inodes_[i]->release();
    }
    release_memory(inodes_, count_ * sizeof(Inode*));
  }
  Inode* at(u64 number) const { return number < count_ ? inodes_[number] : nullptr; }
  void put(u64 number, InodeReference inode) {
    inode->acquire();
    inodes_[number] = inode.get();
  }
  u64 count() const { return count_; }

 private:
  InodeTable(Inode** inodes, u64 count) : inodes_(inodes), count_(count) {}
  Inode** inodes_;
  u64 count_;
};

bool is_type(u32 mode) {
  switch (mode & file_mode::format) {
    case file_mode::regular:
    case file_mode::directory:
    case file_mode::link:
    case file_mode::fifo:
    case file_mode::socket: return true;
    default: return false;
  }
}

Outcome<> load_target(volume::Volume& engine, Inode& link, u64 size) {
  constexpr u64 kLongestTarget = 4095;
  if (size == 0 || size > kLongestTarget) return fail(Errno::badmsg);
  const ObjectBytes bytes = TRY(ObjectBytes::read(engine, *link.stored->object, size));
  link.target = static_cast<char*>(TRY(allocate(size)));
  link.target_length = static_cast<u32>(size);
  memcpy(link.target, bytes.view().data(), size);
  link.stored->has_target = true;
  return {};
}

Outcome<> load_names(volume::Volume& engine, const InodeTable& table, Inode& directory, u64 size) {
  if (size % kPageSize != 0) return fail(Errno::badmsg);
  StoredNames& names = directory.stored->names;
  TRY(names.reach(size / kPageSize));
  const ObjectBytes bytes = TRY(ObjectBytes::read(engine, *directory.stored->object, size));
  for (volume::DirectoryReader reader(bytes.view());;) {
    const auto entry = TRY(outcome_of(reader.next()));
    if (!entry) return {};
    Inode* const inode = table.at(entry->object);
    const Text name{entry->name.data(), entry->name.size()};
    if (inode == nullptr || inode == directory.mount->root || directory.entries.find(name) != nullptr) return fail(Errno::badmsg);
    if (inode->is_directory() && inode->parent != nullptr) return fail(Errno::badmsg);
    names.add(*TRY(directory.entries.add(directory, name, *inode)), reader.block());
    inode->was_named = true;
    if (!inode->is_directory()) continue;
    inode->parent = &directory;
    directory.acquire();
  }
}

}  // namespace

volume::Record MountedVolume::record_of(const Inode& inode) {
  volume::Record record;
  record.mode = inode.mode;
  record.user = inode.uid;
  record.group = inode.gid;
  record.links = inode.links;
  record.accessed = inode.times.accessed;
  record.modified = inode.times.modified;
  record.changed = inode.times.changed;
  record.born = inode.times.born;
  record.device = inode.device;
  if (inode.is(file_mode::regular)) record.size = inode.contents.size();
  if (inode.is(file_mode::link)) record.size = inode.target_length;
  return record;
}

/// The inode of an object, without names and contents.
Outcome<InodeReference> MountedVolume::load_inode(volume::Object& object, const volume::Record& record) {
  if (!is_type(record.mode)) return fail(Errno::badmsg);
  InodeReference inode(mount_.root);
  if (object.number() == volume::kRootDirectory) {
    if ((record.mode & file_mode::format) != file_mode::directory) return fail(Errno::badmsg);
    inode->mode = record.mode;
  } else {
    const auto made = enclave::create<Inode>(mount_, record.mode);
    if (!made.ok()) return fail(made.error());
    inode = InodeReference::adopt(*made);
  }
  inode->uid = record.user;
  inode->gid = record.group;
  inode->links = record.links;
  inode->device = record.device;
  inode->times = {record.accessed, record.modified, record.changed, record.born, 0};
  auto* const file = TRY(enclave::create<StoredFile>());
  attach(*inode, *file, object);
  if (inode->is(file_mode::regular)) {
    if (record.size > kLargestFile) return fail(Errno::badmsg);
    inode->contents.use_stored(*file, record.size);
  }
  return inode;
}

Outcome<> MountedVolume::load() {
  InodeTable table = TRY(InodeTable::make(engine_->object_slots()));
  const auto each = [&](auto act) -> Outcome<> {
    for (u64 number = volume::kRootDirectory; number < table.count(); ++number) {
      volume::Object* const object = engine_->find(number);
      if (object == nullptr) continue;
      const auto record = TRY(outcome_of(engine_->record(*object)));
      TRY(act(*object, record));
    }
    return {};
  };
  TRY(each([&](volume::Object& object, const volume::Record& record) -> Outcome<> {
    auto inode = load_inode(object, record);
    if (!inode.ok()) return fail(inode.error());
    table.put(object.number(), std::move(*inode));
    return {};
  }));
  if (table.at(volume::kRootDirectory) == nullptr) return fail(Errno::badmsg);
  return each([&](volume::Object& object, const volume::Record& record) -> Outcome<> {
    Inode& inode = *table.at(object.number());
    if (inode.is(file_mode::link)) return load_target(*engine_, inode, record.size);
    return inode.is_directory() ? load_names(*engine_, table, inode, record.size) : Outcome<>{};
  });
}

}  // namespace sgxx::enclave
