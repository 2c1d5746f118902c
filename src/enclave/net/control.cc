// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/control.h"

#include "enclave/file/descriptors.h"
#include "enclave/lock.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

/// struct cmsghdr.
struct ControlHeader {
  u64 length;  // with this header
  u32 level, type;
};
static_assert(sizeof(ControlHeader) == 16);
constexpr u32 kSocketLevel = 1, kRights = 1, kCredentials = 2;
constexpr u64 kMostControlBytes = 20480;  // net.core.optmem_max

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

/// Where a program's control messages are written, as put_cmsg of Linux writes them.
class ControlRoom {
 public:
  ControlRoom(u64 address, u64 room) : address_(address), left_(address == 0 ? 0 : room), room_(left_) {}
  u64 used() const { return room_ - left_; }
  /// The bytes of data that a message could have here.
  u64 space() const { return left_ < sizeof(ControlHeader) ? 0 : left_ - sizeof(ControlHeader); }
  u64 data_address() const { return address_ + sizeof(ControlHeader); }
  /// A message of which the data has been written.
  Outcome<> finish(u32 type, u64 data_length) {
    const u64 length = sizeof(ControlHeader) + data_length, whole = align_up(length, 8);
    TRY(store(address_, ControlHeader{length, kSocketLevel, type}));
    const u64 taken = whole < left_ ? whole : left_;
    address_ += taken;
    left_ -= taken;
    return {};
  }

 private:
  u64 address_, left_, room_;
};

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
  if (length > kMostControlBytes) return fail(Errno::nobufs);
  for (u64 at = 0; length - at >= sizeof(ControlHeader);) {
    const auto header = TRY(load<ControlHeader>(address + at));
    if (header.length < sizeof(header) || header.length > length - at) return fail(Errno::inval);
    const u64 data = address + at + sizeof(header), data_length = header.length - sizeof(header);
    if (header.level == kSocketLevel && header.type == kCredentials) {
      TRY(check_credentials(data, header.length));
    } else if (header.level == kSocketLevel) {
      const u64 count = data_length / sizeof(u32);
      if (header.type != kRights || count > SentFiles::kMost || files.count() != 0) return fail(Errno::inval);
      if (count != 0) files = TRY(load_rights(data, static_cast<u32>(count)));
    }
    const u64 step = align_up(header.length, 8);
    if (step >= length - at) break;
    at += step;
  }
  return files;
}

Outcome<u64> store_control(ReceivedControl control, u64 address, u64 room, bool& truncated) {
  ControlRoom to(address, room);
  if (control.credentials) {
    const Credentials own = own_credentials();
    const u64 part = to.space() < sizeof(own) ? to.space() : sizeof(own);
    if (part != 0) TRY(write_program(to.data_address(), &own, part));
    if (part != 0) TRY(to.finish(kCredentials, part));
    truncated = truncated || part != sizeof(own);
  }
  if (control.files.count() == 0) return to.used();
  const auto close_on_exec = control.close_on_exec ? CloseOnExec::yes : CloseOnExec::no;
  const u32 told = install(control.files, close_on_exec, to.data_address(), to.space() / sizeof(u32));
  if (told != 0) TRY(to.finish(kRights, told * sizeof(u32)));
  truncated = truncated || told != control.files.count();
  return to.used();
}

}  // namespace sgxx::enclave
