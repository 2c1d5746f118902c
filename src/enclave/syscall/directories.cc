// SPDX-License-Identifier: Apache-2.0
//
// Reading directories, and the working directory.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/path_argument.h"
#include "enclave/syscall/table.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave::syscall {
namespace {

/// `inode` becomes the working directory.
Outcome<u64> change_to(Inode& inode) {
  constexpr u32 kSearch = 1;
  if (!inode.is_directory()) return fail(Errno::notdir);
  TRY(is_outside(inode) ? folder_access_to(inode, kSearch) : require_access(inode, kSearch));
  Guard guard(tree_lock);
  set_working_directory(inode);
  return u64{0};
}

}  // namespace

Outcome<u64> getdents64(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  return visit(*file, [&frame](auto& kind) { return kind.list(frame.rsi, static_cast<u32>(frame.rdx)); });
}

Outcome<u64> chdir(SyscallFrame& frame) { return change_to(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes))); }
Outcome<u64> fchdir(SyscallFrame& frame) { return change_to(*TRY(inode_behind(frame.rdi, Errno::notdir))); }

Outcome<u64> getcwd(SyscallFrame& frame) {
  const u64 page = TRY(take_runtime_pages(1));
  char* const begin = reinterpret_cast<char*>(page);
  char* const end = begin + kPageSize - 1;  // the page's last byte is the NUL
  std::optional<char*> path;
  {
    Guard guard(tree_lock);
    path = path_of(working_directory(), begin, end);
  }
  Outcome<u64> outcome = fail(Errno::noent);
  if (path) {
    const u64 length = static_cast<u64>(end + 1 - *path);
    outcome = fail(Errno::range);
    if (length <= frame.rsi) {
      const auto written = write_program(frame.rdi, *path, length);
      outcome = written.ok() ? Outcome<u64>(length) : fail(written.error());
    }
  }
  give_runtime_pages(page, 1);
  return outcome;
}

// Outside of volumes everything is as safe as it will ever be. It has no errors.
Outcome<u64> sync(SyscallFrame&) {
  (void)commit_all_volumes();
  return u64{0};
}

Outcome<u64> umask(SyscallFrame& frame) { return u64{exchange_file_mask(static_cast<u32>(frame.rdi) & 0777)}; }

}  // namespace sgxx::enclave::syscall
