// SPDX-License-Identifier: Apache-2.0
//
// What the files that call OpenSSL share.
#pragma once

#include <openssl/err.h>

#include "sgxx/crypto.h"

namespace sgxx::sdk {

/// Throws `code` and forgets what OpenSSL noted down about it.
[[noreturn]] inline void fail(ErrorCode code, const char* message) {
  ERR_clear_error();
  throw SdkError(code, message);
}

/// For calls that fail only when memory or an algorithm is missing.
inline void must(bool holds) {
  if (!holds) fail(ErrorCode::cryptography, "OpenSSL failed: out of memory, or an algorithm is missing");
}

/// `size` as OpenSSL's functions with an int want it.
inline int int_of(std::size_t size) {
  if (size > 0x7fffffff) fail(ErrorCode::bad_argument, "more bytes at once than OpenSSL takes");
  return static_cast<int>(size);
}

}  // namespace sgxx::sdk
