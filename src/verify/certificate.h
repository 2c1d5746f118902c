// SPDX-License-Identifier: Apache-2.0
//
// One X.509 certificate or revocation list, as far as chains of SGX platforms use them: version 3, ECDSA over P-256 with SHA-256.
// What a certificate may be used for is decided by its profile (below), not by its place in a list.
#pragma once

#include <memory>

#include "base/result.h"
#include "sgxx/verify.h"
#include "verify/crypto.h"

struct x509_st;
struct X509_crl_st;

namespace sgxx::verify {

/// The four kinds of certificate in a platform's chains.
enum class Role { root, intermediate, pck, tcb_signing };
const char* name_of(Role role);

class Certificate {
 public:
  /// One DER certificate and nothing behind it. The error says what is wrong.
  static Result<Certificate, std::string> parse(ByteView der);

  const std::string& name() const { return common_name_; }
  const std::string& issuer_name() const { return issuer_name_; }
  const Bytes& subject() const { return subject_; }
  const Bytes& issuer() const { return issuer_; }
  const Bytes& serial() const { return serial_; }
  const Bytes& der() const { return der_; }
  Time not_before() const { return not_before_; }
  Time not_after() const { return not_after_; }
  const FixedBytes<65>& point() const { return point_; }
  /// Contents of the SGX extension, which makes it a PCK certificate.
  const std::optional<Bytes>& sgx_extension() const { return sgx_extension_; }
  bool is_authority() const { return authority_; }

  /// The key, for raw signatures.
  const PublicKey& key() const { return *key_; }

  bool is_signed_by(const Certificate& issuer) const;

  /// What forbids the use in `role`: basic constraints, key usage, extended key usage, name, unknown critical extensions. Empty:
  /// nothing.
  std::string unfit_for(Role role) const;

 private:
  friend class RevocationList;
  struct Deleter {
    void operator()(x509_st* certificate) const;
  };
  Certificate() = default;
  Result<void, std::string> read_fields();
  Result<void, std::string> read_extensions();

  std::unique_ptr<x509_st, Deleter> object_;
  Bytes der_, subject_, issuer_, serial_;
  std::string common_name_, issuer_name_;
  FixedBytes<65> point_{};
  std::optional<PublicKey> key_;  ///< set by parse()
  Time not_before_, not_after_;
  std::optional<Bytes> sgx_extension_;
  bool authority_ = false;
  std::string forbidding_extension_;  ///< an extension that forbids every use here
};

class RevocationList {
 public:
  static Result<RevocationList, std::string> parse(ByteView der);

  const Bytes& issuer() const { return issuer_; }
  Time this_update() const { return this_update_; }
  Time next_update() const { return next_update_; }
  u64 number() const { return number_; }
  bool is_signed_by(const Certificate& issuer) const;
  /// `certificate` is of this list's issuer.
  bool lists(const Certificate& certificate) const;

 private:
  struct Deleter {
    void operator()(X509_crl_st* list) const;
  };
  RevocationList() = default;

  std::unique_ptr<X509_crl_st, Deleter> object_;
  Bytes issuer_;
  std::vector<Bytes> serials_;  ///< sorted
  Time this_update_, next_update_;
  u64 number_ = 0;
};

}  // namespace sgxx::verify
