// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace sgxx {

Failure<Error> system_error(const std::string& message) {
  const char* reason = std::strerror(errno);
  return {Error(ErrorKind::system, message + ": " + reason)};
}

}  // namespace sgxx
