// SPDX-License-Identifier: Apache-2.0
#include "host/quote_calls.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sgxx::host {
namespace {

/// The program sees a number only; a person wants to know why. Once, lest a program that tries again and again fills the
/// terminal.
i64 number_of(const Error& error) {
  static std::atomic<bool> said{false};
  if (!said.exchange(true)) std::fprintf(stderr, "sgxx: no quote: %s\n", error.message().c_str());
  switch (error.kind()) {
    case ErrorKind::unsupported: return -ENODEV;
    case ErrorKind::bad_input: return -EINVAL;
    case ErrorKind::system:
    case ErrorKind::refused: return -EIO;
  }
  return -EIO;
}

}  // namespace

i64 quote_target(Process& process, HostThread& thread) {
  return process.with_quoting([&thread](QuotingService* service) -> i64 {
    if (service == nullptr) return -ENODEV;
    const auto target = service->target();
    if (!target) return number_of(target.error());
    std::memcpy(thread.area->data.data(), &*target, sizeof(*target));
    return 0;
  });
}

i64 quote(Process& process, HostThread& thread) {
  return process.with_quoting([&thread](QuotingService* service) -> i64 {
    if (service == nullptr) return -ENODEV;
    const auto made = service->quote(*read_at<isa::Report>(thread.area->data, 0));
    if (!made) return number_of(made.error());
    if (made->size() > abi::kMostQuoteBytes) return -EIO;
    std::memcpy(thread.area->data.data(), made->data(), made->size());
    return static_cast<i64>(made->size());
  });
}

}  // namespace sgxx::host
