// SPDX-License-Identifier: Apache-2.0
//
// The folders of this machine that an image's manifest mounts, in the order of its records. Each is a directory's descriptor:
// what the enclave asks for is looked up beneath it and never leads out of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace sgxx::host {

struct Folder {
  std::string path;    ///< inside
  std::string source;  ///< outside
  bool read_only = false;
  bool holds_volume = false;
  int descriptor = -1;
};

/// What the mount records of an image's configuration say about folders of the host's, those of volumes among them.
std::vector<Folder> folders_in(ByteView records);

/// Opens them. `elsewhere`: other sources, by the path inside; each must be the path of a folder.
Result<void> open_folders(std::vector<Folder>& folders, const std::map<std::string, std::string>& elsewhere);

}  // namespace sgxx::host
