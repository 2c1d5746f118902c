// SPDX-License-Identifier: Apache-2.0
//
// --transition-cost: what transitions of an enclave cost on hardware, for a machine that has none.
#pragma once

#include <string>

#include "base/error.h"
#include "device/device.h"

namespace sgxx::cli {

/// "default", a number of ticks for EENTER and EEXIT together, or "eenter=N,eexit=N,aex=N,eresume=N" in any order, where what is
/// not named has its default.
Result<device::TransitionCost> parse_transition_cost(const std::string& text);

}  // namespace sgxx::cli
