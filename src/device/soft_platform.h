// SPDX-License-Identifier: Apache-2.0
//
// The software SGX as a platform whose quotes can be checked: what Intel has in its provisioning certification enclave (it
// certifies the quoting enclave) and in its provisioning certification service (it says which platforms are up to date). All of
// it comes from the user's root key, and the root certificate says that it is insecure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "isa/quote.h"

namespace sgxx::device {

/// What a verifier needs beside a quote. Certificates and lists are PEM.
struct Collateral {
  std::string root_certificate;
  std::string pck_chain;  // PCK, intermediate, root
  std::string tcb_signing_chain;
  std::string root_crl, intermediate_crl;
  std::string tcb_info, qe_identity;  // JSON, signed
};

class SoftPlatform {
 public:
  static Result<std::unique_ptr<SoftPlatform>> open();
  ~SoftPlatform();

  /// Whom a quoting enclave addresses the report to that it wants to be certified by.
  isa::TargetInfo certifier() const;

  /// What makes an enclave a quoting enclave that others believe.
  struct Certificate {
    isa::EcdsaSignature signature;  // of the report's body, by the key of the PCK certificate
    std::string pck_chain;
    u16 pce_svn;
  };
  /// `bad_input` when this machine did not make the report, for `certifier`, or for an enclave that can be debugged.
  Result<Certificate> certify(const isa::Report& quoting_enclave) const;

  /// Collateral of now, valid for thirty days, that accepts the quoting enclave of `identity` and no other signer's.
  Collateral collateral(const isa::ReportBody& identity) const;

  struct Facts {
    std::array<u8, 6> fmspc;
    std::array<u8, 16> cpu_svn;
    std::array<u8, 2> pce_id;
    u16 pce_svn;
    isa::EcdsaPublicKey root_key;
  };
  Facts facts() const;

 private:
  struct State;
  explicit SoftPlatform(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sgxx::device
