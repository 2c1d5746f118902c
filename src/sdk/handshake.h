// SPDX-License-Identifier: Apache-2.0
//
// How a channel begins. I is who connects, R who accepts:
//
//   I -> R  hello     I's target info, I's X25519 key
//   R -> I  answer    R's X25519 key; R's report for I, over SHA-256("responder", hello, R's key)
//   I -> R  proof     I's report for R, over SHA-256("initiator", hello, answer)
//   both              accepted, encrypted with keys from the agreed secret and SHA-256("keys", hello, answer, proof)
//
// Each report binds all that was said before and the role of its maker, so nobody can put another key in the middle, send a
// report back to its maker, or use it again: both X25519 keys are fresh. Who does not like the other's identity sends `refusal`
// instead.
#pragma once

#include "sdk/record.h"
#include "sgxx/report.h"

namespace sgxx::sdk {

/// What a handshake asks of the processor; a test has one of its own.
class ReportMaker {
 public:
  virtual ~ReportMaker() = default;
  virtual TargetInfo own_target() = 0;
  virtual Report create(const TargetInfo& target, const ReportData& data) = 0;
  virtual VerifiedReport verify(const Report& report) = 0;
};

struct Session {
  Identity peer;
  RecordKeys out, in;
};

Session handshake_as_initiator(ByteStream& stream, const PeerPolicy& policy, ReportMaker& reports);
Session handshake_as_responder(ByteStream& stream, const PeerPolicy& policy, ReportMaker& reports);

}  // namespace sgxx::sdk
