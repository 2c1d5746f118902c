// SPDX-License-Identifier: Apache-2.0
//
// AnchorFile: a file of the host's that remembers the newest state of a volume. For development: the host can put an old one in
// its place.
#pragma once

#include <optional>

#include "enclave/folder/calls.h"
#include "volume/format.h"

namespace sgxx::enclave {

class AnchorFile {
 public:
  AnchorFile() = default;
  AnchorFile(u32 folder, Text name) : folder_(folder), name_(name) {}

  struct Known {
    volume::VolumeId id{};
    volume::Anchor anchor;
  };
  /// What the file says; nothing when there is none. EBADMSG when it is no such file.
  Outcome<std::optional<Known>> read() const;
  /// Replaces it, in one step.
  Outcome<> write(const Known& known) const;

 private:
  Outcome<> write_new(Text name, const Known& known) const;
  u32 folder_ = 0;
  Text name_;
};

}  // namespace sgxx::enclave
