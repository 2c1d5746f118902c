// SPDX-License-Identifier: Apache-2.0
//
// For programs that make system calls as they are, without the C library's opinion, and print how each ended.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "check.h"

namespace sgxx_test {

/// "EBADF", or the value.
inline std::string ending_of(long result) {
  if (result != -1) return std::to_string(result);
  const char* const name = strerrorname_np(errno);
  return name != nullptr ? name : "error " + std::to_string(errno);
}

/// The same where the value is a descriptor, an address or a number that nothing fixes.
inline std::string error_of(long result) { return result == -1 ? ending_of(result) : "done"; }

}  // namespace sgxx_test
