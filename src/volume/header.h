// SPDX-License-Identifier: Apache-2.0
//
// The header: the volume's key, wrapped for each who may open the volume. Two copies; the one of the higher generation counts. It
// is replaced by writing the older copy, then, when that is on disk, the other one: a crash between leaves both.
#pragma once

#include <span>

#include "volume/key_source.h"

namespace sgxx::volume {

/// A new header for `key`, with all of `slots`; Fault::too_large when there are more than kKeySlots, or a secret is too short or
/// too long.
Outcome<> make_header(const Crypto& crypto, Header& header, const VolumeId& id, u64 generation, const VolumeKey& key,
                      std::span<const KeySlotRequest> slots);

/// The volume's key. Fault::wrong_key when no slot opens; Fault::integrity when one does and the header is not what was written.
Outcome<> open_header(const Crypto& crypto, Header& header, const KeySource& keys, VolumeKey& key);

}  // namespace sgxx::volume
