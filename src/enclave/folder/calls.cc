// SPDX-License-Identifier: Apache-2.0
#include "enclave/folder/calls.h"

#include "enclave/host_reply.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave::host {
namespace {

using abi::AbortReason;
using abi::HostCallNumber;

constexpr u64 kLargest = ~u64{0} >> 1;
constexpr u64 kNoOffset = ~u64{0};
constexpr u32 kNobody = 65534;

/// A reply that is 0 to `most`, or one of `errors`; anything else ends the enclave.
Outcome<u64> count_or(std::span<const i32> errors, i64 reply, u64 most) {
  for (const i32 error : errors) {
    if (reply == -i64{error}) return fail(static_cast<Errno>(error));
  }
  return count_or_error<>(reply, most);
}

Outcome<> nothing_or(std::span<const i32> errors, i64 reply) {
  TRY(count_or(errors, reply, 0));
  return {};
}

Outcome<> name_outcome(i64 reply) { return nothing_or(abi::kNameErrors, reply); }

u64 at_most_data(u64 length) { return length < abi::kHostDataSize ? length : abi::kHostDataSize; }

void put(Text text, u64 offset = 0) {
  require(text.length <= abi::kLongestHostPath);
  copy_out(data_address() + offset, text.data, text.length);
}

/// Two texts, the second at the next multiple of 8.
void put(Text first, Text second) {
  put(first);
  put(second, align_up(first.length, 8));
}

i64 path_call(HostCallNumber number, const FolderPath& path, u64 arg2 = 0, u64 arg3 = 0) {
  put(path.path);
  return call(number, path.folder, path.path.length, arg2, arg3);
}

FileStatus::Time checked_time(const abi::HostFileTime& time) {
  require(time.nanoseconds >= 0 && time.nanoseconds < 1'000'000'000, AbortReason::bad_host_reply);
  return {time.seconds, time.nanoseconds};
}

/// The FileAttributes that the host left, if they can be those of a file.
Outcome<FileStatus> status_in_data() {
  const auto told = fetch<abi::FileAttributes>(data_address());
  require(told.size <= kLargest && told.blocks <= kLargest, AbortReason::bad_host_reply);
  const u32 type = told.mode & file_mode::format;
  if (type != file_mode::regular && type != file_mode::directory && type != file_mode::link) return fail(Errno::acces);
  FileStatus status{};
  status.inode = told.number;
  status.links = told.links;
  status.mode = type | (told.mode & file_mode::permissions);
  status.uid = (told.owned & 1) != 0 ? kUserId : kNobody;
  status.gid = (told.owned & 2) != 0 ? kUserId : kNobody;
  status.size = static_cast<i64>(told.size);
  status.block_size = kPageSize;
  status.blocks = static_cast<i64>(told.blocks);
  status.accessed = checked_time(told.accessed);
  status.modified = checked_time(told.modified);
  status.changed = checked_time(told.changed);
  return status;
}

}  // namespace

Outcome<FileStatus> folder_open(u32 handle, const FolderPath& path, u32 flags, u32 mode) {
  put(path.path);
  TRY(name_outcome(call(HostCallNumber::folder_open, handle, path.folder, path.path.length, flags, mode)));
  auto status = status_in_data();
  if (status.ok() && (status->mode & file_mode::format) != file_mode::link) return *status;
  close(handle);
  return fail(Errno::acces);
}

Outcome<u64> file_read(u32 handle, Transfer& transfer, u64 offset) {
  const u64 length = at_most_data(transfer.remaining());
  const u64 count = TRY(count_or(abi::kReadErrors, call(HostCallNumber::file_read, handle, length, offset), length));
  TRY(transfer.to_program(data_address(), count));
  return count;
}

namespace {

Outcome<u64> write_at(u32 handle, Transfer& transfer, u64 offset) {
  const u64 length = at_most_data(transfer.remaining());
  Transfer copied = transfer;  // what the host did not take has not been moved
  TRY(copied.from_program(data_address(), length));
  const u64 count = TRY(count_or(abi::kWriteErrors, call(HostCallNumber::file_write, handle, length, offset), length));
  TRY(transfer.skip(count));
  return count;
}

}  // namespace

Outcome<u64> file_write(u32 handle, Transfer& transfer, u64 offset) { return write_at(handle, transfer, offset); }

Outcome<u64> file_append(u32 handle, Transfer& transfer, u64& end) {
  const u64 count = TRY(write_at(handle, transfer, kNoOffset));
  if (count == 0) return count;
  const u64 told = fetch<u64>(data_address());
  require(told >= count && told <= kLargest, AbortReason::bad_host_reply);
  end = told;
  return count;
}

Outcome<u64> file_read_blocks(u32 handle, u64 offset, std::span<u8* const> blocks) {
  constexpr u64 kBlock = 4096;
  const u64 length = at_most_data(blocks.size() * kBlock);
  const u64 count = TRY(count_or(abi::kReadErrors, call(HostCallNumber::file_read, handle, length, offset), length)) / kBlock;
  for (u64 i = 0; i < count; ++i) copy_in(blocks[i], data_address() + i * kBlock, kBlock);
  return count;
}

Outcome<u64> file_write_bytes(u32 handle, u64 offset, ByteView bytes) {
  const u64 length = at_most_data(bytes.size());
  copy_out(data_address(), bytes.data(), length);
  return count_or(abi::kWriteErrors, call(HostCallNumber::file_write, handle, length, offset), length);
}

Outcome<FileStatus> file_status(u32 handle) {
  TRY(nothing_or(abi::kReadErrors, call(HostCallNumber::file_status, handle)));
  return status_in_data();
}

Outcome<FileStatus> folder_status(const FolderPath& path, bool follow) {
  TRY(name_outcome(path_call(HostCallNumber::folder_status, path, follow ? 1 : 0)));
  return status_in_data();
}

Outcome<u64> file_find(u32 handle, u64 offset, bool data) {
  const u64 found = TRY(count_or(abi::kReadErrors, call(HostCallNumber::file_find, handle, offset, data ? 1 : 0), kLargest));
  require(found >= offset, AbortReason::bad_host_reply);
  return found;
}

Outcome<> file_resize(u32 handle, u64 size) {
  return nothing_or(abi::kWriteErrors, call(HostCallNumber::file_resize, handle, size));
}

Outcome<> file_sync(u32 handle, bool data_only) {
  return nothing_or(abi::kWriteErrors, call(HostCallNumber::file_sync, handle, data_only ? 1 : 0));
}

Outcome<> file_reserve(u32 handle, u32 mode, u64 offset, u64 length) {
  return nothing_or(abi::kWriteErrors, call(HostCallNumber::file_reserve, handle, mode, offset, length));
}

Outcome<u64> folder_list(u32 handle, bool restart, void* to) {
  const i64 reply = call(HostCallNumber::folder_list, handle, restart ? 1 : 0);
  const u64 count = TRY(count_or(abi::kReadErrors, reply, abi::kHostDataSize));
  copy_in(to, data_address(), count);
  return count;
}

Outcome<> folder_access(const FolderPath& path, u32 mode, bool follow) {
  return name_outcome(path_call(HostCallNumber::folder_access, path, mode, follow ? 1 : 0));
}

Outcome<> folder_make(const FolderPath& path, u32 mode) {
  return name_outcome(path_call(HostCallNumber::folder_make, path, mode));
}

Outcome<> folder_remove(const FolderPath& path, bool directory) {
  return name_outcome(path_call(HostCallNumber::folder_remove, path, directory ? 1 : 0));
}

Outcome<> folder_rename(const FolderPath& from, Text to, u32 flags) {
  put(from.path, to);
  return name_outcome(call(HostCallNumber::folder_rename, from.folder, from.path.length, to.length, flags));
}

Outcome<> folder_link(const FolderPath& from, Text to) {
  put(from.path, to);
  return name_outcome(call(HostCallNumber::folder_link, from.folder, from.path.length, to.length));
}

Outcome<> folder_make_link(const FolderPath& path, Text target) {
  put(path.path, target);
  return name_outcome(call(HostCallNumber::folder_make_link, path.folder, path.path.length, target.length));
}

Outcome<u64> folder_read_link(const FolderPath& path, char* to) {
  const i64 reply = path_call(HostCallNumber::folder_read_link, path);
  const u64 count = TRY(count_or(abi::kNameErrors, reply, abi::kLongestHostPath));
  copy_in(to, data_address(), count);
  bool is_text = count != 0;
  for (u64 i = 0; i < count; ++i) is_text = is_text && to[i] != 0;
  require(is_text, AbortReason::bad_host_reply);
  return count;
}

Outcome<> folder_set_mode(const FolderPath& path, u32 mode) {
  return name_outcome(path_call(HostCallNumber::folder_set_mode, path, mode));
}

Outcome<> folder_set_times(const FolderPath& path, const abi::NewFileTimes& times, bool follow) {
  copy_out(data_address(), &times, sizeof(times));
  put(path.path, sizeof(times));
  return name_outcome(call(HostCallNumber::folder_set_times, path.folder, path.path.length, follow ? 1 : 0));
}

Outcome<abi::FolderSpace> folder_space(u32 folder) {
  TRY(name_outcome(call(HostCallNumber::folder_space, folder)));
  const auto space = fetch<abi::FolderSpace>(data_address());
  require(space.block_size != 0 && space.block_size <= kLargest, AbortReason::bad_host_reply);
  return space;
}

}  // namespace sgxx::enclave::host
