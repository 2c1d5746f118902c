// SPDX-License-Identifier: Apache-2.0
//
// Duty E6: a key that the program has wiped is nowhere in the enclave. The runtime had it in its hands: on its stack, in
// registers.
#include <gtest/gtest.h>

#include <algorithm>

#include "boundary/test_host.h"
#include "device/soft/keys.h"

namespace sgxx::boundary {
namespace {

/// How often half of the key that the guest asked for lies in writable memory, after its end.
int copies_after(const char* keeps_or_forgets) {
  TestHost host;
  EXPECT_EQ(host.run({"probe", std::string(1, static_cast<char>(Mode::keys)), keeps_or_forgets}), exited(0));
  isa::KeyRequest request{};
  request.key_name = isa::KeyName::seal;
  request.key_policy = isa::key_policy::mr_enclave;
  const auto answer = host.enclave().keys().get_key(host.enclave().identity(), request);
  EXPECT_EQ(answer.error, isa::SgxError::success);
  int copies = 0;
  for (const auto& [address, bytes] : host.memory().regions) {
    for (const auto half : {ByteView(answer.key).first(8), ByteView(answer.key).subspan(8)}) {
      for (auto at = bytes.begin(); (at = std::search(at, bytes.end(), half.begin(), half.end())) != bytes.end(); ++at) ++copies;
    }
  }
  return copies;
}

TEST(Keys, AreFoundWhereTheProgramKeepsThemAndNowhereElse) { EXPECT_EQ(copies_after("k"), 2); }

TEST(Keys, AreNowhereWhenTheProgramForgetsThem) { EXPECT_EQ(copies_after("f"), 0); }

}  // namespace
}  // namespace sgxx::boundary
