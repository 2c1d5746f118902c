// SPDX-License-Identifier: Apache-2.0
//
// Apart from secret.cc, so that a program that compares nothing needs no OpenSSL.
#include <openssl/crypto.h>

#include "sgxx/secret.h"

namespace sgxx {

bool constant_time_equal(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sgxx
