// SPDX-License-Identifier: Apache-2.0
//
// SGX's structures, constants and error codes. Source: Intel SDM volume 3D, "Enclave Access Control and Data Structures" and
// "SGX Instruction References". Every structure is laid out without padding; sizes and offsets are asserted beside it.
#pragma once

#include <array>
#include <cstddef>

#include "base/address.h"
#include "base/bytes.h"

namespace sgxx::isa {

using Hash256 = std::array<u8, 32>;
using Key128 = std::array<u8, 16>;

/// ENCLU leaf functions (EAX). SDM vol. 3D, "Enclave User-Mode Leaf Functions".
enum class Enclu : u32 {
  ereport = 0,
  egetkey = 1,
  eenter = 2,
  eresume = 3,
  eexit = 4,
  eaccept = 5,
  emodpe = 6,
  eacceptcopy = 7,
};

/// ATTRIBUTES.FLAGS. SDM vol. 3D, "ATTRIBUTES".
namespace attribute {
inline constexpr u64 init = 1u << 0;
inline constexpr u64 debug = 1u << 1;
inline constexpr u64 mode64 = 1u << 2;
inline constexpr u64 provision_key = 1u << 4;
inline constexpr u64 einit_token_key = 1u << 5;
inline constexpr u64 cet = 1u << 6;
inline constexpr u64 kss = 1u << 7;
inline constexpr u64 aex_notify = 1u << 10;
}  // namespace attribute

struct Attributes {
  u64 flags;
  u64 xfrm;
  friend bool operator==(const Attributes&, const Attributes&) = default;
};
static_assert(sizeof(Attributes) == 16 && Crossable<Attributes>);

/// MISCSELECT bit 0: page faults and general protection faults are reported in the SSA (EXINFO).
inline constexpr u32 kMiscExinfo = 1u << 0;

/// SGX Enclave Control Structure.
struct Secs {
  u64 size;            // bytes, a power of two
  u64 base;            // linear address, aligned to size
  u32 ssa_frame_size;  // pages
  u32 misc_select;
  std::array<u8, 24> reserved1;
  Attributes attributes;
  Hash256 mr_enclave;
  std::array<u8, 32> reserved2;
  Hash256 mr_signer;
  std::array<u8, 32> reserved3;
  std::array<u8, 64> config_id;
  u16 isv_prod_id;
  u16 isv_svn;
  u16 config_svn;
  std::array<u8, 3834> reserved4;
};
static_assert(sizeof(Secs) == 4096 && offsetof(Secs, attributes) == 48 && offsetof(Secs, mr_enclave) == 64 &&
              offsetof(Secs, mr_signer) == 128 && offsetof(Secs, config_id) == 192 && offsetof(Secs, isv_prod_id) == 256 &&
              Crossable<Secs>);

/// Thread Control Structure. Offsets (ossa, oentry, ofsbase, ogsbase) are relative to SECS.BASE.
struct Tcs {
  u64 reserved1;
  u64 flags;  // bit 0: DBGOPTIN
  u64 ossa;
  u32 cssa;
  u32 nssa;
  u64 oentry;
  u64 aep;
  u64 ofsbase;
  u64 ogsbase;
  u32 fslimit;
  u32 gslimit;
  u64 ocetssa;
  u64 prevssp;
  std::array<u8, 4008> reserved2;
};
static_assert(sizeof(Tcs) == 4096 && offsetof(Tcs, cssa) == 24 && offsetof(Tcs, oentry) == 32 && offsetof(Tcs, ofsbase) == 48 &&
              offsetof(Tcs, fslimit) == 64 && Crossable<Tcs>);

enum class PageType : u8 { secs = 0, tcs = 1, reg = 2, va = 3, trim = 4, ss_first = 5, ss_rest = 6 };

/// Security Information: rights and type of a page.
struct alignas(64) SecInfo {
  u64 flags;  // R 1, W 2, X 4, PENDING 8, MODIFIED 16, PR 32; page type in bits 15:8
  std::array<u8, 56> reserved;

