// SPDX-License-Identifier: Apache-2.0
#include "sgxx/report.h"

#include <algorithm>

#include "sdk/enclave_call.h"

namespace sgxx {
namespace {

template <class T>
std::array<u8, sizeof(T)> array_of(const T& object) {
  std::array<u8, sizeof(T)> bytes;
  std::ranges::copy(as_bytes_of(object), bytes.begin());
  return bytes;
}

/// Its size was checked where it came from.
isa::Report structure_of(const Report& report) { return *read_at<isa::Report>(report.bytes(), 0); }

template <size_t N>
bool all_zero(const std::array<u8, N>& bytes) {
  return std::ranges::all_of(bytes, [](u8 byte) { return byte == 0; });
}

isa::TargetInfo target_of(const isa::ReportBody& body) {
  isa::TargetInfo target{};
  target.measurement = body.mr_enclave;
  target.attributes = body.attributes;
  target.cet_attributes = body.cet_attributes;
  target.config_svn = body.config_svn;
  target.misc_select = body.misc_select;
  target.config_id = body.config_id;
  return target;
}

}  // namespace

TargetInfo TargetInfo::own() { return TargetInfo(array_of(target_of(sdk::enclave_report({}, {}).body))); }

TargetInfo TargetInfo::of(const Report& report) { return TargetInfo(array_of(target_of(structure_of(report).body))); }

TargetInfo TargetInfo::from_bytes(ByteView bytes) {
  const auto target = read_at<isa::TargetInfo>(bytes, 0);
  if (bytes.size() != kSize || !target) throw SdkError(ErrorCode::malformed, "target info: expected 512 bytes");
  if (target->reserved1 != 0 || !all_zero(target->reserved2) || !all_zero(target->reserved3)) {
    throw SdkError(ErrorCode::malformed, "target info: reserved bytes are not zero");
  }
  return TargetInfo(array_of(*target));
}

Report Report::from_bytes(ByteView bytes) {
  const auto report = read_at<isa::Report>(bytes, 0);
  if (bytes.size() != kSize || !report) throw SdkError(ErrorCode::malformed, "report: expected 432 bytes");
  return Report(array_of(*report));
}

Identity Report::claimed_identity() const {
  const isa::ReportBody body = structure_of(*this).body;
  return {
      .mr_enclave = {body.mr_enclave},
      .mr_signer = {body.mr_signer},
      .product_id = ProductId{body.isv_prod_id},
      .version = SecurityVersion{body.isv_svn},
      .attributes = {body.attributes.flags, body.attributes.xfrm},
      .misc_select = body.misc_select,
      .cpu_svn = {body.cpu_svn},
      .config_id = {body.config_id},
      .config_version = ConfigVersion{body.config_svn},
      .family_id = {body.isv_family_id},
      .extended_product_id = {body.isv_ext_prod_id},
  };
}

ReportData Report::claimed_data() const { return {structure_of(*this).body.report_data}; }

Report create_report(const TargetInfo& target, const ReportData& data) {
  return Report(array_of(sdk::enclave_report(*read_at<isa::TargetInfo>(target.bytes(), 0), data.bytes)));
}

}  // namespace sgxx
