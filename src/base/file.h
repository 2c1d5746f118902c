// SPDX-License-Identifier: Apache-2.0
//
// Whole files, read and written with errors that name the file. For the host only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace sgxx {

/// All bytes of a file, device or pipe. An error of kind bad_input: "app: cannot read: No such file or directory".
Result<std::vector<u8>> read_file(const std::string& path);

/// The bytes of a file, mapped for reading: nothing is copied. Unmapped at the end of its life; moving keeps the bytes in place.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();
  ByteView bytes() const { return bytes_; }

 private:
  friend Result<MappedFile> map_file(const std::string& path);
  ByteView bytes_;
};

/// Maps a regular file. Whoever shortens it meanwhile makes reading it raise SIGBUS.
Result<MappedFile> map_file(const std::string& path);

/// True when `path` names a regular file, which map_file can map.
bool is_regular_file(const std::string& path);

/// Who may read a file that is written.
enum class FileMode : unsigned { secret = 0600, shared = 0644, executable = 0755 };

/// Writes a file whole or not at all: under a temporary name beside it, then renamed. What is there and is no regular file (a
/// device, a pipe) is written to directly.
Result<void> write_file(const std::string& path, ByteView bytes, FileMode mode = FileMode::shared);

inline ByteView bytes_of(const std::string& text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }
inline std::string text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace sgxx
