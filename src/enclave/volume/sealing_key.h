// SPDX-License-Identifier: Apache-2.0
//
// Keys of volumes that the processor derives for an enclave or its signer (EGETKEY). What a slot of the volume asks for comes
// from the disk: a request that the processor refuses, or for another key, opens nothing.
#pragma once

#include "isa/sgx.h"
#include "volume/volume.h"

namespace sgxx::enclave {

/// The request for a new key: of this enclave or its signer, from its security version and that of the processor on.
volume::SealingFields new_sealing_fields(volume::SlotKind kind);
/// False when the processor refuses.
bool sealing_key(volume::SlotKind kind, const volume::SealingFields& fields, isa::Key128& key);

/// A KeySource: what this enclave may open.
class SealingKeys {
 public:
  u64 secret(const volume::KeySlot& slot, ByteSpan out) const;
};

}  // namespace sgxx::enclave
