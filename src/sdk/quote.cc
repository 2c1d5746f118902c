// SPDX-License-Identifier: Apache-2.0
#include "sgxx/quote.h"

#include <algorithm>

#include "isa/quote.h"
#include "sdk/enclave_call.h"

namespace sgxx {

QuoteBytes create_quote(const ReportData& data) {
  const TargetInfo target = TargetInfo::from_bytes(as_bytes_of(sdk::quote_target()));
  const Report report = create_report(target, data);
  QuoteBytes quote = sdk::quote(*read_at<isa::Report>(report.bytes(), 0));
  const auto body = slice(quote, sizeof(isa::QuoteHeader), sizeof(isa::ReportBody));
  if (!body || !std::ranges::equal(*body, report.bytes().first(sizeof(isa::ReportBody)))) {
    throw SdkError(ErrorCode::no_quote, "quote: the host gave one of another report");
  }
  return quote;
}

}  // namespace sgxx
