// SPDX-License-Identifier: Apache-2.0
//
// A redirected instruction and its neighbours execute in a stub, which no unwinder knows. What the program sees of an interrupted
// thread therefore has the address that it would have in the program as it was; a context that is loaded again goes on in the
// stub, because in the program most of those places have been overwritten. The table is measured, read-only memory.
#pragma once

#include "base/checked.h"

namespace sgxx::enclave {

/// The address to show for the interrupted RIP.
u64 address_shown(u64 rip);
/// Where to go on for an address that was shown.
u64 address_executed(u64 shown);

}  // namespace sgxx::enclave
