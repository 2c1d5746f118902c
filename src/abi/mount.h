// SPDX-License-Identifier: Apache-2.0
//
// What the packer tells the runtime about files: a list of records in the measured blob, parents first. Each is followed by its
// path and, where it has one, its target, without NUL, padded to a multiple of 8 bytes.
#pragma once

#include "base/bytes.h"

namespace sgxx::abi {

enum class MountKind : u32 {
  memory = 1,    // an empty tmpfs of `size` bytes (0: half of the heap) at the path
  measured = 2,  // a read-only mount at the path; what is in it follows
  file = 3,      // with the contents at `data`
  directory = 4,
  link = 5,               // symbolic, to the target
  working_directory = 6,  // the path is where the program starts
  host = 7,               // a folder of the host's, which lies at the target outside; read-only when `mode` has no w
};

struct MountRecord {
  u32 kind;            // MountKind
  u32 mode;            // permissions
  u64 size;            // bytes
  u64 data;            // offset in the blob of a file's contents
  u64 data_length;     // bytes
  u32 path_length;     // bytes, at least 1; the path is absolute and has no . or .. in it
  u32 target_length;   // bytes
  u64 strings_length;  // bytes that follow, padding included
};
static_assert(Crossable<MountRecord> && sizeof(MountRecord) == 48);

}  // namespace sgxx::abi
