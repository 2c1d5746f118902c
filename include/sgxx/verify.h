// SPDX-License-Identifier: Apache-2.0
//
// For relying parties: is this quote what a genuine platform said, in what state is that platform, and is it an enclave that we
// accept? The first two questions are answered by appraise(), from the quote and collateral alone; the third by judge(), from a
// policy. verify() is both; a Verifier serves many quotes. Nothing here reads files, clocks, the environment or the network,
// keeps state or starts threads, so it runs inside an enclave as it does outside. It needs OpenSSL 3's libcrypto.
// docs/attestation.md tells the whole story.
//
// Sources: Intel "SGX ECDSA Quote Library Reference DCAP API" and "TDX DCAP Quoting Library API" (quotes), "SGX PCK Certificate
// and Certificate Revocation List Profile Specification", and the API documentation of the Provisioning Certification Service
// (TCB info, QE identity, and how a TCB level is found).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sgxx::verify {

using ByteView = std::span<const std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;
template <std::size_t length>
using FixedBytes = std::array<std::uint8_t, length>;
using Time = std::chrono::sys_seconds;

/// In what state a platform is, in the words of Intel's TCB info. `unknown`: no authentic statement was found.
enum class TcbStatus {
  up_to_date,
  sw_hardening_needed,
  configuration_needed,
  configuration_and_sw_hardening_needed,
  out_of_date,
  out_of_date_configuration_needed,
  revoked,
  unknown,
};
/// "UpToDate", "SWHardeningNeeded", ...
const char* name_of(TcbStatus status);

/// The status of a whole whose parts have these: revoked if one is, out of date if one is, in need of what each needs.
TcbStatus merge(TcbStatus a, TcbStatus b);

/// Who vouches for the platform.
enum class Root {
  none,      ///< no chain to a root was found
  intel,     ///< Intel's SGX root key
  insecure,  ///< a software platform: protects nothing
  other,     ///< another key that the caller trusts
};
const char* name_of(Root root);

/// Why a quote is refused. name_of() is stable, for scripts; explanation_of() is a sentence for a person.
enum class Reason {
  // What appraise() finds.
  quote_malformed,
  quote_unsupported,
  evidence,
  quote_signature,
  signature_out_of_range,
  attestation_key,
  attestation_key_unbound,
  qe_report_signature,
  certificate_malformed,
  pck_certificate_missing,
  pck_extension,
  ppid_mismatch,
  chain_incomplete,
  chain_signature,
  root_untrusted,
  certificate_profile,
  certificate_not_yet_valid,
  certificate_expired,
  certificate_revoked,
  crl_malformed,
  crl_missing,
  crl_signature,
  crl_not_yet_valid,
  crl_expired,
  tcb_signing_missing,
  tcb_info_malformed,
  tcb_info_missing,
  tcb_info_signature,
  tcb_info_not_yet_valid,
  tcb_info_expired,
  tcb_info_other_platform,
  tcb_level_missing,
  tcb_revoked,
  tdx_module,
  qe_identity_malformed,
  qe_identity_missing,
  qe_identity_signature,
  qe_identity_not_yet_valid,
  qe_identity_expired,
  qe_identity_mismatch,
  qe_level_missing,
  // What judge() finds.
  policy_names_nobody,
  identity_not_accepted,
  debug,
  attributes,
  insecure_root,
  tcb_status,
  advisory,
  evaluation_number,
  crl_number,
  platform_not_listed,
  time_before_bound,
  report_data,
};
inline constexpr Reason kFirstPolicyReason = Reason::policy_names_nobody;
inline constexpr Reason kLastReason = Reason::report_data;
const char* name_of(Reason reason);
const char* explanation_of(Reason reason);

struct Refusal {
  Reason reason;
  std::string detail;  ///< which certificate, which value; may hold text from the evidence, made printable
};

/// What an SGX enclave's report says. SDM vol. 3D, "REPORT".
struct EnclaveIdentity {
  FixedBytes<32> mr_enclave{};
  FixedBytes<32> mr_signer{};
  std::uint16_t product_id = 0;
  std::uint16_t version = 0;  ///< ISVSVN
  std::uint64_t attributes = 0;
  std::uint64_t xfrm = 0;
  std::uint32_t misc_select = 0;
  std::uint8_t cet_attributes = 0;
  FixedBytes<16> cpu_svn{};
  FixedBytes<64> config_id{};
  std::uint16_t config_svn = 0;
  FixedBytes<16> family_id{};
  FixedBytes<16> extended_product_id{};
};

