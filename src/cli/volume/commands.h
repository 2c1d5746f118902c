// SPDX-License-Identifier: Apache-2.0
//
// The sub-commands of `sgxx volume`, each with what it was told on the command line. None prints an error itself.
#pragma once

#include <string>

#include "base/error.h"

namespace sgxx::cli {

struct VolumeCommandOptions {
  std::string folder, path;  ///< of the volume; in it
  std::string from, to;      ///< cp
  std::string key_file, new_key_file;
  std::string size;  ///< create
  bool json = false, recursive = false, hexadecimal = false;
};

Result<int> volume_keygen(const VolumeCommandOptions& options);
Result<int> volume_create(const VolumeCommandOptions& options);
Result<int> volume_info(const VolumeCommandOptions& options);
Result<int> volume_check(const VolumeCommandOptions& options);
Result<int> volume_ls(const VolumeCommandOptions& options);
Result<int> volume_cp(const VolumeCommandOptions& options);
Result<int> volume_rewrap(const VolumeCommandOptions& options);

}  // namespace sgxx::cli
