// SPDX-License-Identifier: Apache-2.0
//
// <cxxabi.h>: names are demangled, and the type of the exception in flight is known.

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <typeinfo>

int main() {
  int status = -1;
  char* name = abi::__cxa_demangle(typeid(std::map<int, std::string>).name(), nullptr, nullptr, &status);
  std::printf("%d %.12s\n", status, name);
  std::free(name);
  try {
    throw 5L;
  } catch (...) {
    std::printf("%s\n", abi::__cxa_current_exception_type()->name());
  }
}
