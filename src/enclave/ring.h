// SPDX-License-Identifier: Apache-2.0
//
// Host calls without leaving. Where a thread of the host's looks at the HostAreas, a call that needs no waiting can be put there
// and its reply awaited inside, which saves the transition. Whether that is faster depends on the machine and on the call, so
// both ways are timed, and the faster one is taken; now and then, ever more rarely, the other one is tried again. The host
// decides whether there is anybody to serve (it doesn't on a machine without a processor to spare), and can make things slow,
// never wrong: a reply is checked in the same way whichever way it came.
#pragma once

#include "abi/host_call.h"

namespace sgxx::enclave::ring {

enum class Way : u8 { leave, stay };

/// One call by the way that is best for it, timed where the other way exists.
class Journey {
 public:
  explicit Journey(const abi::HostCall& call);
  /// True when the reply is there. Otherwise the caller leaves; what was requested stays in the HostArea for the host to find.
  bool served_inside() const { return served_; }
  /// After the reply.
  void end();

 private:
  bool await_reply() const;

  u32 number_;
  bool timed_ = false;
  bool tries_other_ = false;  // the way that was slower
  bool served_ = false;
  Way way_ = Way::leave;
  u64 begin_ = 0;
};

}  // namespace sgxx::enclave::ring
