// SPDX-License-Identifier: Apache-2.0
//
// How the SDK fails: with one exception type, which says what kind of failure it is, for programs, and what to do, for people.
// Nothing else is thrown, except std::bad_alloc. Every function says in its comment which codes it throws beside
// `not_in_enclave`, which all throw that need the processor's SGX when there is none.
#pragma once

#include <stdexcept>
#include <string>

namespace sgxx {

enum class ErrorCode {
  not_in_enclave,     ///< the program runs outside of an enclave, or on a runtime that has no such call
  bad_argument,       ///< the caller asked for something that makes no sense; a bug of the program
  malformed,          ///< bytes that are not what they claim to be: too short, a wrong version, a length that lies
  not_authentic,      ///< a MAC, tag or signature is wrong: damaged, forged, or made with a key that this enclave does not get
  newer_version,      ///< sealed by a security version above this enclave's own, or by newer processor microcode
  other_enclave,      ///< meant for another enclave: the identity that it names is not this one's
  not_accepted,       ///< the peer is genuine, but the policy does not accept it
  refused_by_peer,    ///< the other side's policy does not accept this enclave
  refused_by_sgx,     ///< the processor refused with an SGX error code
  worn_out,           ///< a key has protected as much as it may
  no_randomness,      ///< the random number generator is empty, or repeats itself
  connection_broken,  ///< the byte stream ended, or the other side did not keep to the protocol
  no_quote,           ///< there is no quote to be had: not granted, no quoting enclave, or the host gives none
  wrong_key,          ///< a volume that this key does not open
  rolled_back,        ///< older than what is known to have been, or another history
  conflict,           ///< somebody else has changed meanwhile what was to be changed
  unavailable,        ///< a service gives no answer in time; later it may
  storage,            ///< the disk is full, or the host refuses to read or write it
  cryptography,       ///< OpenSSL failed where it never should: out of memory, or an algorithm is missing
};

/// "not_in_enclave"
const char* name_of(ErrorCode code) noexcept;

class SdkError : public std::runtime_error {
 public:
  SdkError(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace sgxx
