// SPDX-License-Identifier: Apache-2.0
//
// The program calls on encrypted volumes (abi/volume.h), and what a test may put in their place.
#pragma once

#include <string>
#include <vector>

#include "abi/volume.h"
#include "sgxx/volume.h"

namespace sgxx::sdk {

/// Each returns 0 or an errno.
class VolumeCalls {
 public:
  virtual ~VolumeCalls() = default;
  virtual int open(const std::string& path, abi::VolumeOpening& opening) = 0;
  virtual int wait(const std::string& path, abi::VolumeAdvance& advance) = 0;
  virtual int anchored(const std::string& path, const abi::VolumeAnchor& anchor, int error) = 0;
  virtual int rewrap(const std::string& path, const abi::VolumeRewrap& rewrap) = 0;
  virtual int info(const std::string& path, abi::VolumeInfo& info) = 0;
};

/// The runtime.
VolumeCalls& runtime_volume_calls();

/// The anchors of one volume, one after the other.
class Anchoring {
 public:
  using OnFailure = std::function<void(const SdkError&)>;
  Anchoring(VolumeCalls& calls, std::string path, const VolumeId& id, std::shared_ptr<Freshness> freshness, OnFailure on_failure)
      : calls_(calls), path_(std::move(path)), id_(id), freshness_(std::move(freshness)), on_failure_(std::move(on_failure)) {}

  /// Waits for a state that is to be anchored, and has it anchored or says why not. False when there will be none any more.
  bool step();
  /// Somebody else has gone on with the volume.
  bool is_lost() const { return lost_; }

 private:
  int carry_out(const abi::VolumeAdvance& advance);
  std::optional<SdkError> try_to_advance(const std::optional<Anchor>& from, const Anchor& to);
  void advance_to(const std::optional<Anchor>& from, const Anchor& to);

  VolumeCalls& calls_;
  std::string path_;
  VolumeId id_;
  std::shared_ptr<Freshness> freshness_;
  OnFailure on_failure_;
  std::vector<Anchor> unanswered_;  // since the last one that was acknowledged
  bool lost_ = false;
};

/// What came of opening a volume.
struct OpenedVolume {
  VolumeId id{};
  bool created = false;
  /// Of a volume whose fsync waits for somebody who calls step() again and again.
  std::unique_ptr<Anchoring> anchoring;
};
/// `key`: nullptr for a sealed one. A state that is ahead of what the service knows, or that was made just now, has been anchored
/// when this returns, or on_failure was told. Throws as Volume::open.
OpenedVolume open_volume(VolumeCalls& calls, const std::string& path, const VolumeKey* key, std::shared_ptr<Freshness> freshness,
                         bool create, Anchoring::OnFailure on_failure = {});

VolumeInfo volume_info(VolumeCalls& calls, const std::string& path);

/// Throws what a call on the volume at `path` failed of.
[[noreturn]] void throw_volume_error(int error, const std::string& path);

}  // namespace sgxx::sdk
