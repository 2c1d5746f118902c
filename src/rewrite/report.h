// SPDX-License-Identifier: Apache-2.0
//
// The site report as text, for `sgxx inspect` and the packer.
#pragma once

#include "rewrite/plan.h"

namespace sgxx::rewrite {

enum class Detail : bool { summary, every_site };

/// A line of totals, a line for each reason with its count, and with Detail::every_site a line for each site.
std::string report(const Plan& plan, Detail detail);

}  // namespace sgxx::rewrite
