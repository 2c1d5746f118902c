// SPDX-License-Identifier: Apache-2.0
//
// Every kind of open file, and `visit`, which calls a generic function with a file as what it is.
#pragma once

#include "enclave/abort.h"
#include "enclave/file/epoll.h"
#include "enclave/file/event_file.h"
#include "enclave/file/pipe.h"
#include "enclave/file/signal_file.h"
#include "enclave/file/stream.h"
#include "enclave/file/timer_file.h"
#include "enclave/folder/folder_file.h"
#include "enclave/net/netlink.h"
#include "enclave/net/socket.h"
#include "enclave/vfs/node_file.h"
#include "enclave/vfs/synthetic.h"

namespace sgxx::enclave {

template <class Function>
decltype(auto) visit(OpenFile& file, Function&& function) {
  switch (file.kind()) {
#define SGXX_X(name, type) \
  case FileKind::name: return function(static_cast<type&>(file));
    SGXX_FILE_KINDS(SGXX_X)
#undef SGXX_X
  }
  abort_enclave(abi::AbortReason::assertion);
}

}  // namespace sgxx::enclave
