// SPDX-License-Identifier: Apache-2.0
//
// Whole files, read and written with errors that name the file. For the host only.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace sgxx {

/// All bytes of a file, device or pipe. An error of kind bad_input: "app: cannot read: No such file or directory".
Result<std::vector<u8>> read_file(const std::string& path);

/// Who may read a file that is written.
enum class FileMode : unsigned { secret = 0600, shared = 0644, executable = 0755 };

/// Writes a file whole or not at all: under a temporary name beside it, then renamed. What is there and is no regular file (a
/// device, a pipe) is written to directly.
Result<void> write_file(const std::string& path, ByteView bytes, FileMode mode = FileMode::shared);

inline ByteView bytes_of(const std::string& text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }
inline std::string text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace sgxx
