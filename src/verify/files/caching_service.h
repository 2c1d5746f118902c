// SPDX-License-Identifier: Apache-2.0
//
// Collateral from a provisioning certificate caching service (PCCS), or from whoever speaks its protocol: Intel's "Provisioning
// Certification Service" API, versions 3 and 4.
#pragma once

#include "sgxx/verify.h"
#include "verify/files/http.h"

namespace sgxx::verify {

/// Asks `service` for everything that checking `quote` needs and adds it. `service` is "https://host:8081", or that with
/// "/sgx/certification/v3" or "/sgx/certification/v4" (the default) behind it.
Result<void> fetch_collateral(const std::string& service, ByteView quote, const HttpOptions& options, Collateral& collateral);

}  // namespace sgxx::verify
