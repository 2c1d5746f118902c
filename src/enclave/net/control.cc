// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/control.h"

#include "enclave/file/descriptors.h"
#include "enclave/lock.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kSocketLevel = 1, kRights = 1, kCredentials = 2;

u64 batch_size(u32 capacity) { return sizeof(FileBatch) + capacity * sizeof(OpenFile*); }

/// Batches whose files are to be let go. A file may be a socket with batches of its own in it: they come here, too, so that
/// nothing calls itself, however deep a program nests them.
constinit SpinLock dropped_lock;
FileBatch* dropped;
bool someone_drops;
std::atomic<u32> on_their_way{0};

/// True when the caller is the one who is to let go of what is dropped.
bool drop(FileBatch& batch) {
  Guard guard(dropped_lock);
  batch.next = std::exchange(dropped, &batch);
  return !std::exchange(someone_drops, true);
}

FileBatch* next_dropped() {
  Guard guard(dropped_lock);
  FileBatch* const batch = dropped;
  batch != nullptr ? void(dropped = batch->next) : void(someone_drops = false);
  return batch;
}

Outcome<SentFiles> load_rights(u64 address, u32 count) {
  SentFiles files = TRY(SentFiles::make(count));
  for (u32 i = 0; i < count; ++i) {
    const u32 descriptor = TRY(load<u32>(address + i * sizeof(u32)));
    files.add(TRY(file_or_path_of(descriptor)).take());
  }
  return files;
}

/// Nobody in here may speak for somebody else.
Outcome<> check_credentials(u64 address, u64 length) {
  if (length != sizeof(ControlHeader) + sizeof(Credentials)) return fail(Errno::inval);
  const auto said = TRY(load<Credentials>(address));
  const bool own = said.process == kProcessId && said.user == kUserId && said.group == kUserId;
  return own ? Outcome<>{} : fail(Errno::perm);
}

/// A descriptor for each file, as many as there is room for; how many.
u32 install(const SentFiles& files, CloseOnExec close_on_exec, u64 address, u64 most) {
  u32 done = 0;
  for (; done < files.count() && done < most; ++done) {
    auto descriptor = NewDescriptor::reserve(close_on_exec);
    if (!descriptor.ok() || !store(address + done * sizeof(u32), static_cast<u32>(descriptor->number())).ok()) break;
    files.file(done)->acquire();
    descriptor->fill(FileReference(files.file(done)));
  }
  return done;
}

}  // namespace

Credentials own_credentials() { return {kProcessId, kUserId, kUserId}; }

SentFiles::~SentFiles() {
  if (batch_ == nullptr || !drop(*batch_)) return;
  while (FileBatch* const batch = next_dropped()) {
    for (u32 i = 0; i < batch->count; ++i) batch->file(i)->release();
    on_their_way.fetch_sub(batch->capacity);
    release_memory(batch, batch_size(batch->capacity));
  }
}

Outcome<SentFiles> SentFiles::make(u32 count) {
  if (on_their_way.fetch_add(count) + u64{count} > descriptor_limit()) {
    on_their_way.fetch_sub(count);
    return fail(Errno::toomanyrefs);
  }
  const auto memory = allocate(batch_size(count));
  if (!memory.ok()) {
    on_their_way.fetch_sub(count);
    return fail(memory.error());
  }
  auto* const batch = new (*memory) FileBatch;
  batch->capacity = count;
  return SentFiles(batch);
}

Outcome<SentFiles> SentFiles::copy(FileBatch& batch) {
  SentFiles files = TRY(make(batch.count));
  for (u32 i = 0; i < batch.count; ++i) {
    batch.file(i)->acquire();
    files.add(batch.file(i));
  }
  return files;
}

Outcome<SentFiles> load_control(u64 address, u64 length) {
  SentFiles files;
  const auto load_one = [&files](const ControlHeader& header, u64 data, u64 data_length) -> Outcome<> {
    if (header.level != kSocketLevel) return {};
    if (header.type == kCredentials) return check_credentials(data, header.length);
    const u64 count = data_length / sizeof(u32);
    if (header.type != kRights || count > SentFiles::kMost || files.count() != 0) return fail(Errno::inval);
    if (count != 0) files = TRY(load_rights(data, static_cast<u32>(count)));
    return {};
  };
  TRY(for_each_control(address, length, load_one));
  return files;
}

Outcome<> store_control(ReceivedControl control, ControlRoom& room) {
  if (control.credentials) {
    const Credentials own = own_credentials();
    TRY(room.put(kSocketLevel, kCredentials, &own, sizeof(own)));
  }
  if (control.files.count() == 0) return {};
  const auto close_on_exec = control.close_on_exec ? CloseOnExec::yes : CloseOnExec::no;
  const u32 told = install(control.files, close_on_exec, room.data_address(), room.space() / sizeof(u32));
  if (told != 0) TRY(room.finish(kSocketLevel, kRights, told * sizeof(u32)));
  if (told != control.files.count()) room.set_truncated();
  return {};
}

}  // namespace sgxx::enclave
