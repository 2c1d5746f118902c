// SPDX-License-Identifier: Apache-2.0
//
// <system_error>, <cerrno>, <stdexcept>: codes, categories, conditions and their texts.

#include <cerrno>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "check.h"

int main() {
  for (int number : (const int[]){ENOENT, EAGAIN, ENOSYS, ENOMEM}) {
    const std::error_code code(number, std::generic_category());
    std::cout << code << ' ' << code.message() << '\n';
  }
  CHECK(std::error_code(EACCES, std::system_category()) == std::errc::permission_denied);
  try {
    throw std::system_error(std::make_error_code(std::errc::timed_out), "context");
  } catch (const std::runtime_error& error) {
    std::cout << error.what() << '\n';
  }
  errno = 0;
  CHECK(std::error_condition(std::errc::io_error).value() == EIO && errno == 0);
}
