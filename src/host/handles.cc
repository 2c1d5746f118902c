// SPDX-License-Identifier: Apache-2.0
#include "host/handles.h"

#include <unistd.h>

#include <cerrno>

namespace sgxx::host {

Handles::Handles() : descriptors_(std::make_unique<std::atomic<int>[]>(abi::kMostHandles)) {
  for (int stream = 0; stream < 3; ++stream) descriptors_[static_cast<size_t>(stream)] = stream + 1;
}

int Handles::descriptor(u64 handle) const { return handle < abi::kMostHandles ? descriptors_[handle].load() - 1 : -1; }

i64 Handles::adopt(u64 handle, int descriptor) {
  if (descriptor < 0) return -errno;
  int none = 0;
  if (handle < abi::kMostHandles && descriptors_[handle].compare_exchange_strong(none, descriptor + 1)) return 0;
  ::close(descriptor);
  return -EBADF;
}

i64 Handles::close(u64 handle) {
  if (handle < 3 || handle >= abi::kMostHandles) return -EBADF;
  const int descriptor = descriptors_[handle].exchange(0) - 1;
  if (descriptor < 0) return -EBADF;
  ::close(descriptor);
  return 0;
}

}  // namespace sgxx::host
