// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's ASN.1 objects as values of ours; for the two files that hold them.
#pragma once

#include <openssl/asn1.h>
#include <openssl/crypto.h>

#include <ctime>

#include "sgxx/verify.h"

namespace sgxx::verify {

/// The encoding that `encode` (one of the i2d functions) gives; empty when it fails.
template <class Object, class Encode>
Bytes der_of(const Object* object, Encode encode) {
  std::uint8_t* bytes = nullptr;
  const int length = encode(object, &bytes);
  if (length <= 0) return {};
  Bytes der(bytes, bytes + length);
  OPENSSL_free(bytes);
  return der;
}

inline std::optional<Time> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date(year(parts.tm_year + 1900), month(static_cast<unsigned>(parts.tm_mon + 1)),
                            day(static_cast<unsigned>(parts.tm_mday)));
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

}  // namespace sgxx::verify
