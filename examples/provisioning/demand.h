// SPDX-License-Identifier: Apache-2.0
//
// Whom to believe, from what a user has in files.
#pragma once

#include <sgxx/tls.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "connection.h"

inline sgxx::verify::Bytes content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  must(file.good(), "cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// As `sgxx quote --collateral` names the files.
inline sgxx::verify::Collateral collateral_in(const std::filesystem::path& folder) {
  sgxx::verify::Collateral collateral;
  for (const char* name : {"root.pem", "pck_chain.pem", "tcb_chain.pem"})
    collateral.certificates.push_back(content_of(folder / name));
  for (const char* name : {"root_crl.pem", "pck_crl.pem"}) collateral.crls.push_back(content_of(folder / name));
  collateral.tcb_infos = {content_of(folder / "tcb_info.json")};
  collateral.qe_identities = {content_of(folder / "qe_identity.json")};
  return collateral;
}

inline sgxx::tls::Demand demand_for(const std::string& folder, const std::string& mrenclave, bool insecure_root) {
  const auto identity = sgxx::MrEnclave::from_hex(mrenclave);
  must(identity.has_value(), "MRENCLAVE: expected 64 hexadecimal digits");
  sgxx::tls::Demand demand;
  sgxx::verify::EnclaveRule rule;
  rule.mr_enclave = identity->bytes;
  demand.policy.enclaves = {rule};
  if (insecure_root) {  // the software SGX: for tests, never for secrets that matter
    demand.policy.accept = {sgxx::verify::Accept::insecure_root};
    demand.policy.roots = {sgxx::verify::root_key_of(content_of(folder + "/root.pem")).value()};
  }
  demand.verifier = std::make_shared<sgxx::verify::Verifier>(collateral_in(folder), demand.policy.roots);
  return demand;
}
