// SPDX-License-Identifier: Apache-2.0
//
// A file descriptor that closes itself. For the host only.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sgxx {

class Descriptor {
 public:
  /// Takes over what open(2) gave, -1 included.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  /// Leaves errno as it is.
  ~Descriptor() {
    const int error = errno;
    if (number_ >= 0) ::close(number_);
    errno = error;
  }
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  int take() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace sgxx
