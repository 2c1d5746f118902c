// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/inode.h"

#include "enclave/folder/attributes.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"
#include "enclave/vfs/mount.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {
namespace {

i64 held_time;  // OneFileTime's
bool holds_time;
constinit std::atomic<u64> next_number{1};

/// FNV-1a: names come from the program itself, which can only slow down itself.
u32 hash_of(Text name) {
  u32 hash = 2166136261;
  for (u64 i = 0; i < name.length; ++i) hash = (hash ^ static_cast<u8>(name.data[i])) * 16777619;
  return hash;
}

}  // namespace

FileStatus::Time time_of(i64 nanoseconds) {
  constexpr i64 kSecond = static_cast<i64>(kNanosecondsPerSecond);
  i64 seconds = nanoseconds / kSecond;
  if (nanoseconds % kSecond < 0) --seconds;
  return {seconds, nanoseconds - seconds * kSecond};
}

bool Text::operator==(const Text& other) const { return length == other.length && memcmp(data, other.data, length) == 0; }

Directory::~Directory() {
  while (first_ != nullptr) remove(*first_);
  if (buckets_ != nullptr) release_memory(buckets_, bucket_count_ * sizeof(Entry*));
}

Entry* Directory::find(Text name) const {
  if (bucket_count_ == 0) return nullptr;
  const u32 hash = hash_of(name);
  for (Entry* entry = buckets_[hash % bucket_count_]; entry != nullptr; entry = entry->next_in_bucket) {
    if (entry->hash == hash && entry->name() == name) return entry;
  }
  return nullptr;
}

/// Twice as many buckets.
Outcome<> Directory::grow() {
  const u64 count = bucket_count_ == 0 ? 8 : bucket_count_ * 2;
  auto** const buckets = static_cast<Entry**>(TRY(allocate(count * sizeof(Entry*))));
  for (Entry* entry = first_; entry != nullptr; entry = entry->next) {
    entry->next_in_bucket = buckets[entry->hash % count];
    buckets[entry->hash % count] = entry;
  }
  if (buckets_ != nullptr) release_memory(buckets_, bucket_count_ * sizeof(Entry*));
  buckets_ = buckets;
  bucket_count_ = count;
  return {};
}

Outcome<Entry*> Directory::add(Inode& self, Text name, Inode& inode) {
  if (count_ >= bucket_count_ && !grow().ok()) return fail(Errno::nospc);
  const auto memory = allocate(sizeof(Entry) + name.length);
  if (!memory.ok()) return fail(Errno::nospc);
  auto* const entry = new (*memory) Entry{};
  memcpy(entry + 1, name.data, name.length);
  inode.acquire();
  entry->inode = &inode;
  entry->directory = &self;
  entry->length = static_cast<u32>(name.length);
  entry->hash = hash_of(name);
  entry->sequence = next_sequence_++;
  Entry*& bucket = buckets_[entry->hash % bucket_count_];
  entry->next_in_bucket = std::exchange(bucket, entry);
  entry->previous = last_;
  (last_ != nullptr ? last_->next : first_) = entry;
  last_ = entry;
  ++count_;
  inode.entry = entry;
  return entry;
}

void Directory::remove(Entry& entry) {
  Entry** link = &buckets_[entry.hash % bucket_count_];
  while (*link != &entry) link = &(*link)->next_in_bucket;
  *link = entry.next_in_bucket;
  (entry.previous != nullptr ? entry.previous->next : first_) = entry.next;
  (entry.next != nullptr ? entry.next->previous : last_) = entry.previous;
  --count_;
  Inode& inode = *entry.inode;
  if (inode.entry == &entry) inode.entry = nullptr;
  release_memory(&entry, sizeof(Entry) + entry.length);
  inode.release();
}

Entry* Directory::from(u64 sequence) const {
  Entry* entry = first_;
  while (entry != nullptr && entry->sequence < sequence) entry = entry->next;
  return entry;
}

Inode::Inode(Mount& owner, u32 type_and_permissions)
    : mode(type_and_permissions), uid(kUserId), gid(kUserId), number(next_number.fetch_add(1)), mount(&owner) {
  contents.use_budget(owner.budget);
  if (owner.kind != Mount::Kind::host) times.accessed = times.modified = times.changed = times.born = file_time_now();
}

Inode::~Inode() {
  if (stored != nullptr) {
    contents.clear();
    stored->volume->retire(*stored);
  }
  if (target != nullptr && owns_target) release_memory(target, target_length);
  if (folder_name != nullptr) forget_folder_name(*folder_name);
}

bool Inode::try_acquire() {
  u32 count = references.load();
  while (count != 0 && !references.compare_exchange_weak(count, count + 1)) {
  }
  return count != 0;
}

// A loop, because a chain of removed directories may be longer than the stack allows.
void Inode::release() {
  for (Inode* at = this; at != nullptr && at->references.fetch_sub(1, std::memory_order_acq_rel) == 1;) {
    Inode* const above = at->parent;
    destroy(at);
    at = above;
  }
}

OneFileTime::OneFileTime() {
  held_time = file_time_now();
  holds_time = true;
}

OneFileTime::~OneFileTime() { holds_time = false; }

i64 file_time_now() {
  if (holds_time) return held_time;
  if ((enclave_config.grants & abi::grant::time) == 0) return 0;
  return static_cast<i64>(clock_now(HostClock::realtime));
}

Outcome<> require_access(const Inode& inode, u32 wanted) {
  const u32 shift = inode.uid == kUserId ? 6 : inode.gid == kUserId ? 3 : 0;
  if (inode.mount->is_locked) return fail(Errno::nokey);
  if ((inode.mode >> shift & wanted) != wanted) return fail(Errno::acces);
  return {};
}

/// Blocks of a volume that wait for a flush are counted with it.
static u64 blocks_of(const Inode& inode) {
  return inode.stored != nullptr ? inode.stored->object->blocks() + inode.contents.new_pages() : inode.contents.pages();
}

Outcome<FileStatus> status_of(Inode& inode) {
  if (is_outside(inode)) return folder_status_of(inode);
  constexpr i64 kSectors = kPageSize / 512;
  Guard guard(inode.lock);
  FileStatus status{};
  status.device = inode.mount->device;
  status.inode = inode.number;
  status.links = inode.links;
  status.mode = inode.mode;
  status.uid = inode.uid;
  status.gid = inode.gid;
  status.special_device = inode.device;
  status.block_size = kPageSize;
  if (inode.is(file_mode::regular)) {
    status.size = static_cast<i64>(inode.contents.size());
    status.blocks = static_cast<i64>(blocks_of(inode)) * kSectors;
  } else if (inode.is(file_mode::link)) {
    status.size = inode.target_length;
  } else if (inode.is_directory() && (inode.mount->kind == Mount::Kind::memory || inode.stored != nullptr)) {
    status.size = static_cast<i64>(inode.entries.count() + 2) * 20;  // as Linux's tmpfs counts
  }
  status.accessed = time_of(inode.times.accessed);
  status.modified = time_of(inode.times.modified);
  status.changed = time_of(inode.times.changed);
  return status;
}

}  // namespace sgxx::enclave
