// SPDX-License-Identifier: Apache-2.0
//
// Who turns reports into quotes: a quoting enclave, reached in the way that the machine has. Nobody in an enclave believes it: a
// wrong target makes reports that nobody can check, and a wrong quote is one that does not verify.
#pragma once

#include <vector>

#include "base/error.h"
#include "isa/sgx.h"

namespace sgxx::host {

class QuotingService {
 public:
  virtual ~QuotingService() = default;

  /// Whom to address a report to. Errors, here and below: `unsupported` when this machine has no such service, `bad_input` when
  /// the quoting enclave refuses the report, `system` when it cannot be reached or breaks down.
  virtual Result<isa::TargetInfo> target() = 0;

  /// A quote of `report`, which was made for `target`.
  virtual Result<std::vector<u8>> quote(const isa::Report& report) = 0;
};

}  // namespace sgxx::host
