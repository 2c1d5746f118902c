// SPDX-License-Identifier: Apache-2.0
//
// Keys by policy: the same request gives the same key, every part of it that differs gives another; what is not the
// enclave's to ask for is refused.
// sgxx-test: manifest version = 3
// sgxx-test: manifest kss = true
// sgxx-test: enclave-stdout 12 requests, 12 keys, each again the same
// sgxx-test: enclave-stdout version above its own: newer_version
// sgxx-test: enclave-stdout configuration version above its own: newer_version
// sgxx-test: enclave-stdout CPUSVN above the processor's: newer_version
#include <sgxx/key.h>

#include <set>
#include <string>
#include <vector>

#include "outside.h"

namespace {

using sgxx::KeyPolicy;

std::string key_of(const sgxx::KeyRequest& request) { return sgxx::to_hex(sgxx::derive_key(request).bytes()); }

void test() {
  std::vector<sgxx::KeyRequest> requests(12);
  requests[1].policy = KeyPolicy::this_enclave();
  requests[2].policy = KeyPolicy::this_enclave_and_signer();
  requests[3].policy = KeyPolicy::this_signer().any_product();
  requests[4].policy = KeyPolicy::this_signer().same_config();
  requests[5].policy = KeyPolicy::this_signer().same_family();
  requests[6].policy = KeyPolicy::this_signer().same_extended_product();
  requests[7].key_id.bytes[31] = 1;
  requests[8].version = sgxx::SecurityVersion{2};
  requests[9].cpu_svn = sgxx::CpuSvn{};
  requests[10].mask.xfrm = 0;
  requests[11].mask.misc = 0;
  std::set<std::string> keys;
  for (const auto& request : requests) {
    CHECK(key_of(request) == key_of(request));
    keys.insert(key_of(request));
  }
  std::printf("%zu requests, %zu keys, each again the same\n", requests.size(), keys.size());

  sgxx::KeyRequest request;
  request.version = sgxx::SecurityVersion{4};
  std::printf("version above its own: %s\n", sgxx_test::code_of([&] { sgxx::derive_key(request); }));
  request = {.policy = KeyPolicy::this_signer().same_config(), .config_version = sgxx::ConfigVersion{1}};
  std::printf("configuration version above its own: %s\n", sgxx_test::code_of([&] { sgxx::derive_key(request); }));
  request = {};
  request.cpu_svn = sgxx::own_identity().cpu_svn;
  request.cpu_svn->bytes[15] = 1;
  std::printf("CPUSVN above the processor's: %s\n", sgxx_test::code_of([&] { sgxx::derive_key(request); }));
}

}  // namespace

int main() {
  CHECK(!KeyPolicy::from_bits(0) && !KeyPolicy::from_bits(4) && !KeyPolicy::from_bits(65));
  CHECK(KeyPolicy::from_bits(10) == KeyPolicy::this_signer().same_config());
  return sgxx_test::run(test);
}
