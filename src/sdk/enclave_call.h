// SPDX-License-Identifier: Apache-2.0
//
// The runtime's own system calls (abi/program_call.h), with what comes back made into exceptions.
#pragma once

#include <vector>

#include "abi/program_call.h"
#include "sgxx/error.h"

namespace sgxx::sdk {

/// True when a runtime of sgxx answers.
bool runtime_answers() noexcept;

/// Throws `not_in_enclave`.
abi::EnclaveFacts enclave_facts();

/// Throws `not_in_enclave` or `bad_argument`.
isa::Report enclave_report(const isa::TargetInfo& target, const std::array<u8, 64>& data);

/// Writes a key to `key` and returns `success`, or another code and leaves `key` alone. Throws `not_in_enclave`, or
/// `bad_argument` for a request with reserved bits, or with KSS in an enclave without it.
isa::SgxError enclave_key(const isa::KeyRequest& request, isa::Key128& key);

/// What the host says is the quoting enclave. Throws `not_in_enclave` or `no_quote`.
isa::TargetInfo quote_target();
/// What the host says is a quote of `report`. Throws `not_in_enclave` or `no_quote`.
std::vector<u8> quote(const isa::Report& report);

}  // namespace sgxx::sdk
