// SPDX-License-Identifier: Apache-2.0
//
// Name resolution for programs that know nothing of enclaves. A C library reads in /etc/resolv.conf whom to ask and sends a DNS
// query there; the runtime's /etc/resolv.conf names an address that no network has, and a datagram to it is answered here: the
// query is read, the host is asked for the addresses of the name by one typed call, and what it says becomes the answer. The
// answer is the host's word, as a real name server's would be.
#pragma once

#include "enclave/lock.h"
#include "enclave/net/socket_calls.h"

namespace sgxx::enclave {

/// 240.0.0.53: of a block that is routed nowhere.
inline constexpr std::array<u8, 4> kResolverAddress = {240, 0, 0, 53};
inline constexpr u16 kResolverPort = 53;

bool is_resolver(const SocketAddress& address);
SocketAddress resolver_address();

/// The queries of one socket and their answers.
class Resolver {
 public:
  static constexpr u64 kMostBytes = 512;  // of a query or an answer

  /// A datagram to the resolver. What is no query is dropped, as a name server would. EINTR when the thread was woken.
  Outcome<> ask(Transfer& transfer);
  /// The oldest answer; EAGAIN. With `keep` it stays the oldest. How long it was.
  Outcome<u64> take(Transfer& transfer, bool keep);
  /// Of the oldest answer; 0: there is none.
  u64 next_length();

 private:
  struct Answer {
    u64 length;
    std::array<u8, kMostBytes> bytes;
  };
  static constexpr u32 kMostAnswers = 6;

  SpinLock lock_;
  u32 first_ = 0, count_ = 0;
  std::array<Answer, kMostAnswers> answers_{};  // a ring
};

}  // namespace sgxx::enclave
