// SPDX-License-Identifier: Apache-2.0
//
// Whom a quote of the software SGX is to be believed by: a certificate chain and collateral of the same shape as Intel's, under a
// root of the user's own. All keys derive from the user's root key (keys.h), so that the root is made once per user, lies in the
// same file of mode 0600, and no second secret has to be kept; certificates are made anew whenever they are asked for, with the
// same contents and other signatures. The root says in its subject that it is insecure, and nobody else pins its key.
//
// The knobs are for tests: with them, any status and any forgery can be made under the tests' own root.
#pragma once

#include "device/soft/pki/certificate.h"
#include "device/soft/pki/collateral.h"

namespace sgxx::device::soft {

struct PlatformKnobs {
  CertificateKnobs root, intermediate, tcb_signing, pck;
  SgxExtensionKnobs sgx;  // the value of pck.sgx, when that is empty
  CrlKnobs root_crl, intermediate_crl;
  TcbInfoKnobs tcb_info;
  QeIdentityKnobs qe_identity;
};

/// The right platform of the user who has `root`: up to date, nothing revoked, platform ids derived from `root`, valid as of
/// any time until 2050. QE identity accepts no enclave until its mr_signer is set.
PlatformKnobs default_knobs(const isa::Key128& root);

/// All keys, certificates (DER), lists (DER) and signed collateral (JSON) of a platform. Plain data, so that tests can exchange
/// any of them for another's.
struct PlatformPki {
  EcKey root_key, intermediate_key, tcb_signing_key, pck_key;
  Bytes root, intermediate, tcb_signing, pck;
  Bytes root_crl, intermediate_crl;
  std::string tcb_info, qe_identity;

  /// PCK, intermediate, root in PEM: certification data of kind 5.
  std::string pck_chain() const;
  /// TCB signing, root in PEM.
  std::string tcb_chain() const;
};

PlatformPki make_platform_pki(const isa::Key128& root, const PlatformKnobs& knobs);

}  // namespace sgxx::device::soft
