// SPDX-License-Identifier: Apache-2.0
//
// A volume that the command has opened, and how it lies in a folder.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/volume/wiped.h"
#include "volume/native/file_disk.h"
#include "volume/native/file_tree.h"
#include "volume/native/host.h"

namespace sgxx::cli {

/// The name of the one file that a volume is, in its folder.
inline constexpr const char* kVolumeFile = "volume";

/// Whose files are that the command makes: the program's, as it is called inside (docs/manifest.md).
inline constexpr u32 kProgramUser = 1000;

/// What a volume may be allowed to grow to, in bytes.
inline constexpr u64 kLeastVolume = u64{1} << 20, kMostVolume = u64{1} << 40;

/// The volume's file: in `folder`, or that itself.
std::string volume_file_of(const std::string& folder);

/// What an outcome of the engine is as a result of the command's.
template <class T>
Result<T> lifted(volume::Outcome<T> outcome, const std::string& context) {
  if (!outcome.ok()) return Failure{std::move(volume::to_error(outcome.error())).with_context(context)};
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(outcome).value();
  }
}

/// A file that says on standard error, when that is a terminal, how much was read and written: twice a second.
class WatchedDisk {
 public:
  explicit WatchedDisk(volume::FileDisk disk);
  ~WatchedDisk();
  WatchedDisk(WatchedDisk&& other) noexcept;
  WatchedDisk& operator=(WatchedDisk&&) = delete;

  volume::Outcome<> read(u64 first, std::span<u8* const> blocks);
  volume::Outcome<> write(u64 first, ByteView bytes);
  volume::Outcome<> sync() { return disk_.sync(); }
  volume::Outcome<u64> size() { return disk_.size(); }
  volume::Outcome<> resize(u64 blocks) { return disk_.resize(blocks); }

 private:
  void count(u64 blocks);
  volume::FileDisk disk_;
  bool shows_;
  bool shown_ = false;
  u64 blocks_ = 0;
  std::chrono::steady_clock::time_point last_;
};

struct OpenedVolume {
  using Host = volume::NativeHost<WatchedDisk>;
  std::unique_ptr<Host> host;
  std::unique_ptr<volume::Volume, volume::VolumeCloser> volume;
  std::unique_ptr<volume::FileTree> tree;
};

enum class Open : bool { to_read, to_write };
/// The error of the engine where it is the engine's, for `check`, which tells a damaged volume from one that cannot be looked at.
struct OpeningFailure {
  Error error;
  bool damaged;
};
Result<OpenedVolume, OpeningFailure> try_open_volume(const std::string& folder, const VolumeSecret& secret, Open how);
Result<OpenedVolume> open_volume(const std::string& folder, const std::string& key_file, Open how);

/// Makes an empty volume; the folder, too, when it is not there. 0: the most that there can be.
Result<volume::VolumeId> make_volume(const std::string& folder, const VolumeSecret& secret, u64 most_bytes);

/// What stands in the clear.
Result<volume::Header> read_volume_header(const std::string& folder);

}  // namespace sgxx::cli
