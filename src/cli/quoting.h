// SPDX-License-Identifier: Apache-2.0
//
// Who makes quotes for programs that this command runs.
#pragma once

#include <memory>

#include "cli/open_device.h"
#include "host/quoting.h"
#include "host/quoting_enclave.h"

namespace sgxx::cli {

/// Asks for nothing and starts nothing before the first quote.
std::unique_ptr<host::QuotingService> quoting_service(Platform platform);

/// The software SGX's: this command once more, as the process that holds the quoting enclave.
std::unique_ptr<host::QuotingEnclave> software_quoting_enclave();

/// Runs a small program in an enclave that asks for a quote of itself with 64 bytes of report data, read from standard input,
/// and writes it to standard output. Ends this process.
Result<int> run_quote_sample(OpenDevice opened);

}  // namespace sgxx::cli
