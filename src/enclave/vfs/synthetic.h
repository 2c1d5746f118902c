// SPDX-License-Identifier: Apache-2.0
//
// Files that libraries expect and that no mount holds: devices in /dev, what /proc and /sys say, a few of /etc. None of them asks
// the host: what they say comes from the runtime and the measured configuration.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/vfs/node_file.h"

namespace sgxx::enclave {

/// X(id, path, device number major, minor)
#define SGXX_DEVICES(X)          \
  X(null, "/dev/null", 1, 3)     \
  X(zero, "/dev/zero", 1, 5)     \
  X(full, "/dev/full", 1, 7)     \
  X(random, "/dev/random", 1, 8) \
  X(urandom, "/dev/urandom", 1, 9)

namespace synthetic {
enum : SyntheticId {
  none,
#define SGXX_X(id, path, major, minor) id,
  SGXX_DEVICES(SGXX_X)
#undef SGXX_X
};
}  // namespace synthetic

class DeviceFile : public NodeFile {
 public:
  DeviceFile(u32 flags, Inode& inode) : NodeFile(FileKind::device, flags, inode), id_(inode.synthetic) {}
  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<> read_at(Transfer& transfer, u64) { return read(transfer); }
  Outcome<> write_at(Transfer& transfer, u64) { return write(transfer); }
  Outcome<u64> seek(i64, u32) { return u64{0}; }
  bool can_be_polled() const { return id_ == synthetic::random || id_ == synthetic::urandom; }

 private:
  SyntheticId id_;
};

/// Puts them into the tree; boot calls it.
void make_synthetic_files();
Outcome<FileReference> open_synthetic(Inode& inode, u32 flags);

}  // namespace sgxx::enclave