  static constexpr SecInfo reg(Permission permission) {
    return {u64{permission.bits()} | u64{static_cast<u8>(PageType::reg)} << 8, {}};
  }
  static constexpr u64 kPending = 8, kModified = 16, kRestricted = 32;
  /// What EACCEPT takes for a page that EAUG has added.
  static constexpr SecInfo pending() { return {reg(Permission::rw()).flags | kPending, {}}; }
  static constexpr SecInfo tcs() { return {u64{static_cast<u8>(PageType::tcs)} << 8, {}}; }
  constexpr PageType type() const { return static_cast<PageType>(flags >> 8 & 0xff); }
  friend bool operator==(const SecInfo&, const SecInfo&) = default;
};
static_assert(sizeof(SecInfo) == 64 && Crossable<SecInfo>);

/// EXITINFO of an SSA frame: why the enclave was left. Valid only for exceptions that SGX reports.
struct ExitInfo {
  u32 value;
  constexpr bool valid() const { return (value >> 31) != 0; }
  constexpr u8 vector() const { return static_cast<u8>(value); }
  static constexpr ExitInfo hardware_exception(u8 vector) { return {1u << 31 | 3u << 8 | vector}; }
  static constexpr ExitInfo software_exception(u8 vector) { return {1u << 31 | 6u << 8 | vector}; }
};

/// Exception vectors that EXITINFO reports (#PF and #GP only with MISCSELECT.EXINFO).
namespace vector {
inline constexpr u8 de = 0, db = 1, bp = 3, br = 5, ud = 6, gp = 13, pf = 14, mf = 16, ac = 17, xm = 19, cp = 21;
}

/// General registers of an SSA frame, at its end.
struct SsaGpr {
  u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
  u64 rflags, rip;
  u64 ursp, urbp;  // written by EENTER from the host's registers: never trusted
  ExitInfo exit_info;
  u32 reserved;
  u64 fsbase, gsbase;
};
static_assert(sizeof(SsaGpr) == 184 && offsetof(SsaGpr, rflags) == 128 && offsetof(SsaGpr, ursp) == 144 &&
              offsetof(SsaGpr, exit_info) == 160 && offsetof(SsaGpr, fsbase) == 168 && Crossable<SsaGpr>);

/// EXINFO in the MISC region, directly below the general registers.
struct ExInfo {
  u64 maddr;  // the faulting linear address of #PF
  u32 errcd;  // the page-fault or general-protection error code
  u32 reserved;
};
static_assert(sizeof(ExInfo) == 16 && Crossable<ExInfo>);

struct alignas(512) TargetInfo {
  Hash256 measurement;
  Attributes attributes;
  u8 cet_attributes;
  u8 reserved1;
  u16 config_svn;
  u32 misc_select;
  std::array<u8, 8> reserved2;
  std::array<u8, 64> config_id;
  std::array<u8, 384> reserved3;
};
static_assert(sizeof(TargetInfo) == 512 && offsetof(TargetInfo, misc_select) == 52 && offsetof(TargetInfo, config_id) == 64 &&
              Crossable<TargetInfo>);

/// What EREPORT says of an enclave: the part of REPORT that its MAC covers, without the key id.
struct ReportBody {
  std::array<u8, 16> cpu_svn;
  u32 misc_select;
  u8 cet_attributes;
  std::array<u8, 11> reserved1;
  std::array<u8, 16> isv_ext_prod_id;
  Attributes attributes;
  Hash256 mr_enclave;
  std::array<u8, 32> reserved2;
  Hash256 mr_signer;
  std::array<u8, 32> reserved3;
  std::array<u8, 64> config_id;
  u16 isv_prod_id;
  u16 isv_svn;
  u16 config_svn;
  std::array<u8, 42> reserved4;
  std::array<u8, 16> isv_family_id;
  std::array<u8, 64> report_data;
};
static_assert(sizeof(ReportBody) == 384 && offsetof(ReportBody, attributes) == 48 && offsetof(ReportBody, isv_prod_id) == 256 &&
              offsetof(ReportBody, report_data) == 320 && Crossable<ReportBody>);

struct Report {
  ReportBody body;
  std::array<u8, 32> key_id;
  Key128 mac;  // AES-128-CMAC over body with the target's report key
};
static_assert(sizeof(Report) == 432 && offsetof(Report, mac) == 416 && Crossable<Report>);

enum class KeyName : u16 { einit_token = 0, provision = 1, provision_seal = 2, report = 3, seal = 4 };

namespace key_policy {
inline constexpr u16 mr_enclave = 1, mr_signer = 2, no_isv_prod_id = 4, config_id = 8, isv_family_id = 16, isv_ext_prod_id = 32;
}

struct alignas(512) KeyRequest {
  KeyName key_name;
  u16 key_policy;
  u16 isv_svn;
  u8 cet_attributes_mask;
  u8 reserved1;
  std::array<u8, 16> cpu_svn;
  Attributes attribute_mask;
  std::array<u8, 32> key_id;
  u32 misc_mask;
  u16 config_svn;
  std::array<u8, 434> reserved2;
};
static_assert(sizeof(KeyRequest) == 512 && offsetof(KeyRequest, attribute_mask) == 24 && offsetof(KeyRequest, key_id) == 40 &&
              offsetof(KeyRequest, misc_mask) == 72 && Crossable<KeyRequest>);

using Rsa3072 = std::array<u8, 384>;  // little-endian

/// Enclave signature structure. The signature covers bytes [0, 128) and [900, 1028).
struct SigStruct {
  std::array<u8, 16> header;   // 06000000E10000000000010000000000
  u32 vendor;                  // 0 or 0x8086
  u32 date;                    // 0xYYYYMMDD in BCD
  std::array<u8, 16> header2;  // 01010000600000006000000001000000
  u32 sw_defined;
  std::array<u8, 84> reserved1;
  Rsa3072 modulus;
  u32 exponent;  // 3
  Rsa3072 signature;
  u32 misc_select;
  u32 misc_mask;
  u8 cet_attributes;
  u8 cet_attributes_mask;
  std::array<u8, 2> reserved2;
  std::array<u8, 16> isv_family_id;
  Attributes attributes;
  Attributes attribute_mask;
  Hash256 enclave_hash;
  std::array<u8, 16> reserved3;
  std::array<u8, 16> isv_ext_prod_id;
  u16 isv_prod_id;
  u16 isv_svn;
  std::array<u8, 12> reserved4;
  Rsa3072 q1;
  Rsa3072 q2;
};
static_assert(sizeof(SigStruct) == 1808 && offsetof(SigStruct, modulus) == 128 && offsetof(SigStruct, exponent) == 512 &&
              offsetof(SigStruct, misc_select) == 900 && offsetof(SigStruct, attributes) == 928 &&
              offsetof(SigStruct, enclave_hash) == 960 && offsetof(SigStruct, isv_prod_id) == 1024 &&
              offsetof(SigStruct, q1) == 1040 && Crossable<SigStruct>);

/// Error codes of the leaf functions (EAX). SDM vol. 3D, "Error Codes".
enum class SgxError : u32 {
  success = 0,
  invalid_sig_struct = 1,
  invalid_attribute = 2,
  blkstate = 3,
  invalid_measurement = 4,
  notblockable = 5,
  pg_invld = 6,
  lockfail = 7,
  invalid_signature = 8,
  mac_compare_fail = 9,
  page_not_blocked = 10,
  not_tracked = 11,
  va_slot_occupied = 12,
  child_present = 13,
  enclave_act = 14,
  entryepoch_locked = 15,
  invalid_einittoken = 16,
  prev_trk_incmpl = 17,
  pg_is_secs = 18,
  page_attributes_mismatch = 19,
  page_not_modifiable = 20,
  page_not_debuggable = 21,
  invalid_counter = 25,
  pg_nonepc = 26,
  track_not_required = 27,
  invalid_cpusvn = 32,
  invalid_isvsvn = 64,
  unmasked_event = 128,
  invalid_keyname = 256,
};

/// The SDM's name of an error code, for messages: "SGX_INVALID_SIGNATURE".
constexpr const char* name_of(SgxError error) {
  switch (error) {
    case SgxError::success: return "SGX_SUCCESS";
    case SgxError::invalid_sig_struct: return "SGX_INVALID_SIG_STRUCT";
    case SgxError::invalid_attribute: return "SGX_INVALID_ATTRIBUTE";
    case SgxError::blkstate: return "SGX_BLKSTATE";
    case SgxError::invalid_measurement: return "SGX_INVALID_MEASUREMENT";
    case SgxError::notblockable: return "SGX_NOTBLOCKABLE";
    case SgxError::pg_invld: return "SGX_PG_INVLD";
    case SgxError::lockfail: return "SGX_LOCKFAIL";
    case SgxError::invalid_signature: return "SGX_INVALID_SIGNATURE";
    case SgxError::mac_compare_fail: return "SGX_MAC_COMPARE_FAIL";
    case SgxError::page_not_blocked: return "SGX_PAGE_NOT_BLOCKED";
    case SgxError::not_tracked: return "SGX_NOT_TRACKED";
    case SgxError::va_slot_occupied: return "SGX_VA_SLOT_OCCUPIED";
    case SgxError::child_present: return "SGX_CHILD_PRESENT";
    case SgxError::enclave_act: return "SGX_ENCLAVE_ACT";
    case SgxError::entryepoch_locked: return "SGX_ENTRYEPOCH_LOCKED";
    case SgxError::invalid_einittoken: return "SGX_INVALID_EINITTOKEN";
    case SgxError::prev_trk_incmpl: return "SGX_PREV_TRK_INCMPL";
    case SgxError::pg_is_secs: return "SGX_PG_IS_SECS";
    case SgxError::page_attributes_mismatch: return "SGX_PAGE_ATTRIBUTES_MISMATCH";
    case SgxError::page_not_modifiable: return "SGX_PAGE_NOT_MODIFIABLE";
    case SgxError::page_not_debuggable: return "SGX_PAGE_NOT_DEBUGGABLE";
    case SgxError::invalid_counter: return "SGX_INVALID_COUNTER";
    case SgxError::pg_nonepc: return "SGX_PG_NONEPC";
    case SgxError::track_not_required: return "SGX_TRACK_NOT_REQUIRED";
    case SgxError::invalid_cpusvn: return "SGX_INVALID_CPUSVN";
    case SgxError::invalid_isvsvn: return "SGX_INVALID_ISVSVN";
    case SgxError::unmasked_event: return "SGX_UNMASKED_EVENT";
    case SgxError::invalid_keyname: return "SGX_INVALID_KEYNAME";
  }
  return "unknown SGX error";
}

}  // namespace sgxx::isa
