// SPDX-License-Identifier: Apache-2.0
//
// Quotes: what a quoting enclave signs, and what it appends so that others can check it. Sources: Intel, "SGX ECDSA Quote Library
// Reference DCAP API", appendix A.4 (quote version 3), and "TDX DCAP Quoting Library API", appendix A.3 (versions 4 and 5). All
// integers are little-endian and nothing is padded, so a quote is a row of these structures:
//
//   version 3      QuoteHeader, ReportBody, u32 length, signature
//   version 4      QuoteHeader, ReportBody or TdReport10 (the header's tee_type says which), u32 length, signature
//   version 5      QuoteHeader, QuoteBodyHeader, the body that it names, u32 length, signature
//
//   signature, version 3       EcdsaSignature, EcdsaPublicKey, QeReportSignature, u16 length, authentication data, certification
//   data signature, versions 4, 5   EcdsaSignature, EcdsaPublicKey, certification data of type qe_report, whose bytes are
//                              QeReportSignature, u16 length, authentication data, certification data
//   certification data         CertificationHeader and as many bytes as it says
//
// `length` counts the bytes of the signature. The first EcdsaSignature is the attestation key's, over everything before `length`;
// the one in QeReportSignature is the PCK's, over the quoting enclave's report body, whose report data begins with
// SHA-256(attestation key, authentication data) and ends in zeroes.
#pragma once

#include <string_view>

#include "isa/sgx.h"

namespace sgxx::isa {

/// QuoteHeader::key_type: the attestation key is ECDSA over P-256. The only one that is defined and in use.
inline constexpr u16 kKeyTypeEcdsaP256 = 2;

/// What a quote speaks of.
enum class TeeType : u32 { sgx = 0, tdx = 0x81 };

/// QuoteHeader::vendor_id of Intel's quoting enclaves: 939a7233-f79c-4ca9-940a-0db3957f0607.
inline constexpr std::array<u8, 16> kIntelQeVendor = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                                      0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

struct QuoteHeader {
  u16 version;   // 3, 4 or 5
  u16 key_type;  // kKeyTypeEcdsaP256
  u32 tee_type;  // TeeType; version 3: reserved, 0
  u16 qe_svn;    // version 3 only: the quoting enclave's ISVSVN
  u16 pce_svn;   // version 3 only: the provisioning certification enclave's
  std::array<u8, 16> vendor_id;
  std::array<u8, 20> user_data;  // of the quoting enclave's choice; Intel's puts the platform's id into the first 16 bytes
};
static_assert(sizeof(QuoteHeader) == 48 && offsetof(QuoteHeader, vendor_id) == 12 && offsetof(QuoteHeader, user_data) == 28 &&
              Crossable<QuoteHeader>);

enum class QuoteBodyType : u16 { sgx_report = 1, td_report_1_0 = 2, td_report_1_5 = 3 };

/// Version 5 only, behind the header.
struct [[gnu::packed]] QuoteBodyHeader {
  u16 type;  // QuoteBodyType
  u32 size;  // bytes of the body
};
static_assert(sizeof(QuoteBodyHeader) == 6 && Crossable<QuoteBodyHeader>);

using Hash384 = std::array<u8, 48>;

/// TDATTRIBUTES. Intel TDX module ABI, "TD_ATTRIBUTES".
namespace td_attribute {
inline constexpr u64 debug = 1u << 0;
inline constexpr u64 sept_ve_disable = u64{1} << 28;
inline constexpr u64 migratable = u64{1} << 29;
inline constexpr u64 pks = u64{1} << 30;
inline constexpr u64 key_locker = u64{1} << 31;
inline constexpr u64 perfmon = u64{1} << 63;
}  // namespace td_attribute

/// What the TDX module says of a trust domain (TDREPORT without its MAC), TDX 1.0.
struct TdReport10 {
  std::array<u8, 16> tee_tcb_svn;
  Hash384 mr_seam;
  Hash384 mr_signer_seam;  // zero: Intel's TDX module
  u64 seam_attributes;
  u64 td_attributes;
  u64 xfam;
  Hash384 mr_td;
  Hash384 mr_config_id;
  Hash384 mr_owner;
  Hash384 mr_owner_config;
  std::array<Hash384, 4> rtmr;
  std::array<u8, 64> report_data;
};
static_assert(sizeof(TdReport10) == 584 && offsetof(TdReport10, seam_attributes) == 112 && offsetof(TdReport10, mr_td) == 136 &&
              offsetof(TdReport10, rtmr) == 328 && offsetof(TdReport10, report_data) == 520 && Crossable<TdReport10>);

/// TDX 1.5.
struct TdReport15 {
  TdReport10 base;
  std::array<u8, 16> tee_tcb_svn_2;  // of the TDX module that runs now
  Hash384 mr_service_td;
};
static_assert(sizeof(TdReport15) == 648 && offsetof(TdReport15, mr_service_td) == 600 && Crossable<TdReport15>);

/// r and s, each big-endian.
using EcdsaSignature = std::array<u8, 64>;
/// x and y of a point on P-256, each big-endian.
using EcdsaPublicKey = std::array<u8, 64>;

struct QeReportSignature {
  ReportBody qe_report;
  EcdsaSignature signature;
};
static_assert(sizeof(QeReportSignature) == 448 && Crossable<QeReportSignature>);

/// Certification data: how to find, or the whole of, what certifies the quoting enclave's report.
enum class CertificationType : u16 {
  ppid_plain = 1,       // PpidPlain: of what platform the PCK certificate must be
  ppid_rsa_2048 = 2,    // the same, PPID encrypted for Intel (RSA-OAEP)
  ppid_rsa_3072 = 3,    // the same
  pck_certificate = 4,  // the PCK certificate in PEM
  pck_chain = 5,        // the PCK certificate, the intermediate's and the root's, in PEM
  qe_report = 6,        // versions 4 and 5: see above
};

struct [[gnu::packed]] CertificationHeader {
  u16 type;    // CertificationType
  u32 length;  // bytes behind this header
};
static_assert(sizeof(CertificationHeader) == 6 && Crossable<CertificationHeader>);

/// What follows the (perhaps encrypted) PPID in certification data of types 1 to 3. Some quotes leave the last field out.
struct PlatformTcb {
  std::array<u8, 16> cpu_svn;
  u16 pce_svn;
  u16 pce_id;
};
static_assert(sizeof(PlatformTcb) == 20 && offsetof(PlatformTcb, pce_id) == 18 && Crossable<PlatformTcb>);

/// Common names in the certificate chains that end in a platform's root, behind the name of who vouches: "Intel SGX Root CA".
/// The root signs intermediates and the certificate that signs TCB info and QE identity; an intermediate signs PCK certificates.
namespace certificate_name {
inline constexpr std::string_view intel = "Intel ";
inline constexpr std::string_view insecure = "INSECURE ";  // a software platform: whoever has its root can make any quote
inline constexpr std::string_view root = "SGX Root CA";
inline constexpr std::string_view processor_ca = "SGX PCK Processor CA";
inline constexpr std::string_view platform_ca = "SGX PCK Platform CA";
inline constexpr std::string_view pck = "SGX PCK Certificate";
inline constexpr std::string_view tcb_signing = "SGX TCB Signing";
}  // namespace certificate_name

/// The PCK certificate's extension that says of which platform at which TCB level it is: 1.2.840.113741.1.13.1, as DER contents.
/// Its members' identifiers continue it. Intel, "SGX PCK Certificate and Certificate Revocation List Profile Specification".
inline constexpr std::array<u8, 9> kSgxExtensionOid = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

}  // namespace sgxx::isa