/// What a TDX trust domain's report says.
struct DomainIdentity {
  FixedBytes<48> mr_td{};
  std::array<FixedBytes<48>, 4> rtmr{};
  FixedBytes<48> mr_config_id{};
  FixedBytes<48> mr_owner{};
  FixedBytes<48> mr_owner_config{};
  std::uint64_t attributes = 0;
  std::uint64_t xfam = 0;
  FixedBytes<16> tee_tcb_svn{};
  FixedBytes<48> mr_seam{};
  FixedBytes<48> mr_signer_seam{};
  std::uint64_t seam_attributes = 0;
  std::optional<FixedBytes<16>> tee_tcb_svn_2;  ///< TDX 1.5
  std::optional<FixedBytes<48>> mr_service_td;  ///< TDX 1.5
};

/// What the quote itself says of its platform, outside of all signatures: hints where to look for the PCK certificate.
struct Certification {
  std::uint16_t type = 0;  ///< certification data type 1 to 5
  Bytes ppid;              ///< types 1 to 3; encrypted for Intel in types 2 and 3
  std::optional<FixedBytes<16>> cpu_svn;
  std::optional<std::uint16_t> pce_svn;
  std::optional<std::uint16_t> pce_id;
};

/// What the PCK certificate says of the platform.
struct Platform {
  FixedBytes<16> ppid{};
  FixedBytes<6> fmspc{};
  FixedBytes<2> pce_id{};
  FixedBytes<16> tcb_components{};
  std::uint16_t pce_svn = 0;
  FixedBytes<16> cpu_svn{};
  unsigned sgx_type = 0;                            ///< 0 standard, 1 scalable, 2 scalable with integrity
  std::optional<FixedBytes<16>> platform_instance;  ///< platforms of several packages
  std::optional<bool> dynamic_platform;             ///< packages can be added
  std::optional<bool> cached_keys;
  std::optional<bool> smt_enabled;
};

/// Everything that is known about a quote. A field holds what the evidence says even when the verdict is a refusal, except that
/// `status`, its parts and `advisories` come from authentic collateral alone.
struct Verdict {
  std::vector<Refusal> refusals;
  bool judged = false;  ///< a policy was applied

  /// Authentic, complete and within its dates; says nothing about whom it speaks of.
  bool genuine() const;
  /// Genuine, and a policy accepts it.
  bool accepted() const { return judged && refusals.empty(); }
  bool has(Reason reason) const;

  unsigned quote_version = 0;
  std::optional<EnclaveIdentity> enclave;
  std::optional<DomainIdentity> domain;
  FixedBytes<64> report_data{};
  Certification certification;

  FixedBytes<16> qe_vendor{};
  FixedBytes<20> qe_user_data{};
  EnclaveIdentity quoting_enclave;

  Root root = Root::none;
  FixedBytes<65> root_key{};  ///< uncompressed point; zero without a root
  std::optional<Platform> platform;

  TcbStatus status = TcbStatus::unknown;  ///< of all parts together
  TcbStatus platform_status = TcbStatus::unknown;
  TcbStatus qe_status = TcbStatus::unknown;
  std::optional<TcbStatus> tdx_module_status;
  std::optional<Time> tcb_date;  ///< of the platform's TCB level
  std::vector<std::string> advisories;

  std::optional<Time> earliest_expiry;  ///< of certificates, CRLs, TCB info and QE identity used
  std::optional<std::uint64_t> root_crl_number;
  std::optional<std::uint64_t> pck_crl_number;
  std::optional<std::uint32_t> tcb_evaluation_number;  ///< of the TCB info
  std::optional<std::uint32_t> qe_evaluation_number;   ///< of the QE identity
};

/// What must be fetched to check a quote. Each list may hold more than is needed, in any order; what does not concern the quote
/// is passed over, what cannot be read is a refusal.
struct Collateral {
  std::vector<Bytes> certificates;   ///< DER, or PEM with any number in one entry
  std::vector<Bytes> crls;           ///< DER, PEM, or DER in hexadecimal as caching services send it
  std::vector<Bytes> tcb_infos;      ///< JSON, exactly as received: the signature is over these bytes
  std::vector<Bytes> qe_identities;  ///< the same
};

/// Intel's SGX root key, an uncompressed point on P-256.
extern const FixedBytes<65> kIntelRootKey;

/// The one certificate in `certificate` (PEM or DER) as a root key; nothing when it cannot be read.
std::optional<FixedBytes<65>> root_key_of(ByteView certificate);

