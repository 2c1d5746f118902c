// SPDX-License-Identifier: Apache-2.0
//
// All pages of a stream in memory, and what they are. The names come from the measured configuration in the stream itself, so
// they are right for whatever was measured; a stream of another runtime has no such page, and its pages are named by their
// rights.
#pragma once

#include <optional>
#include <vector>

#include "image/layout.h"
#include "image/sgxs.h"

namespace sgxx::image {

struct EnclavePages {
  struct Part {
    OffsetRange range;
    isa::SecInfo info;
    Contents contents;
    std::vector<u8> bytes;  ///< range.length bytes; none for zeroes
  };
  u32 ssa_frame_size = 0;   ///< pages
  u64 size = 0;             ///< of ELRANGE
  std::vector<Part> parts;  ///< ascending
};

Result<EnclavePages> read_pages(ByteView stream);

/// The stream of these pages.
Stream write_pages(const EnclavePages& pages);

/// The configuration that the packer left, or nothing when this is not an enclave of this runtime and version. Its regions lie
/// within ELRANGE; beyond that nothing was checked.
std::optional<abi::EnclaveConfig> config_of(const EnclavePages& pages);
/// The same without a walk through the whole stream.
std::optional<abi::EnclaveConfig> config_of(ByteView stream);

/// What lies where.
Layout layout_of(const EnclavePages& pages);

}  // namespace sgxx::image
