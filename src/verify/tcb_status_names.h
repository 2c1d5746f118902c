// SPDX-License-Identifier: Apache-2.0
//
// The way back from a status' name, for readers of collateral.
#pragma once

#include "sgxx/verify.h"

namespace sgxx::verify {

/// Nothing for names that collateral cannot have.
std::optional<TcbStatus> tcb_status_named(std::string_view name);

}  // namespace sgxx::verify