/// What a policy may accept beyond the best. The names are what a policy file says in `accept = [...]`.
enum class Accept : unsigned {
  debug,                ///< "debug": the host may read and change the enclave's memory
  insecure_root,        ///< "insecure-root": a software platform, which protects nothing
  sw_hardening_needed,  ///< "sw-hardening-needed", and so on as the status
  configuration_needed,
  configuration_and_sw_hardening_needed,
  out_of_date,
  out_of_date_configuration_needed,
  any_advisory,   ///< "any-advisory": advisories that the policy does not name
  provision_key,  ///< "provision-key": enclaves that may derive the platform's provisioning keys
};
inline constexpr Accept kLastAccept = Accept::provision_key;
const char* name_of(Accept token);
std::optional<Accept> accept_named(std::string_view name);

/// A value some of whose bits matter.
template <class T>
struct Masked {
  T value{};
  T mask{};
};

/// An enclave that is accepted: all that is given must hold. It needs MRENCLAVE, or MRSIGNER with product and lowest version.
struct EnclaveRule {
  std::optional<FixedBytes<32>> mr_enclave;
  std::optional<FixedBytes<32>> mr_signer;
  std::optional<std::uint16_t> product_id;
  std::optional<std::uint16_t> min_version;
  std::optional<FixedBytes<16>> family_id;
  std::optional<FixedBytes<16>> extended_product_id;
  /// What the loader may choose. Zero, unless it is given here or any_config is set.
  std::optional<FixedBytes<64>> config_id;
  std::optional<std::uint16_t> min_config_svn;
  bool any_config = false;
  std::optional<Masked<std::uint64_t>> attributes;
  std::optional<Masked<std::uint64_t>> xfrm;
  std::optional<Masked<std::uint32_t>> misc_select;
};

/// A trust domain that is accepted. It needs MRTD. Registers that are not given may have any value.
struct DomainRule {
  std::optional<FixedBytes<48>> mr_td;
  std::array<std::optional<FixedBytes<48>>, 4> rtmr;
  /// What the host chooses at launch. Zero, unless it is given here or any_config is set.
  std::optional<FixedBytes<48>> mr_config_id;
  std::optional<FixedBytes<48>> mr_owner;
  std::optional<FixedBytes<48>> mr_owner_config;
  bool any_config = false;
  std::optional<Masked<std::uint64_t>> attributes;
  std::optional<Masked<std::uint64_t>> xfam;
};

/// Who is accepted, in which state. A default-made policy names nobody and therefore accepts nobody.
struct Policy {
  std::vector<EnclaveRule> enclaves;
  std::vector<DomainRule> domains;
  std::vector<Accept> accept;
  std::vector<std::string> advisories;      ///< that are known and accepted
  std::vector<FixedBytes<65>> roots;        ///< in place of Intel's root key; empty: Intel's
  std::uint32_t min_evaluation_number = 0;  ///< of TCB info and QE identity
  std::uint64_t min_root_crl_number = 0;
  std::uint64_t min_pck_crl_number = 0;
  std::vector<FixedBytes<16>> platforms;  ///< PPIDs or platform instances; empty: any
  std::optional<Time> not_before;         ///< a bound that is trusted: an earlier "as of" is refused
  std::optional<FixedBytes<64>> report_data;

  bool accepts(Accept token) const;
};

/// Collateral that was read and whose signatures were checked, for quotes to come. Any number of threads may use one.
class Verifier {
 public:
  /// `roots` are the root keys that are trusted; empty: Intel's alone. Collateral that is wrong shows in every verdict.
  Verifier(const Collateral& collateral, std::span<const FixedBytes<65>> roots);
  ~Verifier();
  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;

  /// Is the quote genuine? `as_of` is when all dates are looked at: inside an enclave the clock is the host's, so whoever calls
  /// says which time is meant (and Policy::not_before what it is at least).
  Verdict appraise(ByteView quote, Time as_of) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

/// The same for one quote.
Verdict appraise(ByteView quote, const Collateral& collateral, std::span<const FixedBytes<65>> roots, Time as_of);

/// Adds to a verdict what the policy refuses. `as_of` as in appraise().
void judge(Verdict& verdict, const Policy& policy, Time as_of);

/// Both.
Verdict verify(ByteView quote, const Collateral& collateral, const Policy& policy, Time as_of);

/// The verdict as JSON, indented; docs/attestation.md lists the members.
std::string to_json(const Verdict& verdict);

}  // namespace sgxx::verify
