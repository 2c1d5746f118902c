// SPDX-License-Identifier: Apache-2.0
//
// An enclave looked at from outside.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/subject.h"
#include "image/enclave_pages.h"

namespace sgxx::cli {

using Json = nlohmann::ordered_json;

struct Inspection {
  Subject subject;
  isa::Hash256 mr_enclave{};
  std::optional<isa::Hash256> mr_signer;  ///< only when the signature is good and for this enclave
  std::string signature_state;            ///< "none", "unsigned", "good", "wrong", "of another enclave"
  std::optional<abi::EnclaveConfig> config;
  image::Layout layout;
  Json notes;  ///< an object, perhaps empty
};

Result<Inspection> inspect_subject(Subject subject, const std::string& name);

}  // namespace sgxx::cli
