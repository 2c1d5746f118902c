// SPDX-License-Identifier: Apache-2.0
//
// PEM, strictly (RFC 7468): the blocks and line breaks between them and nothing else, canonical base64. OpenSSL's reader skips
// what it doesn't understand; here a bit that changes in a quote's certificate chain must not go unnoticed.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace sgxx::verify {

/// The contents of all blocks, which must carry `label` ("CERTIFICATE"); at least one. One NUL may end the text, as in quotes.
std::optional<std::vector<std::vector<u8>>> read_pem(std::string_view text, std::string_view label);

}  // namespace sgxx::verify
