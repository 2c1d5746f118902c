// SPDX-License-Identifier: Apache-2.0
//
// Data that travels with the image (docs/manifest.md: measured_data, unmeasured_data), read in place.
#pragma once

#include <sgxx/bytes.h>
#include <sgxx/error.h>

namespace sgxx {

/// What was appended before signing: part of MRENCLAVE, so whoever believes the enclave believes these bytes. Empty: none.
ByteView measured_data();

/// What was carried along without being measured. Anybody may have changed it, all but its length, and it never changes while
/// the enclave runs. A named type, so that nobody takes it for the other. Empty: none.
struct UnmeasuredData {
  ByteView untrusted;
};
UnmeasuredData unmeasured_data();

}  // namespace sgxx
