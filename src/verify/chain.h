// SPDX-License-Identifier: Apache-2.0
//
// The paths from certificates to a root key that is trusted, as of a time. What is wrong goes into the verdict, all of it.
#pragma once

#include "verify/store.h"

namespace sgxx::verify {

/// The verdict being written.
class Findings {
 public:
  explicit Findings(Verdict& target) : verdict(target) {}

  /// Once, however often it is found.
  void refuse(Reason reason, std::string detail);
  void expires(Time time);

  Verdict& verdict;
};

class Chains {
 public:
  /// `own` are the certificates that came with the quote.
  Chains(const Store& store, std::span<const Certificate> own, std::span<const FixedBytes<65>> roots, Time as_of,
         Findings& findings)
      : store_(store), own_(own), roots_(roots), as_of_(as_of), findings_(findings) {}

  struct Path {
    bool authentic =
        false;  ///< fit for its role, not revoked, and ends in a trusted root key; its dates are refusals of their own
    const Certificate* leaf = nullptr;
    const Certificate* intermediate = nullptr;  ///< of a PCK certificate
    const Certificate* root = nullptr;
  };
  /// The path from a PCK certificate over an intermediate to the root, or from a TCB signing certificate to the root.
  Path check(const Certificate& leaf, Role role);

  /// Refuses authorities that came with the quote, are not on its path, and were signed by nobody: no bit of a quote is for
  /// nothing.
  void check_strays(const Path& path);

 private:
  bool is_fit(const Certificate& certificate, Role role);
  const Certificate* issuer_of(const Certificate& certificate, Role role);
  bool is_trusted_root(const Certificate& root);
  /// False when it was revoked; a list that is missing or outdated is a refusal of its own.
  bool is_unrevoked(const Certificate& certificate, Role role, const Certificate& issuer);
  const RevocationList* list_of(const Certificate& issuer);

  const Store& store_;
  std::span<const Certificate> own_;
  std::span<const FixedBytes<65>> roots_;
  Time as_of_;
  Findings& findings_;
};

}  // namespace sgxx::verify
