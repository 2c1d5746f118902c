// SPDX-License-Identifier: Apache-2.0
//
// File descriptors are the runtime's own numbers. So far each names one of the three standard streams.
#pragma once

#include "abi/host_call.h"
#include "enclave/errno.h"

namespace sgxx::enclave {

inline constexpr u32 kDescriptors = 256;

/// Opens descriptors 0 to 2 for the streams that the host has; boot calls it once.
void initialize_descriptors(const std::array<abi::StreamInfo, 3>& streams);

/// The stream (0 to 2) behind a descriptor, or EBADF.
Outcome<u32> stream_of(u64 descriptor);
const abi::StreamInfo& stream_info(u32 stream);

Outcome<> close_descriptor(u64 descriptor);
/// The lowest free descriptor from `lowest` on becomes another name of `descriptor`. EMFILE.
Outcome<u64> duplicate_descriptor(u64 descriptor, u64 lowest);
/// `target` becomes another name of `descriptor`, whatever it was.
Outcome<u64> replace_descriptor(u64 descriptor, u64 target);

}  // namespace sgxx::enclave
