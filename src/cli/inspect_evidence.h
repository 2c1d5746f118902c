// SPDX-License-Identifier: Apache-2.0
//
// `sgxx inspect` for what is no enclave but speaks of one: quotes, reports and SIGSTRUCTs. Shown as they are; whether a quote is
// to be believed is `sgxx verify`'s to say, and a report only its target can check.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace sgxx::cli {

enum class Format : bool { text, json };

/// What to print; nothing when the file is none of the three. An error when it begins like one and is broken.
Result<std::optional<std::string>> inspect_evidence(const std::string& path, Format format);

}  // namespace sgxx::cli
