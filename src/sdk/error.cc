// SPDX-License-Identifier: Apache-2.0
#include "sgxx/error.h"

namespace sgxx {

const char* name_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::not_in_enclave: return "not_in_enclave";
    case ErrorCode::bad_argument: return "bad_argument";
    case ErrorCode::malformed: return "malformed";
    case ErrorCode::not_authentic: return "not_authentic";
    case ErrorCode::newer_version: return "newer_version";
    case ErrorCode::other_enclave: return "other_enclave";
    case ErrorCode::not_accepted: return "not_accepted";
    case ErrorCode::refused_by_peer: return "refused_by_peer";
    case ErrorCode::refused_by_sgx: return "refused_by_sgx";
    case ErrorCode::worn_out: return "worn_out";
    case ErrorCode::no_randomness: return "no_randomness";
    case ErrorCode::connection_broken: return "connection_broken";
    case ErrorCode::no_quote: return "no_quote";
    case ErrorCode::wrong_key: return "wrong_key";
    case ErrorCode::rolled_back: return "rolled_back";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::storage: return "storage";
    case ErrorCode::cryptography: return "cryptography";
  }
  return "unknown";
}

}  // namespace sgxx
