// SPDX-License-Identifier: Apache-2.0
//
// Sealing in one enclave: sizes from nothing to a mebibyte, additional data, policies, every changed bit, KSS without KSS.
// The memory that a failed unsealing was to fill is zero.
// sgxx-test: enclave-stdout sizes 0 1 63 64 4096 1048576
// sgxx-test: enclave-stdout 1144 changed bits, 0 unsealed, output wiped
// sgxx-test: enclave-stdout other additional data: not_authentic
// sgxx-test: enclave-stdout a version above: newer_version
// sgxx-test: enclave-stdout KSS without KSS: bad_argument
// sgxx-test: enclave-stdout not a blob: malformed
#include <sgxx/seal.h>

#include <algorithm>
#include <string>

#include "outside.h"

namespace {

void test() {
  std::printf("sizes");
  for (std::size_t size : {0, 1, 63, 64, 4096, 1048576}) {
    std::vector<std::uint8_t> plaintext(size, 0x5a);
    const auto blob = sgxx::seal(plaintext);
    CHECK(blob.size() == size + sgxx::kSealOverhead && blob != sgxx::seal(plaintext));
    CHECK(std::ranges::equal(sgxx::unseal(blob).bytes(), plaintext));
    std::ranges::fill(plaintext, std::uint8_t{0});
    sgxx::unseal_to(plaintext, blob);
    CHECK(std::ranges::all_of(plaintext, [](auto byte) { return byte == 0x5a; }));
    std::printf(" %zu", size);
  }
  std::printf("\n");

  using sgxx::KeyPolicy;
  const sgxx::SealOptions options{.policy = KeyPolicy::this_enclave(), .additional = sgxx::view_of("label")};
  const auto blob = sgxx::seal(sgxx::view_of("the secret 1234"), options);
  CHECK(sgxx::unseal(blob, sgxx::view_of("label")).text() == "the secret 1234");
  CHECK(sgxx::sealed_header(blob).policy == KeyPolicy::this_enclave() && sgxx::sealed_header(blob).size == 15);
  int unsealed = 0;
  bool wiped = true;
  for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
    auto changed = blob;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1u << bit % 8);
    std::vector<std::uint8_t> output(15, 0xff);
    unsealed +=
        sgxx_test::code_of([&] { sgxx::unseal_to(output, changed, sgxx::view_of("label")); }) == std::string("nothing thrown");
    wiped = wiped && std::ranges::all_of(output, [](auto byte) { return byte == 0; });
  }
  std::printf("%zu changed bits, %d unsealed, output %s\n", blob.size() * 8, unsealed, wiped ? "wiped" : "not wiped");
  std::printf("other additional data: %s\n", sgxx_test::code_of([&] { sgxx::unseal(blob, sgxx::view_of("lable")); }));
  std::printf("a version above: %s\n", sgxx_test::code_of([] { sgxx::seal({}, {.version = sgxx::SecurityVersion{1}}); }));
  std::printf("KSS without KSS: %s\n",
              sgxx_test::code_of([] { sgxx::seal({}, {.policy = KeyPolicy::this_signer().same_config()}); }));
  std::printf("not a blob: %s\n", sgxx_test::code_of([] { sgxx::unseal(sgxx::view_of("SGXXSEAL")); }));
}

}  // namespace

int main() { return sgxx_test::run(test); }
