// SPDX-License-Identifier: Apache-2.0
//
// FolderPlace: where a path leads that enters a folder of the host's. Only names without . and .. go to the host: they are
// resolved here, so that a path that leaves the folder by .. goes on in the enclave's own tree. Symbolic links are the host's to
// follow, and never lead out of the folder.
#pragma once

#include "enclave/folder/calls.h"
#include "enclave/vfs/mount.h"

namespace sgxx::enclave {

/// A page of the runtime's memory for a path.
class PathPage {
 public:
  static Outcome<PathPage> make();
  PathPage(PathPage&& other) noexcept : address_(std::exchange(other.address_, 0)) {}
  PathPage& operator=(PathPage&& other) noexcept {
    std::swap(address_, other.address_);
    return *this;
  }
  ~PathPage();
  char* text() const { return reinterpret_cast<char*>(address_); }

 private:
  explicit PathPage(u64 address) : address_(address) {}
  u64 address_;
};

class FolderPlace {
 public:
  /// `base`, a directory in a folder of the host's, and from there `rest`, which may be empty. ENOENT, ENOMEM.
  static Outcome<FolderPlace> begin(Inode& base, Text rest);

  /// Resolves . and ..: false when the path left the folder; `rest` is then the way from the directory above. ENOENT, ENOTDIR,
  /// ENAMETOOLONG, and EXDEV for .. behind a symbolic link.
  Outcome<bool> resolve();

  Mount& mount() const { return *mount_; }
  /// Without a slash at its end.
  Text path() const { return {path_.text(), length_}; }
  /// As the host gets it: with the slash that says that only a directory will do.
  host::FolderPath for_host() const { return {mount_->folder, {path_.text(), length_ + (slash && length_ != 0 ? 1 : 0)}}; }
  Text rest() const { return without_slashes({rest_.text() + at_, rest_length_ - at_}); }

  enum class Last : u8 { name, dot, dots } last = Last::name;  // what the path ended with
  bool slash = false;

 private:
  FolderPlace(Mount& mount, PathPage path, PathPage rest) : mount_(&mount), path_(std::move(path)), rest_(std::move(rest)) {}
  Outcome<> append(Text name);
  Outcome<> go_up();
  Mount* mount_;
  PathPage path_;
  u64 length_ = 0;
  PathPage rest_;
  u64 rest_length_ = 0, at_ = 0;
};

}  // namespace sgxx::enclave
