// SPDX-License-Identifier: Apache-2.0
//
// Paths. Without a mount the program sees an empty read-only root: everything is absent (ENOENT), nothing can be made (EROFS).
// No path ever reaches the host.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kMostPath = 4096;
constexpr u32 kModeDirectory = 0040555;
constexpr u64 kEmptyPath = 0x1000;  // AT_EMPTY_PATH
constexpr u64 kCreate = 0100, kAccessMode = 3;

enum class Named { root, absent };

Outcome<Named> look_up(u64 path) {
  const u64 length = TRY(string_length(path, kMostPath));
  if (length == 0) return fail(Errno::noent);
  // Only dots and slashes lead nowhere but to the root.
  for (u64 i = 0; i < length; ++i) {
    const char c = TRY(load<char>(path + i));
    if (c != '/' && c != '.') return Named::absent;
  }
  return Named::root;
}

FileStatus root_status() {
  FileStatus status{};
  status.inode = 1;
  status.links = 2;
  status.mode = kModeDirectory;
  status.block_size = kPageSize;
  return status;
}

Outcome<u64> stat_path(u64 path, u64 to) {
  const Named named = TRY(look_up(path));
  if (named != Named::root) return fail(Errno::noent);
  TRY(store(to, root_status()));
  return u64{0};
}

Outcome<u64> open_path(u64 path, u64 flags) {
  const Named named = TRY(look_up(path));
  if (named == Named::root) return fail((flags & kAccessMode) != 0 ? Errno::rofs : Errno::acces);
  return fail((flags & kCreate) != 0 ? Errno::rofs : Errno::noent);
}

Outcome<u64> refuse(u64 path, Errno absent, Errno root) {
  const Named named = TRY(look_up(path));
  return fail(named == Named::absent ? absent : root);
}

bool is_empty_path(u64 path) {
  const auto first = load<char>(path);
  return first.ok() && *first == 0;
}

}  // namespace

Outcome<u64> open(SyscallFrame& frame) { return open_path(frame.rdi, frame.rsi); }
Outcome<u64> openat(SyscallFrame& frame) { return open_path(frame.rsi, frame.rdx); }
Outcome<u64> stat(SyscallFrame& frame) { return stat_path(frame.rdi, frame.rsi); }

Outcome<u64> newfstatat(SyscallFrame& frame) {
  if ((frame.r10 & kEmptyPath) != 0 && is_empty_path(frame.rsi)) {
    const FileReference file = TRY(file_of(frame.rdi));
    const FileStatus status = TRY(visit(*file, [](auto& kind) { return kind.status(); }));
    TRY(store(frame.rdx, status));
    return u64{0};
  }
  return stat_path(frame.rsi, frame.rdx);
}

// The C library falls back to newfstatat.
Outcome<u64> statx(SyscallFrame&) { return fail(Errno::nosys); }

Outcome<u64> path_only(SyscallFrame& frame) { return refuse(frame.rdi, Errno::noent, Errno::rofs); }
Outcome<u64> path_at(SyscallFrame& frame) { return refuse(frame.rsi, Errno::noent, Errno::rofs); }
Outcome<u64> path_create(SyscallFrame& frame) { return refuse(frame.rdi, Errno::rofs, Errno::exist); }
Outcome<u64> path_create2(SyscallFrame& frame) { return refuse(frame.rsi, Errno::rofs, Errno::exist); }
Outcome<u64> path_create3(SyscallFrame& frame) { return refuse(frame.rdx, Errno::rofs, Errno::exist); }
Outcome<u64> readlink(SyscallFrame& frame) { return refuse(frame.rdi, Errno::noent, Errno::inval); }

Outcome<u64> getcwd(SyscallFrame& frame) {
  if (frame.rsi < 2) return fail(Errno::range);
  const std::array<char, 2> root{'/', 0};
  TRY(store(frame.rdi, root));
  return u64{2};
}

}  // namespace sgxx::enclave::syscall
