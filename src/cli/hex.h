// SPDX-License-Identifier: Apache-2.0
//
// Bytes as lower-case hexadecimal digits, the way measurements are written.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "base/bytes.h"

namespace sgxx::cli {

inline std::string hex(ByteView bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

}  // namespace sgxx::cli
