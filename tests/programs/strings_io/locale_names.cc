// SPDX-License-Identifier: Apache-2.0
//
// Locales by name are read from files. An enclave has none, so every name but "C" and "POSIX" is
// refused with std::runtime_error, and setlocale returns a null pointer; outside, C.UTF-8 exists.
// sgxx-test: enclave-stdout C: C, POSIX: C
// sgxx-test: enclave-stdout C.UTF-8: runtime_error
// sgxx-test: enclave-stdout setlocale C.UTF-8: null
// sgxx-test: enclave-stdout xx_YY.UTF-8: runtime_error

#include <clocale>
#include <iostream>
#include <locale>
#include <stdexcept>

static const char* try_name(const char* name) {
  try {
    std::locale locale(name);
    return "works";
  } catch (const std::runtime_error&) {
    return "runtime_error";
  }
}

int main() {
  std::cout << "C: " << std::locale("C").name() << ", POSIX: " << std::locale("POSIX").name() << '\n';
  std::cout << "C.UTF-8: " << try_name("C.UTF-8") << '\n';
  std::cout << "setlocale C.UTF-8: " << (std::setlocale(LC_ALL, "C.UTF-8") ? "works" : "null") << '\n';
  std::setlocale(LC_ALL, "C");
  std::cout << "xx_YY.UTF-8: " << try_name("xx_YY.UTF-8") << '\n';
}
