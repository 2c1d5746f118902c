// SPDX-License-Identifier: Apache-2.0
#include "enclave/descriptors.h"

#include "enclave/lock.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {
namespace {

constexpr u8 kClosed = 0xff;

constinit SpinLock descriptor_lock;
std::array<u8, kDescriptors> descriptors;  // stream, or kClosed
std::array<abi::StreamInfo, 3> stream_infos;

}  // namespace

void initialize_descriptors(const std::array<abi::StreamInfo, 3>& streams) {
  stream_infos = streams;
  descriptors.fill(kClosed);
  for (u8 i = 0; i < 3; ++i) {
    if (streams[i].mode != 0 && (enclave_config.grants & abi::grant::streams) != 0) descriptors[i] = i;
  }
}

Outcome<u32> stream_of(u64 descriptor) {
  const u32 number = static_cast<u32>(descriptor);
  if (number >= kDescriptors) return fail(Errno::badf);
  const u8 stream = descriptors[number];
  if (stream == kClosed) return fail(Errno::badf);
  return u32{stream};
}

const abi::StreamInfo& stream_info(u32 stream) { return stream_infos[stream]; }

Outcome<> close_descriptor(u64 descriptor) {
  Guard guard(descriptor_lock);
  (void)TRY(stream_of(descriptor));
  descriptors[static_cast<u32>(descriptor)] = kClosed;
  return {};
}

Outcome<u64> duplicate_descriptor(u64 descriptor, u64 lowest) {
  Guard guard(descriptor_lock);
  const u32 stream = TRY(stream_of(descriptor));
  if (lowest >= kDescriptors) return fail(Errno::inval);
  for (u64 i = lowest; i < kDescriptors; ++i) {
    if (descriptors[i] != kClosed) continue;
    descriptors[i] = static_cast<u8>(stream);
    return i;
  }
  return fail(Errno::mfile);
}

Outcome<u64> replace_descriptor(u64 descriptor, u64 target) {
  Guard guard(descriptor_lock);
  const u32 stream = TRY(stream_of(descriptor));
  if (target >= kDescriptors) return fail(Errno::badf);
  descriptors[target] = static_cast<u8>(stream);
  return target;
}

}  // namespace sgxx::enclave
