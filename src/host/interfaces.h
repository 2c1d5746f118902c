// SPDX-License-Identifier: Apache-2.0
//
// Host call `interfaces`: what network interfaces this machine has, and their addresses.
#pragma once

#include "host/process.h"

namespace sgxx::host {

/// HostInterface into the thread's data; how many.
i64 list_interfaces(HostThread& thread);

}  // namespace sgxx::host
