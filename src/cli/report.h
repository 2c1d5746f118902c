// SPDX-License-Identifier: Apache-2.0
//
// What `sgxx run --stats` prints: a host::Report as a table for people or as JSON, with a hint where the numbers explain why an
// enclave is slow.
#pragma once

#include <string>
#include <vector>

#include "host/run.h"

namespace sgxx::cli {

std::string report_as_text(const host::Report& report);
/// docs/cli.md lists the members.
std::string report_as_json(const host::Report& report, const host::ExitStatus& status);

/// One line each, for what dominates; none when nothing does.
std::vector<std::string> hints_of(const host::Report& report);

}  // namespace sgxx::cli
