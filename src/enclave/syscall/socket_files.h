// SPDX-License-Identifier: Apache-2.0
//
// From a descriptor to the socket that it names, for the system calls on sockets.
#pragma once

#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/net/pair.h"

namespace sgxx::enclave::syscall {

/// Calls `function` with the Socket, PairedSocket or NetlinkFile behind a descriptor: EBADF, ENOTSOCK.
template <class Function>
Outcome<u64> with_socket(u64 descriptor, Function function) {
  const FileReference file = TRY(file_of(descriptor));
  if (file->kind() == FileKind::socket) return function(static_cast<Socket&>(*file));
  if (file->kind() == FileKind::netlink) return function(static_cast<NetlinkFile&>(*file));
  if (file->kind() != FileKind::pipe_end || !static_cast<PipeEnd&>(*file).is_socket()) return fail(Errno::notsock);
  PairedSocket paired(static_cast<PipeEnd&>(*file));
  return function(paired);
}

}  // namespace sgxx::enclave::syscall
