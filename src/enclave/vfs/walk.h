// SPDX-License-Identifier: Apache-2.0
//
// From a path to a file: ., .., symbolic links, mounts, trailing slashes. A walk is done under the tree lock, which its caller
// takes first and holds for as long as it uses what the walk found.
#pragma once

#include "enclave/vfs/mount.h"

namespace sgxx::enclave {

/// A path that was copied out of the program's memory, with a NUL behind it.
class ProgramPath {
 public:
  static constexpr u64 kLongest = 4095;  // PATH_MAX without the NUL
  /// EFAULT, ENAMETOOLONG.
  static Outcome<ProgramPath> load(u64 address);
  /// At most kLongest.
  static Outcome<ProgramPath> copy(Text text);
  ProgramPath(ProgramPath&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  ProgramPath& operator=(ProgramPath&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~ProgramPath();
  Text text() const { return text_; }
  bool is_empty() const { return text_.length == 0; }

 private:
  explicit ProgramPath(Text text) : text_(text) {}
  Text text_;
};

enum class Follow : bool { no, yes };            // a symbolic link as the last component
enum class Outside : bool { refused, allowed };  // beneath a folder of the host's; EXDEV where it is refused

class Walk {
 public:
  Walk() = default;
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;
  ~Walk();

  /// Goes from `start` (or the root). An absent last component is no error: then `inode` is nullptr. ENOENT, ENOTDIR, ELOOP,
  /// EACCES, ENAMETOOLONG.
  Outcome<> go(Inode& start, Text path, Follow follow, Outside outside = Outside::refused);

  // What it found.
  Inode* directory = nullptr;  // that the last component lies in; nullptr when it is /, . or ..
  Text name;                   // the last component
  Entry* entry = nullptr;      // nullptr: absent
  Inode* inode = nullptr;      // nullptr: absent; mounts are passed
  bool slash = false;          // a slash follows: only a directory will do
  static constexpr u64 kNoDescriptor = ~u64{0};
  // The walk entered a folder of the host's here, and rest() is left of the path; only of who goes with Outside::allowed.
  Inode* outside = nullptr;
  Text rest() const { return rest_; }
  u64 descriptor = kNoDescriptor;  // a link of /proc/self/fd that was followed to an open file that lies in no directory

  /// The file that it found; ENOENT.
  Outcome<Inode*> existing() const;
  /// The directory where a name may be made: EEXIST when it is there, EROFS, EACCES, and ENOENT when only a directory may be
  /// called so (a trailing slash) and none is wanted.
  enum class Makes : u8 { directory, other };
  Outcome<Inode*> vacant(Makes makes) const;

 private:
  Outcome<> replace(Text target, Text rest);
  Outcome<bool> step(Inode*& at, Follow follow);
  Inode* look_up(Inode& at, Text component);
  Outcome<Text> target_of(const Inode& link);
  Outcome<> follow_descriptor(const Inode& link);

  Text rest_;
  char* buffer_ = nullptr;  // that rest_ lies in after a symbolic link
  u64 buffer_length_ = 0;
  u32 followed_ = 0;
  InodeReference made_;  // what the tree itself does not hold: links of /proc/self/fd and what they lead to
  u64 page_ = 0;         // for the target of a link that is made up when it is read
};

/// A program's user may change the names in `directory`: EROFS, EACCES.
Outcome<> require_changeable(const Inode& directory);
/// ... and take away this one: EPERM where only owners may (the sticky bit).
Outcome<> require_removable(const Inode& directory, const Inode& inode);

/// The working directory; the tree lock is held.
Inode& working_directory();
void set_working_directory(Inode& directory);

/// The path of `inode` into `to`, the last byte of which is at `end`: written backwards; the first byte's address. Nothing when
/// it has no name any more or does not fit. The tree lock is held.
std::optional<char*> path_of(Inode& inode, char* begin, char* end);

}  // namespace sgxx::enclave
