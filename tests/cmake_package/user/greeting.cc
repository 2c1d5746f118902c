// SPDX-License-Identifier: Apache-2.0
#include <sgxx/report.h>

#include <cstdlib>
#include <iostream>

int main() {
  const char* name = std::getenv("NAME");
  std::cout << "hello, " << (name == nullptr ? "nobody" : name);
  if (sgxx::in_enclave()) {
    const sgxx::Report report = sgxx::create_report(sgxx::TargetInfo::own());
    std::cout << (sgxx::verify_report(report).identity == sgxx::own_identity() ? ", by your own report" : ", whoever you are");
  }
  std::cout << "\n";
}
