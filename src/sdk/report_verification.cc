// SPDX-License-Identifier: Apache-2.0
//
// Apart from report.cc, so that a program that only makes reports needs no OpenSSL.
#include "sdk/enclave_call.h"
#include "sgxx/crypto.h"
#include "sgxx/report.h"

namespace sgxx {
namespace {

/// The report key of this enclave, which the processor gives to nobody else.
Secret<isa::Key128> report_key(const std::array<u8, 32>& key_id) {
  isa::KeyRequest request{};
  request.key_name = isa::KeyName::report;
  request.key_id = key_id;
  Secret<isa::Key128> key;
  if (const isa::SgxError error = sdk::enclave_key(request, key.reveal()); error != isa::SgxError::success) {
    throw SdkError(ErrorCode::refused_by_sgx, std::string("report: EGETKEY answers ") + isa::name_of(error));
  }
  return key;
}

}  // namespace

VerifiedReport verify_report(const Report& report) {
  auto structure = *read_at<isa::Report>(report.bytes(), 0);
  const Secret<isa::Key128> key = report_key(structure.key_id);
  // What it should be is wiped with the rest: it is the MAC that a forger would need.
  if (aes_cmac(key.bytes(), as_bytes_of(structure.body)) != Mac128::taken_from(structure.mac)) {
    throw SdkError(ErrorCode::not_authentic, "report: its MAC is wrong: not made for this enclave on this machine, or changed");
  }
  return {report.claimed_identity(), report.claimed_data()};
}

}  // namespace sgxx
