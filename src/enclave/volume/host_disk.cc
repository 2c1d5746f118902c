// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/host_disk.h"

#include "abi/mount.h"
#include "enclave/host_call.h"
#include "enclave/host_handles.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {
namespace {

using volume::Fault;
using volume::kBlockSize;

constexpr u64 kBlocksAtOnce = abi::kHostDataSize / kBlockSize;
// A file may not be longer.
constexpr u64 kMostBytes = ~u64{0} >> 1;

Failure<volume::Error> failed(Errno error) {
  return volume::fail(error == Errno::nospc || error == Errno::dquot ? Fault::no_space : Fault::io, 0, static_cast<i32>(error));
}

/// The value of a call, or its error as one of the disk's.
#define SGXX_TRY_DISK(expression)                      \
  ({                                                   \
    auto outcome = (expression);                       \
    if (!outcome.ok()) return failed(outcome.error()); \
    *outcome;                                          \
  })

}  // namespace

Errno errno_of(const volume::Error& error) {
  switch (error.fault) {
    case Fault::io: return error.number != 0 ? static_cast<Errno>(error.number) : Errno::io;
    case Fault::integrity: return Errno::badmsg;
    case Fault::wrong_key: return Errno::keyrejected;
    case Fault::rolled_back: return Errno::stale;
    case Fault::not_a_volume: return Errno::badmsg;
    case Fault::unsupported_version: return Errno::notsup;
    case Fault::no_space: return Errno::nospc;
    case Fault::no_memory: return Errno::nomem;
    case Fault::too_large: return Errno::fbig;
    case Fault::no_randomness: return Errno::io;
  }
  return Errno::io;
}

Outcome<bool> HostDisk::open(u32 folder, bool create) {
  constexpr u32 kReadWrite = 2, kCreate = 0100, kMode = 0600;
  const host::FolderPath path{folder, Text::of(abi::kVolumeFile)};
  handle_ = TRY(take_handle());
  auto opened = host::folder_open(handle_, path, kReadWrite, 0);
  const bool made = !opened.ok() && opened.error() == Errno::noent && create;
  if (made) opened = host::folder_open(handle_, path, kReadWrite | kCreate, kMode);
  if (!opened.ok()) {
    give_handle(handle_);
    return fail(opened.error());
  }
  if ((opened->mode & file_mode::format) == file_mode::regular) return made;
  close();
  return fail(Errno::acces);
}

void HostDisk::close() { close_handle(handle_); }

volume::Outcome<> HostDisk::read(u64 first, std::span<u8* const> blocks) {
  for (u64 done = 0; done < blocks.size();) {
    const u64 count = blocks.size() - done < kBlocksAtOnce ? blocks.size() - done : kBlocksAtOnce;
    const u64 length = count * kBlockSize, offset = (first + done) * kBlockSize;
    if (offset > kMostBytes - length) return volume::fail(Fault::integrity, first + done);
    const u64 there = SGXX_TRY_DISK(host::file_read_blocks(handle_, offset, blocks.subspan(done, count)));
    // A read may be cut short; a disk that ends is not the volume that was written.
    if (there == 0) return volume::fail(Fault::integrity, first + done);
    done += there;
  }
  return {};
}

volume::Outcome<> HostDisk::write(u64 first, ByteView bytes) {
  for (u64 done = 0; done < bytes.size();) {
    const u64 written = SGXX_TRY_DISK(host::file_write_bytes(handle_, first * kBlockSize + done, bytes.subspan(done)));
    if (written == 0) return volume::fail(Fault::no_space, first);
    done += written;
  }
  return {};
}

volume::Outcome<> HostDisk::sync() {
  const Outcome<> synced = host::file_sync(handle_, false);
  return synced.ok() ? volume::Outcome<>{} : failed(synced.error());
}

volume::Outcome<u64> HostDisk::size() {
  const FileStatus status = SGXX_TRY_DISK(host::file_status(handle_));
  return static_cast<u64>(status.size) / kBlockSize;
}

volume::Outcome<> HostDisk::resize(u64 blocks) {
  const Outcome<> resized = host::file_resize(handle_, blocks * kBlockSize);
  return resized.ok() ? volume::Outcome<>{} : failed(resized.error());
}

}  // namespace sgxx::enclave
