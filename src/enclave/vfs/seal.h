// SPDX-License-Identifier: Apache-2.0
//
// Seals of memory files (memfd_create with MFD_ALLOW_SEALING): what may never be done to the file again.
#pragma once

#include "enclave/vfs/node_file.h"

namespace sgxx::enclave {

/// F_SEAL_*.
namespace seal {
inline constexpr u64 seal = 1, shrink = 2, grow = 4, write = 8, future_write = 0x10;
}

/// EPERM when a seal forbids a write that ends at `end`, or this size. The inode's lock is held.
Outcome<> require_unsealed_write(const Inode& inode, u64 end);
Outcome<> require_unsealed_resize(const Inode& inode, u64 size);
/// F_ADD_SEALS and F_GET_SEALS; ENOSYS for any other operation of fcntl.
Outcome<u64> control_seals(MemoryFile& file, u32 operation, u64 argument);

}  // namespace sgxx::enclave
