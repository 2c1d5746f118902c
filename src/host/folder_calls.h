// SPDX-License-Identifier: Apache-2.0
//
// Host calls on folders and the files in them. Paths come relative to a folder and are resolved beneath its descriptor
// (openat2), so that no link, no .. and no mistake of the enclave's makes this process touch a file elsewhere.
#pragma once

#include <optional>

#include "host/process.h"

namespace sgxx::host {

/// The reply, or nothing when the call is none of these.
std::optional<i64> serve_folder_call(Process& process, HostThread& thread, const abi::HostCall& call);

}  // namespace sgxx::host
