// SPDX-License-Identifier: Apache-2.0
//
// Times in the one form that collateral has: 2019-09-05T07:47:08Z.
#pragma once

#include "sgxx/verify.h"

namespace sgxx::verify {

std::optional<Time> time_from(std::string_view text);
std::string time_text(Time time);

}  // namespace sgxx::verify
