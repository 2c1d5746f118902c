// SPDX-License-Identifier: Apache-2.0
//
// Host call `resolve`: what this machine says the addresses of a name are.
#pragma once

#include "host/process.h"

namespace sgxx::host {

/// The name in the thread's data, `length` bytes; HostAddress into data. -ENOENT: no such name, -EAGAIN: cannot say now, -EINTR.
i64 resolve_name(HostThread& thread, u64 length, u64 family);

}  // namespace sgxx::host
