// SPDX-License-Identifier: Apache-2.0
//
// TCB info (versions 2 and 3) and QE identity (version 2): what Intel says of each level of a kind of platform, and of the
// quoting enclave. Source: API documentation of the Provisioning Certification Service, versions 3 and 4.
#pragma once

#include "verify/json.h"

namespace sgxx::verify {

/// What is said of a level.
struct LevelState {
  TcbStatus status = TcbStatus::unknown;
  Time date;
  std::vector<std::string> advisories;
};

struct TcbLevel : LevelState {
  FixedBytes<16> sgx_components{};
  std::optional<FixedBytes<16>> tdx_components;
  u16 pce_svn = 0;
};

struct SvnLevel : LevelState {
  u16 isv_svn = 0;
};

/// A TDX module: Intel's first generation, or one that its id names ("TDX_03").
struct TdxModule {
  std::string id;
  FixedBytes<48> mr_signer{};
  FixedBytes<8> attributes{}, attributes_mask{};
  std::vector<SvnLevel> levels;
};

/// What TCB info and QE identity have in common.
struct DocumentHead {
  std::string id;  ///< "SGX", "TDX"; "QE", "TD_QE", "QVE"
  u32 version = 0;
  Time issued, next_update;
  u32 evaluation_number = 0;
};

struct TcbInfo : DocumentHead {
  FixedBytes<6> fmspc{};
  FixedBytes<2> pce_id{};
  std::vector<TcbLevel> levels;  ///< the best first
  std::optional<TdxModule> tdx_module;
  std::vector<TdxModule> tdx_module_identities;
};

struct QeIdentity : DocumentHead {
  FixedBytes<4> misc_select{}, misc_select_mask{};
  FixedBytes<16> attributes{}, attributes_mask{};
  FixedBytes<32> mr_signer{};
  u16 product_id = 0;
  std::vector<SvnLevel> levels;  ///< the best first
};

/// `value` is the signed member of the document.
JsonRead<TcbInfo> read_tcb_info(const Json& value);
JsonRead<QeIdentity> read_qe_identity(const Json& value);

/// The first level whose every component the platform reaches. For trust domains `tee_tcb_svn` is the report's, and its first two
/// bytes are left out when they speak of a TDX module that has an identity of its own.
const TcbLevel* find_level(const TcbInfo& info, const Platform& platform, const std::optional<FixedBytes<16>>& tee_tcb_svn);

const SvnLevel* find_level(const std::vector<SvnLevel>& levels, u16 isv_svn);

}  // namespace sgxx::verify
