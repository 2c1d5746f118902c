// SPDX-License-Identifier: Apache-2.0
//
// Who remembers which state of a volume is the newest. A volume on the host's disk cannot know: an old copy of all of it is as
// genuine as it was then. So each state that a program relies on is anchored: its generation and id go to somebody who keeps
// them and gives them back when the volume is opened again. docs/freshness.md says who that may be and what each is worth.
#pragma once

#include <sgxx/bytes.h>
#include <sgxx/error.h>

#include <string>

namespace sgxx {

using VolumeId = Id<struct VolumeIdMeaning, 16>;  ///< random, made with the volume
using StateId = Id<struct StateIdMeaning, 16>;    ///< random, made with each commit

/// One state of a volume. Two states of the same generation are two histories, and have different ids.
struct Anchor {
  std::uint64_t generation = 0;  ///< from 1, higher with each commit
  StateId state{};
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// Thrown by advance() when the volume was anchored elsewhere meanwhile; its code is `conflict`.
class FreshnessConflict : public SdkError {
 public:
  FreshnessConflict(const std::optional<Anchor>& current, const std::string& message)
      : SdkError(ErrorCode::conflict, message), current_(current) {}
  /// What the service holds. Nothing: no anchor at all.
  const std::optional<Anchor>& current() const noexcept { return current_; }

 private:
  std::optional<Anchor> current_;
};

/// A service that remembers. Any number of threads may call it.
class Freshness {
 public:
  virtual ~Freshness() = default;

  /// The newest anchor. Nothing: this volume was never anchored. Throws `unavailable` when there is no answer in time,
  /// `rolled_back` when the service has lost what it knew.
  virtual std::optional<Anchor> current(const VolumeId& volume) = 0;

  /// From `from`, the anchor that the caller knows, to `to`, of a higher generation. Returns when that is kept and can no longer
  /// be taken back; also when it was so already. Throws FreshnessConflict when the anchor is neither; `unavailable` when there is
  /// no answer in time: then nobody knows whether it happened, and asking again is right.
  virtual void advance(const VolumeId& volume, const std::optional<Anchor>& from, const Anchor& to) = 0;
};

/// Remembers nothing: the volume is whole and of one time, and that may be any time that it has been through.
class NoFreshness final : public Freshness {
 public:
  std::optional<Anchor> current(const VolumeId&) override { return std::nullopt; }
  void advance(const VolumeId&, const std::optional<Anchor>&, const Anchor&) override {}
};

/// A file that holds the anchors: for development and tests. Whoever can roll the volume back can do so with the file, unless it
/// lies where they cannot write. A file that is damaged is `malformed`.
class FileFreshness final : public Freshness {
 public:
  /// The file need not exist; its folder must.
  explicit FileFreshness(std::string path) : path_(std::move(path)) {}
  std::optional<Anchor> current(const VolumeId& volume) override;
  void advance(const VolumeId& volume, const std::optional<Anchor>& from, const Anchor& to) override;

 private:
  std::string path_;
};

}  // namespace sgxx
