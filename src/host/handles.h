// SPDX-License-Identifier: Apache-2.0
//
// The files behind the enclave's handles. The enclave chooses the numbers; a mistake of its own is an error, never a crash.
#pragma once

#include <atomic>
#include <memory>

#include "abi/host_call.h"

namespace sgxx::host {

class Handles {
 public:
  /// Handles 0 to 2 are the standard streams.
  Handles();
  /// The descriptor, or -1.
  int descriptor(u64 handle) const;
  /// `descriptor` (-1: the call that makes it failed, errno says why) becomes the file behind `handle`; 0 or -errno.
  i64 adopt(u64 handle, int descriptor);
  i64 close(u64 handle);

 private:
  std::unique_ptr<std::atomic<int>[]> descriptors_;  // + 1, so that 0 is none
};

}  // namespace sgxx::host
