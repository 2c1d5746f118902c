// SPDX-License-Identifier: Apache-2.0
//
// Host calls on sockets. None blocks by itself: a call is tried, then waited for as long as the enclave said, then tried again;
// only a receive without a time limit may block. A wait ends when the thread is woken or interrupted (-EINTR).
#pragma once

#include <optional>

#include "host/process.h"

namespace sgxx::host {

/// Serves the call when it is one of sockets.
std::optional<i64> serve_socket_call(Process& process, HostThread& thread, const abi::HostCall& call);

}  // namespace sgxx::host
