// SPDX-License-Identifier: Apache-2.0
//
// Answers host calls: what the enclave asked for, done with the operating system.
#pragma once

#include "host/process.h"

namespace sgxx::host {

/// Serves `call`, whose data are in `thread`'s area, and returns the reply.
i64 serve(Process& process, HostThread& thread, const abi::HostCall& call);

}  // namespace sgxx::host
