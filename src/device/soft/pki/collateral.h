// SPDX-License-Identifier: Apache-2.0
//
// TCB info and QE identity, signed as Intel signs them: ECDSA P-256 over the exact bytes of the inner object. Source: Intel's
// "Provisioning Certification Service API", versions 3 and 4 (TCB info v2 and v3, QE identity v2).
#pragma once

#include <string>
#include <vector>

#include "device/soft/pki/certificate.h"

namespace sgxx::device::soft {

struct TcbLevel {
  std::array<u8, 16> components{};
  u16 pce_svn = 0;
  std::string status = "UpToDate";
  std::vector<std::string> advisories;
  UnixTime date = kYear2024;
};

struct TcbInfoKnobs {
  int version = 3;  // or 2
  UnixTime issue_date = kYear2024;
  UnixTime next_update = kYear2050;
  std::array<u8, 6> fmspc{};
  std::array<u8, 2> pce_id{};
  int tcb_type = 0;
  int evaluation_data_number = 1;
  std::vector<TcbLevel> levels;  // best first
};

struct QeTcbLevel {
  u16 isv_svn = 0;
  std::string status = "UpToDate";
  std::vector<std::string> advisories;
  UnixTime date = kYear2024;
};

struct QeIdentityKnobs {
  int version = 2;
  std::string id = "QE";
  UnixTime issue_date = kYear2024;
  UnixTime next_update = kYear2050;
  int evaluation_data_number = 1;
  u32 misc_select = 0, misc_mask = 0xffffffff;
  isa::Attributes attributes{isa::attribute::init, 0};
  /// All flags but MODE64 and KSS, as Intel's; XFRM is free, because it differs from machine to machine.
  isa::Attributes attribute_mask{~(isa::attribute::mode64 | isa::attribute::kss), 0};
  isa::Hash256 mr_signer{};
  u16 isv_prod_id = 1;
  std::vector<QeTcbLevel> levels{{}};  // best first
};

/// The inner objects.
std::string tcb_info_body(const TcbInfoKnobs& knobs);
std::string qe_identity_body(const QeIdentityKnobs& knobs);

/// {"`member`":`body`,"signature":"..."}
std::string signed_json(const std::string& member, const std::string& body, const EcKey& key);

}  // namespace sgxx::device::soft
