// SPDX-License-Identifier: Apache-2.0
//
// sealer seal enclave|signer|config: standard input, sealed, in hexadecimal digits on standard output.
// sealer unseal: the way back; or the name of the error.
#include <sgxx/seal.h>

#include <iostream>
#include <iterator>
#include <string>

namespace {

sgxx::KeyPolicy policy_named(const std::string& name) {
  if (name == "enclave") return sgxx::KeyPolicy::this_enclave();
  if (name == "config") return sgxx::KeyPolicy::this_signer().same_config();
  return sgxx::KeyPolicy::this_signer();
}

}  // namespace

int main(int count, char** arguments) try {
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  if (count == 3) {
    std::cout << sgxx::to_hex(sgxx::seal(sgxx::view_of(input), {.policy = policy_named(arguments[2])}));
  } else {
    std::vector<std::uint8_t> blob(input.size() / 2);
    if (!sgxx::from_hex(input, blob)) return 1;
    std::cout << sgxx::unseal(blob).text();
  }
} catch (const sgxx::SdkError& error) {
  std::cout << name_of(error.code());
}
