// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/seal.h"

namespace sgxx::enclave {

Outcome<> require_unsealed_write(const Inode& inode, u64 end) {
  if ((inode.seals & (seal::write | seal::future_write)) != 0) return fail(Errno::perm);
  if ((inode.seals & seal::grow) != 0 && end > inode.contents.size()) return fail(Errno::perm);
  return {};
}

Outcome<> require_unsealed_resize(const Inode& inode, u64 size) {
  if ((inode.seals & seal::shrink) != 0 && size < inode.contents.size()) return fail(Errno::perm);
  if ((inode.seals & seal::grow) != 0 && size > inode.contents.size()) return fail(Errno::perm);
  return {};
}

Outcome<u64> control_seals(MemoryFile& file, u32 operation, u64 argument) {
  constexpr u32 kAddSeals = 1033, kGetSeals = 1034;
  constexpr u64 kAll = seal::seal | seal::shrink | seal::grow | seal::write | seal::future_write;
  if (operation != kAddSeals && operation != kGetSeals) return fail(Errno::nosys);
  Inode& inode = *file.inode();
  Guard guard(inode.lock);
  if (operation == kGetSeals) return inode.can_be_sealed ? Outcome<u64>(inode.seals) : fail(Errno::inval);
  if (!file.is_writable()) return fail(Errno::perm);
  if ((argument & ~kAll) != 0 || !inode.can_be_sealed) return fail(Errno::inval);
  if ((inode.seals & seal::seal) != 0) return fail(Errno::perm);
  inode.seals |= argument;
  return u64{0};
}

}  // namespace sgxx::enclave
