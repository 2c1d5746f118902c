// SPDX-License-Identifier: Apache-2.0
//
// <filesystem>: path arithmetic is pure C++ and works; questions about files find none, and changes
// are refused through std::error_code or filesystem_error, because no mount is declared.
// sgxx-test: enclave-stdout /b/x.tar .gz x.tar ../b
// sgxx-test: enclave-stdout exists: 0
// sgxx-test: enclave-stdout create_directory: refused
// sgxx-test: enclave-stdout directory_iterator: filesystem_error
// sgxx-test: enclave-stdout status of nothing: not_found

#include <filesystem>
#include <iostream>

#include "check.h"

namespace fs = std::filesystem;

int main() {
  const fs::path path = fs::path("/a/../b/./x.tar.gz").lexically_normal();
  std::cout << path.parent_path().string() + "/" + path.stem().string() << ' ' << path.extension().string() << ' '
            << path.stem().string() << ' ' << fs::path("/b").lexically_relative("/a").string() << '\n';
  std::error_code error;
  std::cout << "exists: " << fs::exists("/bin/sh", error) << '\n';
  const bool made = fs::create_directory("/tmp/sgxx-test-directory", error);
  std::cout << "create_directory: " << (made && !error ? "made" : "refused") << '\n';
  CHECK(made != static_cast<bool>(error));
  fs::remove("/tmp/sgxx-test-directory", error);
  try {
    for (const auto& entry : fs::directory_iterator("/var")) {
      (void)entry;
      break;
    }
    std::cout << "directory_iterator: works\n";
  } catch (const fs::filesystem_error&) {
    std::cout << "directory_iterator: filesystem_error\n";
  }
  std::cout << "status of nothing: "
            << (fs::status("/no/such/file", error).type() == fs::file_type::not_found ? "not_found" : "other") << '\n';
}
