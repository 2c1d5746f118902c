// SPDX-License-Identifier: Apache-2.0
//
// Keys in files. The development key signs what `sgxx run` packs from a bare program; each user has one of their own, made on
// first use. It says nothing about who built an enclave, and such enclaves carry the DEBUG attribute.
#pragma once

#include <string>

#include "image/key.h"

namespace sgxx::cli {

/// $XDG_DATA_HOME/sgxx/development.pem, or ~/.local/share/sgxx/development.pem.
Result<std::string> development_key_path();

/// Reads it, or makes it (mode 0600) and says so once on standard error.
Result<image::SigningKey> development_key();

Result<image::SigningKey> read_key(const std::string& path);

/// Writes a private key with mode 0600.
Result<void> write_key(const std::string& path, const image::SigningKey& key);

}  // namespace sgxx::cli
