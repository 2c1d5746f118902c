// SPDX-License-Identifier: Apache-2.0
//
// The measured blob: the manifest's environment and arguments as NUL-terminated strings, the tree of files with their contents,
// then the data that the program reads.
#pragma once

#include <vector>

#include "abi/config.h"
#include "image/manifest.h"

namespace sgxx::image {

/// The blob's bytes; says in `config` where in the blob everything is. Empty when there is nothing to carry.
std::vector<u8> make_blob(const Manifest& manifest, std::span<const TreeItem> tree, ByteView measured_data,
                          abi::EnclaveConfig& config);

/// The same blob with `more` behind the data that it has.
void extend_blob(std::vector<u8>& blob, ByteView more, abi::EnclaveConfig& config);

}  // namespace sgxx::image
