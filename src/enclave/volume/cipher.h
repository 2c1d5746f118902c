// SPDX-License-Identifier: Apache-2.0
//
// Cipher: what the engine of volumes calls Crypto, of gcm.h and RDRAND. One for all volumes.
#pragma once

#include "volume/environment.h"

namespace sgxx::enclave {

class Cipher {
 public:
  volume::Outcome<> random(ByteSpan bytes);
  volume::Outcome<> derive(ByteView secret, ByteView salt, ByteView info, ByteSpan out);
  volume::Outcome<> seal(std::span<const volume::CipherJob> jobs);
  volume::Outcome<u64> open(std::span<const volume::CipherJob> jobs);
};

}  // namespace sgxx::enclave
