// SPDX-License-Identifier: Apache-2.0
//
// Reports: what one enclave can prove to another on the same machine. EREPORT makes one for a target, with a key that only the
// processor and the target have; the target checks it with that key (SDM vol. 3D, EREPORT). A quote is made from a report too.
#pragma once

#include <sgxx/identity.h>

namespace sgxx {

/// 64 bytes that the reporting enclave chooses: a hash of what it wants to be believed for.
using ReportData = Id<struct ReportDataMeaning, 64>;

class Report;

/// Whom a report is for (SDM: TARGETINFO).
class TargetInfo {
 public:
  static constexpr std::size_t kSize = 512;

  /// This enclave as a target: give it to those who shall prove something to this enclave.
  static TargetInfo own();
  /// The enclave that made `report`. Nothing needs to be believed: a report for the wrong target convinces nobody.
  static TargetInfo of(const Report& report);
  /// Throws `malformed` unless there are 512 bytes whose reserved ones are zero.
  static TargetInfo from_bytes(ByteView bytes);

  ByteView bytes() const { return bytes_; }

 private:
  explicit TargetInfo(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}
  std::array<std::uint8_t, kSize> bytes_;
};

/// A report as it travels (SDM: REPORT). What it says is a claim until `verify_report` has seen it.
class Report {
 public:
  static constexpr std::size_t kSize = 432;

  /// Throws `malformed` unless there are 432 bytes.
  static Report from_bytes(ByteView bytes);

  ByteView bytes() const { return bytes_; }
  Identity claimed_identity() const;
  ReportData claimed_data() const;

 private:
  explicit Report(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}
  friend Report create_report(const TargetInfo& target, const ReportData& data);
  std::array<std::uint8_t, kSize> bytes_;
};

/// Throws `bad_argument` for a target that the processor would not take.
Report create_report(const TargetInfo& target, const ReportData& data = {});

/// What a report says, now that it is known to be true: an enclave of this identity, on this processor, chose this data.
struct VerifiedReport {
  Identity identity;
  ReportData data;
};

/// Checks a report that was made for this enclave. Throws `not_authentic` when it was made for another, on another machine,
/// before the last restart of this one, or changed on its way. Says nothing about whom to accept: look at the identity, at DEBUG
/// first.
VerifiedReport verify_report(const Report& report);

}  // namespace sgxx
