// SPDX-License-Identifier: Apache-2.0
//
// The enclave as analysers of unpacked enclaves take it (the enclave dump of Pandora, which its sgx-tracer writes from a running
// loader): the raw memory, and a JSON list that begins with the SECS and goes on with every range of pages, each TCS page
// followed by the fields of its TCS.
#pragma once

#include <string>

#include "base/error.h"
#include "isa/sgx.h"

namespace sgxx::image {

/// The JSON list for the enclave of `stream` that runs with these attributes.
Result<std::string> pandora_json(ByteView stream, const isa::Attributes& attributes, u32 misc_select);

/// Writes `path`.dump (the memory from offset 0 on; sparse, unbacked pages are holes) and `path`.json.
Result<void> write_pandora_dump(ByteView stream, const isa::Attributes& attributes, u32 misc_select, const std::string& path);

}  // namespace sgxx::image
