// SPDX-License-Identifier: Apache-2.0
//
// The notes of an image file: the packer's site report as JSON, so that `sgxx inspect` has it later. Nobody signs it.
#pragma once

#include <string>

#include "rewrite/plan.h"

namespace sgxx::cli {

std::string notes_of(const rewrite::Plan& plan);

}  // namespace sgxx::cli
