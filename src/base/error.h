// SPDX-License-Identifier: Apache-2.0
//
// The host's error: one line for a person and a kind for the exit code. Never used inside the enclave.
#pragma once

#include <string>

#include "base/result.h"

namespace sgxx {

/// What sort of failure it is; `sgxx` turns it into its exit code (docs: "Exit codes").
enum class ErrorKind {
  bad_input,    ///< a file, manifest, image or key that is not what it must be
  unsupported,  ///< this machine or build cannot do it
  system,       ///< the operating system refused; the message carries its reason
  refused,      ///< the SGX device refused; `code` is the SDM's error code
};

class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message, unsigned code = 0) : message_(std::move(message)), kind_(kind), code_(code) {}

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  /// The SDM's numeric error code (vol. 3D, "Error Codes") when kind() is refused, otherwise 0.
  unsigned code() const { return code_; }

  /// The same error with `prefix: ` in front, for the caller who knows which file it was.
  Error with_context(const std::string& prefix) && { return {kind_, prefix + ": " + message_, code_}; }

 private:
  std::string message_;
  ErrorKind kind_;
  unsigned code_;
};

/// Shorthands for `return bad_input("...")` in a function that returns a Result.
inline Failure<Error> bad_input(std::string message) { return {Error(ErrorKind::bad_input, std::move(message))}; }
inline Failure<Error> unsupported(std::string message) { return {Error(ErrorKind::unsupported, std::move(message))}; }
/// Adds strerror(errno) to the message.
Failure<Error> system_error(const std::string& message);
inline Failure<Error> refused(unsigned code, std::string message) {
  return {Error(ErrorKind::refused, std::move(message), code)};
}

}  // namespace sgxx
