// SPDX-License-Identifier: Apache-2.0
//
// For tests: a signing key that protects nothing. Making one takes seconds.
#pragma once

#include "image/key.h"
#include "image/test_key.h"

namespace sgxx::device::soft {

inline const image::SigningKey& test_key() {
  static const image::SigningKey key = image::SigningKey::from_pem(image::kTestKey, "the test key").value();
  return key;
}

}  // namespace sgxx::device::soft
