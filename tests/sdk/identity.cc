// SPDX-License-Identifier: Apache-2.0
//
// Who the enclave is, as its manifest and its signature say, in types that cannot be mistaken for one another.
// sgxx-test: manifest product_id = 7
// sgxx-test: manifest version = 3
// sgxx-test: manifest debug = true
// sgxx-test: manifest xfrm = []
// sgxx-test: manifest family_id = "000102030405060708090a0b0c0d0e0f"
// sgxx-test: manifest extended_product_id = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
// sgxx-test: enclave-stdout product 7
// sgxx-test: enclave-stdout version 3
// sgxx-test: enclave-stdout attributes INIT DEBUG MODE64 KSS, XFRM 0x3
// sgxx-test: enclave-stdout MISCSELECT 0x1
// sgxx-test: enclave-stdout CPUSVN 01000000000000000000000000000000
// sgxx-test: enclave-stdout configuration version 0
// sgxx-test: enclave-stdout family 000102030405060708090a0b0c0d0e0f
// sgxx-test: enclave-stdout extended product f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
#include <sgxx/identity.h>

#include <concepts>
#include <sstream>

#include "outside.h"

namespace {

static_assert(!std::convertible_to<sgxx::MrEnclave, sgxx::MrSigner> &&
              !std::equality_comparable_with<sgxx::MrEnclave, sgxx::MrSigner>);
static_assert(!std::convertible_to<sgxx::ProductId, sgxx::SecurityVersion> && !std::convertible_to<int, sgxx::ProductId>);

void test() {
  const sgxx::Identity& identity = sgxx::own_identity();
  CHECK(!identity.mr_enclave.is_zero() && !identity.mr_signer.is_zero() && identity.config_id.is_zero());
  CHECK(identity.attributes.debug() && identity.attributes.kss());
  CHECK(&identity == &sgxx::own_identity());
  CHECK(sgxx::MrEnclave::from_hex(identity.mr_enclave.hex()) == identity.mr_enclave);
  std::istringstream lines(to_string(identity));
  int hashes = 0;
  for (std::string line; std::getline(lines, line);) {
    // These two change with every build, and this one is long and empty.
    const bool hidden =
        line.starts_with("MRENCLAVE ") || line.starts_with("MRSIGNER ") || line == "configuration " + std::string(128, '0');
    hidden ? static_cast<void>(++hashes) : static_cast<void>(std::puts(line.c_str()));
  }
  CHECK(hashes == 3);
}

}  // namespace

int main() {
  CHECK(!sgxx::MrSigner::from_hex("00") && !sgxx::FamilyId::from_hex("0g0102030405060708090a0b0c0d0e0f"));
  return sgxx_test::run(test);
}
