// SPDX-License-Identifier: Apache-2.0
//
// A report for oneself verifies and says what was said; with any of its 3456 bits changed it does not. One for another target
// does not either.
// sgxx-test: enclave-stdout 3456 changed bits, 0 believed
// sgxx-test: enclave-stdout for another: not_authentic
// sgxx-test: enclave-stdout too short: malformed
// sgxx-test: enclave-stdout reserved byte of a target: malformed
#include <sgxx/report.h>

#include <algorithm>
#include <vector>

#include "outside.h"

namespace {

void test() {
  sgxx::ReportData data;
  std::ranges::fill(data.bytes, std::uint8_t{0x5a});
  const sgxx::TargetInfo self = sgxx::TargetInfo::own();
  const sgxx::Report report = sgxx::create_report(self, data);
  const sgxx::VerifiedReport verified = sgxx::verify_report(report);
  CHECK(verified.identity == sgxx::own_identity() && verified.data == data);
  CHECK(std::ranges::equal(sgxx::TargetInfo::of(report).bytes(), self.bytes()));

  const std::vector<std::uint8_t> bytes(report.bytes().begin(), report.bytes().end());
  int believed = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::vector<std::uint8_t> changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    believed +=
        sgxx_test::code_of([&] { sgxx::verify_report(sgxx::Report::from_bytes(changed)); }) != std::string("not_authentic");
  }
  std::printf("%zu changed bits, %d believed\n", bytes.size() * 8, believed);

  std::vector<std::uint8_t> other(self.bytes().begin(), self.bytes().end());
  other[0] ^= 1;  // of the measurement
  const sgxx::Report for_other = sgxx::create_report(sgxx::TargetInfo::from_bytes(other), data);
  std::printf("for another: %s\n", sgxx_test::code_of([&] { sgxx::verify_report(for_other); }));
  std::printf("too short: %s\n", sgxx_test::code_of([&] { sgxx::Report::from_bytes({bytes.data(), 431}); }));
  other[300] = 1;
  std::printf("reserved byte of a target: %s\n", sgxx_test::code_of([&] { sgxx::TargetInfo::from_bytes(other); }));
}

}  // namespace

int main() { return sgxx_test::run(test); }
