// SPDX-License-Identifier: Apache-2.0
//
// From an SGX stream to an initialised enclave in a device.
#pragma once

#include <vector>

#include "abi/config.h"
#include "device/device.h"
#include "host/folders.h"

namespace sgxx::host {

struct LoadedEnclave {
  std::vector<EnclaveOffset> threads;  ///< TCS pages, in ascending order
  u64 size = 0;                        ///< of ELRANGE, bytes
  isa::Attributes attributes{};
  abi::Region heap{};           ///< what the image's configuration calls its heap; empty when it has none
  std::vector<Folder> folders;  ///< that its manifest mounts, not open yet
};

/// CONFIGID and CONFIGSVN, which whoever loads an enclave with KSS gives it. Zero: none.
struct LaunchConfiguration {
  std::array<u8, 64> id{};
  u16 version = 0;
  friend bool operator==(const LaunchConfiguration&, const LaunchConfiguration&) = default;
};

/// ECREATE, EADD, EEXTEND and EINIT. XFRM is the most that signature and processor allow.
Result<LoadedEnclave> load(device::Device& device, ByteView stream, const isa::SigStruct& signature,
                           const LaunchConfiguration& configuration = {});

/// XCR0 of this processor.
u64 processor_xcr0();

}  // namespace sgxx::host
