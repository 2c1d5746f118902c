// SPDX-License-Identifier: Apache-2.0
//
// Quote verifications per second: by a Verifier that has read its collateral, by one that reads it each time, and, for
// comparison, the ECDSA verification of which each is made (three for a quote with its chain). The quote must be accepted before
// it is timed.
#include <benchmark/benchmark.h>

#include "device/soft/pki/quote.h"
#include "sgxx/verify.h"
#include "verify/crypto.h"

namespace {

using namespace sgxx;
using namespace sgxx::device::soft;

constexpr auto kAsOf = std::chrono::sys_days(std::chrono::year(2025) / 6 / 1);

struct Platform {
  Platform() {
    isa::ReportBody report{};
    report.attributes.flags = isa::attribute::init | isa::attribute::mode64;
    quote = make_quote(default_quote(pki, knobs.qe_identity, report), EcKey::derived({}, "attestation"), pki.pck_key);
    const auto chain = pki.tcb_chain() + to_pem(pki.intermediate);
    collateral.certificates = {{chain.begin(), chain.end()}};
    collateral.crls = {pki.root_crl, pki.intermediate_crl};
    collateral.tcb_infos = {{pki.tcb_info.begin(), pki.tcb_info.end()}};
    collateral.qe_identities = {{pki.qe_identity.begin(), pki.qe_identity.end()}};
    policy.roots = {{4}};
    const auto point = pki.root_key.public_point();
    std::copy(point.begin(), point.end(), policy.roots[0].begin() + 1);
    policy.enclaves.emplace_back().mr_enclave.emplace();
    policy.accept = {verify::Accept::insecure_root};
  }

  PlatformKnobs knobs = default_knobs({1});
  PlatformPki pki = make_platform_pki({1}, knobs);
  std::vector<u8> quote;
  verify::Collateral collateral;
  verify::Policy policy;
};

const Platform& platform() {
  static const Platform platform;
  return platform;
}

void count(benchmark::State& state) {
  state.counters["per_second"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void quote(benchmark::State& state) {
  const verify::Verifier verifier(platform().collateral, platform().policy.roots);
  for (auto _ : state) {
    auto verdict = verifier.appraise(platform().quote, kAsOf);
    verify::judge(verdict, platform().policy, kAsOf);
    if (!verdict.accepted()) state.SkipWithError(verify::to_json(verdict).c_str());
  }
  count(state);
}
BENCHMARK(quote)->Unit(benchmark::kMicrosecond);

void quote_and_collateral(benchmark::State& state) {
  for (auto _ : state) {
    const auto verdict = verify::verify(platform().quote, platform().collateral, platform().policy, kAsOf);
    if (!verdict.accepted()) state.SkipWithError("refused");
  }
  count(state);
}
BENCHMARK(quote_and_collateral)->Unit(benchmark::kMicrosecond);

void one_signature(benchmark::State& state) {
  const auto signer = EcKey::derived({}, "attestation");
  const auto key = verify::PublicKey::from_point(signer.public_point());
  const std::array<u8, 432> message{};
  const auto signature = signer.sign(message);
  for (auto _ : state) {
    if (key->verify(message, signature) != verify::SignatureCheck::good) state.SkipWithError("refused");
  }
  count(state);
}
BENCHMARK(one_signature)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
