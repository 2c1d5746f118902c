// SPDX-License-Identifier: Apache-2.0
//
// Locks on files. POSIX record locks belong to the process, and there is only one: they are checked and always granted. Locks of
// open files (F_OFD_SETLK, flock) belong to an open file and exclude each other: one list holds them all, because there are few.
#pragma once

#include "enclave/vfs/node_file.h"

namespace sgxx::enclave {

/// `locked`: what the lock is on, an inode or, of a file without a name, the open file itself.
/// F_GETLK, F_SETLK, F_SETLKW and their OFD kin; EINVAL for any other operation of fcntl.
Outcome<u64> control_locks(OpenFile& file, const void* locked, u32 operation, u64 argument);
/// flock(2). EINVAL, EWOULDBLOCK, restart.
Outcome<u64> lock_file(OpenFile& file, const void* locked, u32 operation);
/// All locks of `file` go; it is being closed.
void drop_locks(OpenFile& file);

}  // namespace sgxx::enclave
