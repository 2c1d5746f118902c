// SPDX-License-Identifier: Apache-2.0
//
// The superblock: one state of the volume, encrypted under a key of its own.
#pragma once

#include <optional>

#include "volume/environment.h"

namespace sgxx::volume {

Outcome<> seal_superblock(const Crypto& crypto, Superblock& superblock, u32 slot, const VolumeId& id, const VolumeKey& key,
                          const State& state);

/// Nothing when it is none, torn, or not this volume's. Decrypts in place.
Outcome<std::optional<State>> open_superblock(const Crypto& crypto, Superblock& superblock, u32 slot, const VolumeId& id,
                                              const VolumeKey& key);

/// Whether a state may be opened by who knows from a freshness service that `expected` is the newest: it is that state, or was
/// written after it when it was the last that was anchored. A state that descends from another one that was anchored since, or
/// from none, is refused: this is what stops a host that forks a volume.
bool is_acceptable(const State& state, const std::optional<Anchor>& expected);

}  // namespace sgxx::volume
