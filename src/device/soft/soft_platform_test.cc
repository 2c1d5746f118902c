// SPDX-License-Identifier: Apache-2.0
#include "device/soft_platform.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "device/soft/keys.h"

namespace sgxx::device {
namespace {

using namespace soft;

/// With a root key in a file of its own.
class SoftPlatformTest : public testing::Test {
 protected:
  SoftPlatformTest() {
    folder_ = std::filesystem::temp_directory_path() / "sgxx-platform-XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    ::setenv("SGXX_SOFT_SGX_KEY", (folder_ + "/root.key").c_str(), 1);
    identity_.secs.attributes.flags = isa::attribute::init | isa::attribute::mode64;
    identity_.secs.mr_signer.fill(5);
  }
  ~SoftPlatformTest() override {
    ::unsetenv("SGXX_SOFT_SGX_KEY");
    std::filesystem::remove_all(folder_);
  }

  isa::Report report_for(const isa::TargetInfo& target) const {
    return KeyDeriver(load_root_key().value()).report(identity_, target, {});
  }

  std::string folder_;
  Identity identity_{};
};

TEST_F(SoftPlatformTest, CertifiesWhatThisMachineReportedToIt) {
  const auto platform = SoftPlatform::open().value();
  const auto certificate = platform->certify(report_for(platform->certifier()));
  ASSERT_TRUE(certificate.ok()) << certificate.error().message();
  EXPECT_NE(certificate->pck_chain.find("BEGIN CERTIFICATE"), std::string::npos);
}

TEST_F(SoftPlatformTest, RefusesForgedReports) {
  const auto platform = SoftPlatform::open().value();
  isa::Report report = report_for(platform->certifier());
  report.mac[0] ^= 1;
  EXPECT_FALSE(platform->certify(report).ok());
  report.mac[0] ^= 1;
  report.body.report_data[0] ^= 1;
  EXPECT_FALSE(platform->certify(report).ok());

  isa::TargetInfo other = platform->certifier();
  other.measurement[0] ^= 1;
  EXPECT_FALSE(platform->certify(report_for(other)).ok());
  EXPECT_FALSE(platform->certify(KeyDeriver(isa::Key128{1}).report(identity_, platform->certifier(), {})).ok());
}

TEST_F(SoftPlatformTest, RefusesQuotingEnclavesThatCanBeDebugged) {
  const auto platform = SoftPlatform::open().value();
  identity_.secs.attributes.flags |= isa::attribute::debug;
  EXPECT_FALSE(platform->certify(report_for(platform->certifier())).ok());
}

TEST_F(SoftPlatformTest, IsTheSamePlatformEveryTime) {
  const auto first = SoftPlatform::open().value(), second = SoftPlatform::open().value();
  EXPECT_EQ(first->facts().root_key, second->facts().root_key);
  ::setenv("SGXX_SOFT_SGX_KEY", (folder_ + "/other.key").c_str(), 1);
  EXPECT_NE(SoftPlatform::open().value()->facts().root_key, first->facts().root_key);
}

TEST_F(SoftPlatformTest, CollateralNamesTheQuotingEnclavesSigner) {
  const auto platform = SoftPlatform::open().value();
  const Collateral collateral = platform->collateral(report_for({}).body);
  EXPECT_NE(collateral.qe_identity.find("\"mrsigner\":\"05050505"), std::string::npos) << collateral.qe_identity;
  EXPECT_NE(collateral.tcb_info.find("\"version\":3"), std::string::npos);
}

}  // namespace
}  // namespace sgxx::device
