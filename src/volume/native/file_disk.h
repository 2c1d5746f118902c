// SPDX-License-Identifier: Apache-2.0
//
// FileDisk: a disk in one file, locked for as long as it is open: whoever opens it too is refused, in this process and others
// (flock; an enclave's host does the same).
#pragma once

#include <string>

#include "volume/environment.h"

namespace sgxx::volume {

class FileDisk {
 public:
  /// `read_only` shares its lock with others that read only. `create` makes the file, which must not be there.
  enum class Access : u8 { read_only, read_write, create };
  /// Fault::io with the errno: EWOULDBLOCK when it is in use.
  static Outcome<FileDisk> open(const std::string& path, Access access);

  FileDisk(FileDisk&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDisk& operator=(FileDisk&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDisk();

  Outcome<> read(u64 first, std::span<u8* const> blocks);
  Outcome<> write(u64 first, ByteView bytes);
  Outcome<> sync();
  Outcome<u64> size();
  /// Takes the space from the file system, where that can be done: a write does not run out of it.
  Outcome<> resize(u64 blocks);

 private:
  explicit FileDisk(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace sgxx::volume
