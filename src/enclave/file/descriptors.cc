// SPDX-License-Identifier: Apache-2.0
//
// The table grows in blocks of 512 entries, which stay. A word of it is the address of an open file, with bit 0 for
// close-on-exec; or kReserved.
#include "enclave/file/descriptors.h"

#include "enclave/file/kinds.h"
#include "enclave/lock.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kBlock = kPageSize / sizeof(u64);
constexpr u64 kCloseOnExecBit = 1;
constexpr u64 kReserved = 2;

// Whoever changes the table holds its lock and that of the entry; whoever reads one entry only the latter, so that threads which
// use different descriptors do not meet.
constinit SpinLock table_lock;
struct alignas(64) EntryLock {
  SpinLock lock;
};
constexpr u64 kEntryLocks = 64;
constinit EntryLock entry_locks[kEntryLocks];
u64* blocks[kMostDescriptors / kBlock];
u64 limit = kDescriptorsAtStart;

u64 entry_of(u64 descriptor) {
  if (descriptor >= kMostDescriptors) return 0;
  const u64* const block = __atomic_load_n(&blocks[descriptor / kBlock], __ATOMIC_ACQUIRE);
  return block == nullptr ? 0 : block[descriptor % kBlock];
}

OpenFile* file_in(u64 entry) { return reinterpret_cast<OpenFile*>(entry & ~(kCloseOnExecBit | kReserved)); }
bool names_file(u64 entry) { return file_in(entry) != nullptr; }

u64 entry_for(OpenFile* file, CloseOnExec close_on_exec) {
  return reinterpret_cast<u64>(file) | (close_on_exec == CloseOnExec::yes ? kCloseOnExecBit : 0);
}

/// Descriptors are 32-bit numbers to the program; a negative one is none.
u64 number_of(u64 descriptor) { return static_cast<u32>(descriptor); }

/// Makes sure that the entry exists; the lock is held.
Outcome<> reserve(u64 descriptor) {
  u64*& block = blocks[descriptor / kBlock];
  if (block == nullptr) {
    const u64 page = TRY(take_runtime_pages(1));
    __atomic_store_n(&block, reinterpret_cast<u64*>(page), __ATOMIC_RELEASE);
  }
  return {};
}

SpinLock& lock_of(u64 descriptor) { return entry_locks[descriptor % kEntryLocks].lock; }

/// The table's lock is held.
u64 exchange_entry(u64 descriptor, u64 entry) {
  Guard guard(lock_of(descriptor));
  return std::exchange(blocks[descriptor / kBlock][descriptor % kBlock], entry);
}

}  // namespace

u64 descriptor_limit() { return limit; }
void set_descriptor_limit(u64 value) { limit = value; }

void initialize_descriptors(const std::array<abi::StreamInfo, 3>& streams) {
  if ((enclave_config.grants & abi::grant::streams) == 0) return;
  for (u32 i = 0; i < 3; ++i) {
    if (streams[i].mode == 0) continue;
    auto stream = create<Stream>(i, streams[i]);
    require(stream.ok() && replace_descriptor(FileReference(*stream), i, CloseOnExec::no).ok(), abi::AbortReason::bad_config);
  }
}

Outcome<FileReference> file_of(u64 descriptor) {
  FileReference file = TRY(file_or_path_of(descriptor));
  if (file->kind() == FileKind::path) return fail(Errno::badf);
  return file;
}

Outcome<FileReference> file_or_path_of(u64 descriptor) {
  Guard guard(lock_of(number_of(descriptor)));
  OpenFile* const file = file_in(entry_of(number_of(descriptor)));
  if (file == nullptr) return fail(Errno::badf);
  file->acquire();
  return FileReference(file);
}

namespace {

/// Puts `entry` into the lowest free place from `lowest` on.
Outcome<u64> use_lowest(u64 lowest, u64 entry) {
  if (lowest >= limit) return fail(Errno::inval);
  Guard guard(table_lock);
  for (u64 i = lowest; i < limit; ++i) {
    if (entry_of(i) != 0) continue;
    TRY(reserve(i));
    exchange_entry(i, entry);
    return i;
  }
  return fail(Errno::mfile);
}

}  // namespace

Outcome<u64> open_descriptor(FileReference file, CloseOnExec close_on_exec, u64 lowest) {
  const u64 number = TRY(use_lowest(lowest, entry_for(file.get(), close_on_exec)));
  (void)file.take();
  return number;
}

Outcome<NewDescriptor> NewDescriptor::reserve(CloseOnExec close_on_exec) {
  auto number = use_lowest(0, kReserved);
  if (!number.ok()) return fail(number.error() == Errno::inval ? Errno::mfile : number.error());
  return NewDescriptor(*number, close_on_exec);
}

NewDescriptor::~NewDescriptor() {
  if (number_ == kNone) return;
  Guard guard(table_lock);
  exchange_entry(number_, 0);
}

u64 NewDescriptor::fill(FileReference file) {
  Guard guard(table_lock);
  exchange_entry(number_, entry_for(file.take(), flags_));
  return std::exchange(number_, kNone);
}

Outcome<u64> replace_descriptor(FileReference file, u64 target, CloseOnExec close_on_exec) {
  target = number_of(target);
  if (target >= limit) return fail(Errno::badf);
  u64 old = 0;
  {
    Guard guard(table_lock);
    if (entry_of(target) == kReserved) return fail(Errno::busy);
    TRY(reserve(target));
    old = exchange_entry(target, entry_for(file.take(), close_on_exec));
  }
  if (old != 0) file_in(old)->release();
  return target;
}

Outcome<> close_descriptor(u64 descriptor) {
  descriptor = number_of(descriptor);
  u64 old = 0;
  {
    Guard guard(table_lock);
    if (!names_file(entry_of(descriptor))) return fail(Errno::badf);
    old = exchange_entry(descriptor, 0);
  }
  file_in(old)->release();
  return {};
}

void close_descriptors(u64 first, u64 last) {
  for (u64 i = next_descriptor(first); i <= last && i < kMostDescriptors; i = next_descriptor(i + 1)) (void)close_descriptor(i);
}

Outcome<CloseOnExec> close_on_exec(u64 descriptor) {
  Guard guard(table_lock);
  const u64 entry = entry_of(number_of(descriptor));
  if (!names_file(entry)) return fail(Errno::badf);
  return (entry & kCloseOnExecBit) != 0 ? CloseOnExec::yes : CloseOnExec::no;
}

Outcome<> set_close_on_exec(u64 descriptor, CloseOnExec value) {
  Guard guard(table_lock);
  const u64 entry = entry_of(number_of(descriptor));
  if (!names_file(entry)) return fail(Errno::badf);
  exchange_entry(number_of(descriptor), entry_for(file_in(entry), value));
  return {};
}

u64 next_descriptor(u64 from) {
  Guard guard(table_lock);
  while (from < kMostDescriptors && !names_file(entry_of(from))) ++from;
  return from;
}

}  // namespace sgxx::enclave
