// SPDX-License-Identifier: Apache-2.0
//
// Certificates and revocation lists in the shape of Intel's for SGX ("Intel SGX PCK Certificate and Certificate Revocation List
// Profile Specification"). Every field that a verifier must look at is a knob, so that tests can make it wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "device/soft/pki/ec_key.h"

namespace sgxx::device::soft {

using Bytes = std::vector<u8>;
using UnixTime = i64;  // seconds

inline constexpr UnixTime kYear2024 = 1704067200;  // 2024-01-01
inline constexpr UnixTime kYear2050 = 2524607999;  // 2049-12-31, 23:59:59

/// The value of extension 1.2.840.113741.1.13.1 in a PCK certificate.
struct SgxExtensionKnobs {
  std::array<u8, 16> ppid{};
  std::array<u16, 16> components{};  // bytes, in certificates that are right
  u16 pce_svn = 1;
  std::array<u8, 16> cpu_svn{};
  std::array<u8, 2> pce_id{};
  std::array<u8, 6> fmspc{};
  u8 sgx_type = 0;  // 0 standard, 1 scalable, 2 scalable with integrity
  /// Of certificates under a platform CA: the instance, and that keys are cached and SMT is on.
  std::optional<std::array<u8, 16>> platform_instance_id;
};

Bytes sgx_extension(const SgxExtensionKnobs& knobs);

struct CertificateKnobs {
  std::string common_name;
  std::string organization = "sgxx INSECURE software SGX";
  UnixTime not_before = kYear2024;
  UnixTime not_after = kYear2050;
  std::optional<int> path_length;                // a CA with this path length; none: not a CA
  std::string key_usage;                         // as OpenSSL's configuration spells it; empty: by what the certificate is for
  std::string extended_key_usage;                // the same; empty: none
  std::optional<std::string> basic_constraints;  // the same, "critical," included; empty text: no such extension
  std::string extra_critical;                    // identifier of a critical extension that nobody knows; empty: none
  Bytes serial;                                  // empty: the key's identifier
  std::optional<Bytes> sgx;                      // value of the SGX extension
};

/// The subject of a certificate or of an issuer, and its key.
struct Party {
  const CertificateKnobs& knobs;
  const EcKey& key;
};

/// DER of `subject`'s certificate, signed by `issuer`.
Bytes make_certificate(const Party& subject, const Party& issuer);

struct CrlKnobs {
  u32 number = 1;
  UnixTime this_update = kYear2024;
  UnixTime next_update = kYear2050;
  std::vector<Bytes> revoked;  // serial numbers, big-endian
};

/// DER of `issuer`'s list.
Bytes make_crl(const Party& issuer, const CrlKnobs& knobs);

/// SHA-1 of the public key's point, as RFC 5280 identifies a key: the serial number of certificates that name none.
Bytes key_identifier(const EcKey& key);

/// PEM of DER. `label` is "CERTIFICATE" or "X509 CRL".
std::string to_pem(ByteView der, const char* label = "CERTIFICATE");

}  // namespace sgxx::device::soft
