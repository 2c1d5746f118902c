// SPDX-License-Identifier: Apache-2.0
//
// Host calls about quotes. -ENODEV: this machine makes none; -EINVAL: the quoting enclave refuses the report; -EIO.
#pragma once

#include "host/process.h"

namespace sgxx::host {

/// The quoting enclave's TARGETINFO into data.
i64 quote_target(Process& process, HostThread& thread);
/// The quote of the REPORT in data, into data; its length.
i64 quote(Process& process, HostThread& thread);

}  // namespace sgxx::host
