// SPDX-License-Identifier: Apache-2.0
//
// Collateral that lies in files, told apart by what is in them, whatever their names.
#pragma once

#include "base/error.h"
#include "sgxx/verify.h"

namespace sgxx::verify {

/// Adds what `bytes` hold; false when that is nothing that collateral consists of.
bool add_collateral(Collateral& collateral, Bytes bytes);

/// All files of a folder (not of folders in it) or one file, in the order of their names. The names of files that hold something
/// else go into `passed_over`.
Result<void> read_collateral(const std::string& path, Collateral& collateral, std::vector<std::string>& passed_over);

}  // namespace sgxx::verify
