// SPDX-License-Identifier: Apache-2.0
//
// FileStatus: struct stat of Linux on x86-64.
#pragma once

#include <array>

#include "base/checked.h"

namespace sgxx::enclave {

namespace file_mode {
inline constexpr u32 format = 0170000, socket = 0140000, link = 0120000, regular = 0100000, block = 0060000, directory = 0040000,
                     character = 0020000, fifo = 0010000, permissions = 07777;
}

struct FileStatus {
  u64 device, inode, links;
  u32 mode, uid, gid, pad;
  u64 special_device;
  i64 size, block_size, blocks;  // bytes, bytes, units of 512 bytes
  struct Time {
    i64 seconds, nanoseconds;
  } accessed, modified, changed;
  std::array<i64, 3> reserved;
};
static_assert(sizeof(FileStatus) == 144);

/// Of a file that has no name: an event, an epoll.
inline FileStatus anonymous_status() {
  FileStatus status{};
  status.device = 14;
  status.inode = 1;
  status.links = 1;
  status.mode = 0600;
  status.block_size = 4096;
  return status;
}

}  // namespace sgxx::enclave
