// SPDX-License-Identifier: Apache-2.0
//
// The program calls on encrypted volumes (abi/volume.h), and what a test may put in their place.
#pragma once

#include <string>

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

/// What came of opening a volume.
struct OpenedVolume {
  VolumeId id{};
  bool created = false;
  bool wants_anchors = false;  ///< its fsync waits for somebody who runs keep_anchored()
};
/// `key`: nullptr for a sealed one. Throws as Volume::open.
OpenedVolume open_volume(VolumeCalls& calls, const std::string& path, const VolumeKey* key, Freshness* freshness, bool create);

/// Anchors what the runtime hands out, until it says that there is nothing to anchor any more.
void keep_anchored(VolumeCalls& calls, const std::string& path, const VolumeId& id, Freshness& freshness,
                   const std::function<void(const SdkError&)>& on_failure);

VolumeInfo volume_info(VolumeCalls& calls, const std::string& path);

/// Throws what a call on the volume at `path` failed of.
[[noreturn]] void throw_volume_error(int error, const std::string& path);

}  // namespace sgxx::sdk
