// SPDX-License-Identifier: Apache-2.0
//
// Encrypted volumes from the program's side (docs/volumes.md): bringing the key of a volume that waits for one (manifest: `key =
// "program"`), and telling somebody who remembers which state is the newest (`freshness = "program"`). Until a volume is opened
// here all its files are ENOKEY; from then on it is a folder like any other, and fsync returns when what was written is on disk
// and anchored.
#pragma once

#include <sgxx/freshness.h>
#include <sgxx/secret.h>

#include <functional>
#include <memory>

namespace sgxx {

/// What opens a volume: 32 bytes, as random as a key. `sgxx volume keygen` makes one.
using VolumeKey = Secret<std::array<std::uint8_t, 32>>;

/// Whose key a volume can be wrapped for without a key that somebody keeps.
enum class SealedTo : std::uint8_t {
  enclave,  ///< this build alone
  signer,   ///< this signer's product, from this version on
};

struct VolumeInfo {
  enum class State : std::uint8_t {
    absent,  ///< the folder holds none
    locked,  ///< it waits for Volume::open
    open,
  };
  State state = State::absent;
  VolumeId id{};                    ///< of a volume that is not open: what the host says
  std::optional<Anchor> published;  ///< the newest state on disk
  std::optional<Anchor> anchored;   ///< the newest that is acknowledged
  std::uint64_t size = 0;           ///< bytes that the volume may have
  std::uint64_t used = 0;           ///< bytes that it has
  std::uint64_t files = 0;          ///< with directories and links
};

/// An open volume. It stays open as long as the program runs, whatever becomes of this object.
class Volume {
 public:
  struct Options {
    /// Where there is none, an empty one is made, if the manifest allows it.
    bool create = true;
    /// Told of every anchor that failed, on a thread of the volume's: fsync says only that it did (EIO; after a conflict ESTALE,
    /// from then on always).
    std::function<void(const SdkError&)> on_failure = {};
  };

  /// Opens the volume that is mounted at `path`, in the state that `freshness` knows, or one after it that was not acknowledged.
  /// Where the manifest does not say `freshness = "program"` nobody is asked. Throws
  ///   `rolled_back`   not that state; or the service knows none, and had one: it has lost it, or is another
  ///   `wrong_key`     another key opens it
  ///   `not_authentic` damaged
  ///   `storage`       there is none and none is to be made; it is in use; the host refuses
  ///   `bad_argument`  no volume is mounted there, or it is open already
  /// and what `freshness` throws.
  static Volume open(const std::string& path, const VolumeKey& key, std::shared_ptr<Freshness> freshness, Options options);
  static Volume open(const std::string& path, const VolumeKey& key, std::shared_ptr<Freshness> freshness) {
    return open(path, key, std::move(freshness), Options{});
  }
  /// The same for a volume whose key is sealed (manifest: `key = "enclave"` or "signer") and whose freshness is the program's.
  static Volume open(const std::string& path, std::shared_ptr<Freshness> freshness, Options options);
  static Volume open(const std::string& path, std::shared_ptr<Freshness> freshness) {
    return open(path, std::move(freshness), Options{});
  }

  const std::string& path() const { return path_; }
  const VolumeId& id() const { return id_; }
  /// It was made just now.
  bool created() const { return created_; }
  VolumeInfo info() const { return info_of(path_); }

  /// From now on another key opens it, and the one before does not: nothing is encrypted anew. When this returns, it is on disk.
  /// Whoever has an old copy of the disk and the old key can still read that copy. Throws `storage`.
  void rewrap(const VolumeKey& key);
  void rewrap(SealedTo whom);

  /// Of any volume, open or not. Throws `bad_argument` when none is mounted there.
  static VolumeInfo info_of(const std::string& path);

 private:
  Volume(std::string path, const VolumeId& id, bool created) : path_(std::move(path)), id_(id), created_(created) {}
  std::string path_;
  VolumeId id_;
  bool created_;
};

}  // namespace sgxx
