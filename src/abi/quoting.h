// SPDX-License-Identifier: Apache-2.0
//
// What the host and the software SGX's quoting enclave say to each other, over the enclave's standard input and output. Each
// request and each answer is a QuotingMessage and as many bytes as it says; all lengths are known beforehand, and any other ends
// the conversation. What the quoting enclave signs is complete without the host; certificates are put behind it by the host.
#pragma once

#include "isa/quote.h"

namespace sgxx::abi {

enum class QuotingKind : u32 {
  introduce = 1,  // a TargetInfo: prove to that enclave who you are -> introduction
  introduction,   // QuotingIntroduction
  quote,          // a Report, which was made for the quoting enclave -> quoted or refused
  quoted,         // Quoted
  refused,        // nothing: the report's MAC is wrong, so it was made by another machine, or for another enclave, or forged
};

struct QuotingMessage {
  u32 kind;    // QuotingKind
  u32 length;  // bytes that follow
};
static_assert(Crossable<QuotingMessage>);

struct QuotingIntroduction {
  isa::TargetInfo target;  // of the quoting enclave
  isa::Report report;      // for the target of the request; report data = SHA-256(attestation_key, authentication_data), zeroes
  isa::EcdsaPublicKey attestation_key;
  std::array<u8, 32> authentication_data;
  std::array<u8, 496> reserved;
};
static_assert(Crossable<QuotingIntroduction> && sizeof(QuotingIntroduction) == 1536);

/// The part of a quote that the attestation key signs, and its signature.
struct Quoted {
  isa::QuoteHeader header;
  isa::ReportBody body;
  isa::EcdsaSignature signature;
};
static_assert(Crossable<Quoted> && sizeof(Quoted) == 496);

}  // namespace sgxx::abi
