// SPDX-License-Identifier: Apache-2.0
#include "device/soft/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sgxx::device::soft {
namespace {

using isa::SgxError;

Identity identity() {
  Identity id{};
  id.secs.attributes = {isa::attribute::init | isa::attribute::mode64 | isa::attribute::kss, 0xe7};
  id.secs.mr_enclave.fill(1);
  id.secs.mr_signer.fill(2);
  id.secs.isv_prod_id = 5;
  id.secs.isv_svn = 3;
  id.secs.config_id.fill(7);
  id.secs.config_svn = 4;
  id.isv_family_id.fill(8);
  return id;
}

isa::KeyRequest seal() {
  isa::KeyRequest request{};
  request.key_name = isa::KeyName::seal;
  request.key_policy = isa::key_policy::mr_signer;
  request.attribute_mask = {isa::attribute::debug, 0};
  return request;
}

const KeyDeriver deriver{isa::Key128{9}};

isa::Key128 key(const Identity& id, const isa::KeyRequest& request) {
  const auto answer = deriver.get_key(id, request);
  EXPECT_EQ(answer.error, SgxError::success);
  EXPECT_FALSE(answer.general_protection);
  return answer.key;
}

TEST(AesCmac, AnswersNistsExamples) {  // SP 800-38B, AES-128, examples 1 to 3
  const isa::Key128 k = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
  const isa::Key128 empty = {0xbb, 0x1d, 0x69, 0x29, 0xe9, 0x59, 0x37, 0x28, 0x7f, 0xa3, 0x7d, 0x12, 0x9b, 0x75, 0x67, 0x46};
  const std::array<u8, 16> block = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                                    0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
  const isa::Key128 one = {0x07, 0x0a, 0x16, 0xb4, 0x6b, 0x4d, 0x41, 0x44, 0xf7, 0x9b, 0xdd, 0x9d, 0xd0, 0x4a, 0x28, 0x7c};
  EXPECT_EQ(aes_cmac(k, {}), empty);
  EXPECT_EQ(aes_cmac(k, block), one);
  const std::array<u8, 40> blocks = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93,
                                     0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac,
                                     0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11};
  const isa::Key128 some = {0xdf, 0xa6, 0x67, 0x47, 0xde, 0x9a, 0xe6, 0x30, 0x30, 0xca, 0x32, 0x61, 0x14, 0x97, 0xc8, 0x27};
  EXPECT_EQ(aes_cmac(k, blocks), some);
}

TEST(SealKey, DependsOnWhatThePolicyNames) {
  const isa::Key128 base = key(identity(), seal());
  EXPECT_EQ(key(identity(), seal()), base);
  Identity other = identity();
  other.secs.mr_enclave.fill(3);
  EXPECT_EQ(key(other, seal()), base) << "MRENCLAVE is not in the policy";
  other = identity();
  other.secs.mr_signer.fill(3);
  EXPECT_NE(key(other, seal()), base);
  other = identity();
  ++other.secs.isv_prod_id;
  EXPECT_NE(key(other, seal()), base);
  other = identity();
  ++other.secs.isv_svn;
  EXPECT_EQ(key(other, seal()), base) << "a newer enclave reads what an older one sealed";
  other = identity();
  other.secs.config_id.fill(1);
  EXPECT_EQ(key(other, seal()), base);
  auto request = seal();
  request.key_policy |= isa::key_policy::config_id;
  EXPECT_NE(key(other, request), key(identity(), request));
  request = seal();
  request.key_policy |= isa::key_policy::no_isv_prod_id;
  other = identity();
  ++other.secs.isv_prod_id;
  EXPECT_EQ(key(other, request), key(identity(), request));
}

TEST(SealKey, DebugAlwaysSeparates) {
  auto request = seal();
  request.attribute_mask = {};
  Identity debugged = identity();
  debugged.secs.attributes.flags |= isa::attribute::debug;
  EXPECT_NE(key(debugged, request), key(identity(), request));
}

TEST(GetKey, RefusesWithTheSdmsCodes) {
  const auto error = [](const isa::KeyRequest& request) { return deriver.get_key(identity(), request).error; };
  auto request = seal();
  request.isv_svn = 4;
  EXPECT_EQ(error(request), SgxError::invalid_isvsvn);
  request = seal();
  request.config_svn = 5;
  EXPECT_EQ(error(request), SgxError::invalid_isvsvn);
  request = seal();
  request.cpu_svn[3] = 1;
  EXPECT_EQ(error(request), SgxError::invalid_cpusvn);
  request = seal();
  request.key_name = static_cast<isa::KeyName>(5);
  EXPECT_EQ(error(request), SgxError::invalid_keyname);
  for (auto name : {isa::KeyName::einit_token, isa::KeyName::provision, isa::KeyName::provision_seal}) {
    request.key_name = name;
    EXPECT_EQ(error(request), SgxError::invalid_attribute);
  }
}

TEST(GetKey, ReservedBitsAreAGeneralProtectionFault) {
  auto request = seal();
  request.reserved2[100] = 1;
  EXPECT_TRUE(deriver.get_key(identity(), request).general_protection);
  request = seal();
  request.key_policy |= 0x40;
  EXPECT_TRUE(deriver.get_key(identity(), request).general_protection);
  Identity without_kss = identity();
  without_kss.secs.attributes.flags &= ~isa::attribute::kss;
  request = seal();
  request.key_policy |= isa::key_policy::config_id;
  EXPECT_TRUE(deriver.get_key(without_kss, request).general_protection);
}

TEST(RootKey, IsMadeOncePrivateAndOfTheRightSize) {
  const auto folder = std::filesystem::temp_directory_path() / ("sgxx_root_key_test." + std::to_string(::getpid()));
  const auto path = folder / "deep" / "root.key";
  ::setenv("SGXX_SOFT_SGX_KEY", path.c_str(), 1);
  const auto first = load_root_key().value();
  EXPECT_EQ(load_root_key().value(), first);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::ofstream(path, std::ios::binary | std::ios::app) << 'x';
  EXPECT_FALSE(load_root_key().ok());
  ::unsetenv("SGXX_SOFT_SGX_KEY");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sgxx::device::soft
