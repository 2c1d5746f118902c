// SPDX-License-Identifier: Apache-2.0
//
// Data of the image: the measured and the unmeasured, byte for byte, read-only.
// sgxx-test: manifest measured_data = "/proc/sys/kernel/ostype"
// sgxx-test: manifest unmeasured_data = "/proc/sys/kernel/ostype"
// sgxx-test: enclave-stdout measured: Linux
// sgxx-test: enclave-stdout unmeasured: Linux
#include <sgxx/config.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "outside.h"

namespace {

std::string text(sgxx::ByteView bytes) { return {bytes.begin(), bytes.end()}; }

void test() {
  std::printf("measured: %s", text(sgxx::measured_data()).c_str());
  std::printf("unmeasured: %s", text(sgxx::unmeasured_data().untrusted).c_str());
  std::fflush(stdout);
  std::signal(SIGSEGV, [](int) { std::_Exit(0); });
  const_cast<std::uint8_t&>(sgxx::measured_data().front()) = 0;
  CHECK(!"measured data can be written");
}

}  // namespace

int main() { return sgxx_test::run(test); }
