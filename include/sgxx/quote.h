// SPDX-License-Identifier: Apache-2.0
//
// Quotes: what an enclave can prove to anybody. The machine's quoting enclave turns a report that was made for it into a quote,
// which whoever has the platform's collateral can check anywhere (ECDSA P-256, Intel's DCAP format, version 3).
#pragma once

#include <sgxx/report.h>

#include <vector>

namespace sgxx {

/// A quote as it travels. What it says is a claim until somebody has verified it.
using QuoteBytes = std::vector<std::uint8_t>;

/// A quote of this enclave that says `data`: a hash of what the other side shall believe, its nonce among it when it wants to
/// know that the quote is fresh. Takes milliseconds, the first one of a process longer.
///
/// The quote comes by way of the host, who can refuse it, and give another one than was asked for only when that one is as
/// genuine: that it speaks of this enclave and this data is checked here, its signatures are checked by whoever verifies it.
/// Throws `no_quote` when the manifest does not grant `quotes`, the machine has no quoting enclave, or the host does not give
/// what was asked for.
QuoteBytes create_quote(const ReportData& data);

}  // namespace sgxx
