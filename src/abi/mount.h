// SPDX-License-Identifier: Apache-2.0
//
// What the packer tells the runtime about files: a list of records in the measured blob, parents first. Each is followed by its
// path, its target and its freshness file, where it has them, without NUL, padded to a multiple of 8 bytes.
//
// Folders of the host's are numbered in host calls in the order in which records need them: a `host` one; an `encrypted` one, and
// behind it, where there is a freshness file, the folder that this file lies in.
#pragma once

#include "abi/volume.h"

namespace sgxx::abi {

enum class MountKind : u32 {
  memory = 1,    // an empty tmpfs of `size` bytes (0: half of the heap) at the path
  measured = 2,  // a read-only mount at the path; what is in it follows
  file = 3,      // with the contents at `data`
  directory = 4,
  link = 5,               // symbolic, to the target
  working_directory = 6,  // the path is where the program starts
  host = 7,               // a folder of the host's, which lies at the target outside; read-only when `mode` has no w
  encrypted = 8,          // a volume in a folder of the host's, which lies at the target outside
};

/// The file that holds a volume, in its folder.
inline constexpr char kVolumeFile[] = "volume";

namespace mount_flag {
inline constexpr u32 create = 1u << 0;  // an encrypted volume that is absent is made
}  // namespace mount_flag

struct MountRecord {
  u32 kind;            // MountKind
  u32 mode;            // permissions
  u64 size;            // bytes; of an encrypted volume: that it may take on disk
  u64 data;            // offset in the blob of a file's contents
  u64 data_length;     // bytes
  u32 path_length;     // bytes, at least 1; the path is absolute and has no . or .. in it
  u32 target_length;   // bytes
  u64 strings_length;  // bytes that follow, padding included
  // Of an encrypted volume.
  u64 cache;                  // bytes of the heap for pages of its files; 0: a quarter of the heap, at most 64 MiB
  u32 key;                    // VolumeKey
  u32 freshness;              // VolumeFreshness
  u32 freshness_file_length;  // bytes
  u32 flags;                  // mount_flag
};
static_assert(Crossable<MountRecord> && sizeof(MountRecord) == 72);

}  // namespace sgxx::abi
