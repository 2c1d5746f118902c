// SPDX-License-Identifier: Apache-2.0
//
// Quotes on the software SGX: its quoting enclave is an enclave like any other, in a process of its own that is started for the
// first quote and lives as long as this object. The enclave signs; the software platform certifies it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "abi/quoting.h"
#include "device/soft_platform.h"
#include "host/quoting.h"

namespace sgxx::host {

class QuotingEnclave final : public QuotingService {
 public:
  /// `command` runs the quoting enclave on its standard input and output (abi/quoting.h).
  explicit QuotingEnclave(std::vector<std::string> command) : command_(std::move(command)) {}
  ~QuotingEnclave() override;

  Result<isa::TargetInfo> target() override;
  Result<std::vector<u8>> quote(const isa::Report& report) override;

  /// The quoting enclave's identity, as it reported it to the software platform.
  Result<isa::ReportBody> identity();

 private:
  Result<void> start();
  Result<void> introduce();
  void stop();
  Result<abi::QuotingKind> exchange(abi::QuotingKind kind, ByteView request, abi::QuotingKind expected, ByteSpan answer);

  std::vector<std::string> command_;
  pid_t process_ = -1;
  int socket_ = -1;  // both standard streams of the process
  std::unique_ptr<device::SoftPlatform> platform_;
  abi::QuotingIntroduction introduction_{};
  std::optional<device::SoftPlatform::Certificate> certificate_;  // nothing: not introduced
};

}  // namespace sgxx::host
