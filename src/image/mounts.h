// SPDX-License-Identifier: Apache-2.0
//
// The manifest's [[mount]] tables, and what becomes of them: the tree of files that the runtime finds at its start.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/mount.h"
#include "base/error.h"

namespace sgxx::image {

/// One [[mount]].
struct Mount {
  enum class Type { tmpfs, measured, host, encrypted } type = Type::tmpfs;
  std::string path;        ///< inside: absolute, without ., .., double or trailing slashes
  std::string source;      ///< outside: a file or folder; empty: a tmpfs that starts empty
  u64 size = 0;            ///< bytes that a tmpfs may hold; 0: half of the heap. Of an encrypted volume: on disk; 0: 1 TiB
  bool read_only = false;  ///< nothing in a folder of the host's can be changed
  // Of an encrypted volume.
  abi::VolumeKey key = abi::VolumeKey::enclave;
  abi::VolumeFreshness freshness = abi::VolumeFreshness::none;
  std::string freshness_file;  ///< outside: of VolumeFreshness::file
  u64 cache = 0;               ///< bytes; 0: a quarter of the heap, at most 64 MiB
  bool create = true;          ///< made when it is absent
};

/// The folder of the host's or the encrypted volume that `path` lies in, below its root, or null.
const Mount* host_folder_above(std::span<const Mount> mounts, std::string_view path);

/// A file, a directory or a mount that the image describes: abi::MountRecord with its strings and bytes.
struct TreeItem {
  abi::MountKind kind;
  std::string path;
  std::string target = {};        ///< of a link; of a folder of the host's or a volume: where it lies outside
  u32 mode = 0;                   ///< permissions
  u64 size = 0;                   ///< of a tmpfs or a volume
  std::vector<u8> contents = {};  ///< of a file
  // Of a volume.
  abi::VolumeKey key = abi::VolumeKey::program;
  abi::VolumeFreshness freshness = abi::VolumeFreshness::none;
  std::string freshness_file = {};
  u64 cache = 0;
  bool create = false;
};

/// Reads what the mounts name outside, but for folders of the host's and volumes, which are only named. The same files give the
/// same items on any machine: sorted by name, with permissions that say only whether a file is executable. Symbolic links stay
/// links; devices, pipes and sockets are refused.
Result<std::vector<TreeItem>> read_tree(const std::vector<Mount>& mounts, const std::string& working_directory);

}  // namespace sgxx::image
