// SPDX-License-Identifier: Apache-2.0
//
// For tests and fuzzers: enclaves of a pretended machine, and streams in memory.
#pragma once

#include <algorithm>
#include <cstring>

#include "sdk/handshake.h"

namespace sgxx::sdk {

/// A machine is a number; reports made on one verify there, for their target.
class FakeReports final : public ReportMaker {
 public:
  FakeReports(const Identity& self, u8 machine) : self_(self), machine_(machine) {}

  TargetInfo own_target() override { return TargetInfo::of(create_report_for({})); }

  Report create(const TargetInfo& target, const ReportData& data) override {
    isa::Report report = body(data);
    report.mac = mac(target, report.body);
    return Report::from_bytes(as_bytes_of(report));
  }

  VerifiedReport verify(const Report& report) override {
    const auto structure = *read_at<isa::Report>(report.bytes(), 0);
    if (mac(own_target(), structure.body) != structure.mac || structure.key_id != decltype(structure.key_id){}) {
      throw SdkError(ErrorCode::not_authentic, "fake report");
    }
    return {report.claimed_identity(), report.claimed_data()};
  }

 private:
  isa::Report body(const ReportData& data) const {
    isa::Report report{};
    report.body.mr_enclave = self_.mr_enclave.bytes;
    report.body.mr_signer = self_.mr_signer.bytes;
    report.body.attributes = {self_.attributes.flags, self_.attributes.xfrm};
    report.body.isv_prod_id = static_cast<u16>(self_.product_id);
    report.body.isv_svn = static_cast<u16>(self_.version);
    report.body.report_data = data.bytes;
    return report;
  }
  Report create_report_for(const ReportData& data) const {
    const isa::Report report = body(data);
    return Report::from_bytes(as_bytes_of(report));
  }
  isa::Key128 mac(const TargetInfo& target, const isa::ReportBody& body) const {
    const Digest256 key = Hash<Digest256>().add({&machine_, 1}).add(target.bytes()).finish();
    return aes_cmac(ByteView(key.bytes).first(16), as_bytes_of(body)).reveal();
  }

  Identity self_;
  u8 machine_;
};

/// Reads what it was given; keeps what is written.
class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(ByteView input = {}) : input_(input) {}
  std::size_t read(ByteSpan bytes) override {
    const std::size_t count = std::min(bytes.size(), input_.size());
    std::ranges::copy(input_.first(count), bytes.begin());
    input_ = input_.subspan(count);
    return count;
  }
  void write(ByteView bytes) override { output.insert(output.end(), bytes.begin(), bytes.end()); }
  std::vector<u8> output;

 private:
  ByteView input_;
};

}  // namespace sgxx::sdk
