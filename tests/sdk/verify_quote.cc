// SPDX-License-Identifier: Apache-2.0
//
// The verifier inside of an enclave, which is the same as outside: no files, no clock, no network.
#include <sgxx/verify.h>

#include <cstdio>

int main() {
  using namespace sgxx::verify;
  constexpr Time kAsOf = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);
  const Verifier verifier({}, {});
  std::printf("empty: %s\n", name_of(verifier.appraise({}, kAsOf).refusals.at(0).reason));
  Bytes quote(1000);
  quote[0] = 9;
  auto verdict = verifier.appraise(quote, kAsOf);
  std::printf("version 9: %s\n", name_of(verdict.refusals.at(0).reason));
  judge(verdict, {}, kAsOf);
  std::printf("a policy that names nobody: %s\n", name_of(verdict.refusals.at(1).reason));
  return verdict.accepted() || to_json(verdict).empty() ? 1 : 0;
}
