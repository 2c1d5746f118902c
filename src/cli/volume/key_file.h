// SPDX-License-Identifier: Apache-2.0
//
// Files that hold the key of a volume: 32 bytes as they are, or as 64 hexadecimal digits, perhaps with a line break behind.
#pragma once

#include <string>

#include "base/error.h"
#include "cli/volume/wiped.h"

namespace sgxx::cli {

Result<VolumeSecret> read_key_file(const std::string& path);

enum class KeyForm : bool { bytes, hexadecimal };
/// A new one, mode 0600.
Result<void> make_key_file(const std::string& path, KeyForm form);

}  // namespace sgxx::cli
