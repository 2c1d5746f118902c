// SPDX-License-Identifier: Apache-2.0
//
// A status is what is wrong with a platform: it is out of date, its configuration is, its software must be hardened. Merging is
// the union of what is wrong. Intel's rules for merging the platform's status with the quoting enclave's and the TDX module's
// (PCS API documentation, "TCB status") are this union where they are defined, and say nothing of the remaining pairs.
#include <algorithm>
#include <iterator>

#include "verify/tcb_status_names.h"

namespace sgxx::verify {
namespace {

constexpr unsigned kHardening = 1, kConfiguration = 2, kOutOfDate = 4, kRevoked = 8, kUnknown = 16;

struct Row {
  TcbStatus status;
  const char* name;
  unsigned wrong;
};
constexpr Row kRows[] = {
    {TcbStatus::up_to_date, "UpToDate", 0},
    {TcbStatus::sw_hardening_needed, "SWHardeningNeeded", kHardening},
    {TcbStatus::configuration_needed, "ConfigurationNeeded", kConfiguration},
    {TcbStatus::configuration_and_sw_hardening_needed, "ConfigurationAndSWHardeningNeeded", kConfiguration | kHardening},
    {TcbStatus::out_of_date, "OutOfDate", kOutOfDate},
    {TcbStatus::out_of_date_configuration_needed, "OutOfDateConfigurationNeeded", kOutOfDate | kConfiguration},
    {TcbStatus::revoked, "Revoked", kRevoked},
    {TcbStatus::unknown, "unknown", kUnknown},
};
constexpr const Row& row_of(TcbStatus status) { return kRows[static_cast<unsigned>(status)]; }
static_assert(std::ranges::all_of(kRows, [](const Row& row) { return &row == &row_of(row.status); }));

}  // namespace

const char* name_of(TcbStatus status) { return row_of(status).name; }

TcbStatus merge(TcbStatus a, TcbStatus b) {
  unsigned wrong = row_of(a).wrong | row_of(b).wrong;
  // Being revoked is all there is to say; being out of date includes that software there cannot be relied on.
  if ((wrong & kRevoked) != 0) return TcbStatus::revoked;
  if ((wrong & kUnknown) != 0) return TcbStatus::unknown;
  if ((wrong & kOutOfDate) != 0) wrong &= ~kHardening;
  return std::ranges::find(kRows, wrong, &Row::wrong)->status;
}

std::optional<TcbStatus> tcb_status_named(std::string_view name) {
  const auto* row = std::ranges::find_if(kRows, [&](const Row& candidate) { return candidate.name == name; });
  if (row == std::end(kRows) || row->status == TcbStatus::unknown) return std::nullopt;
  return row->status;
}

}  // namespace sgxx::verify
