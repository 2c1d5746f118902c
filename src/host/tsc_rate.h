// SPDX-License-Identifier: Apache-2.0
//
// TscRate: how fast the time stamp counter runs against CLOCK_MONOTONIC, from two readings of both: one when it is made, one when
// it is asked.
#pragma once

#include "base/checked.h"

namespace sgxx::host {

class TscRate {
 public:
  TscRate() : begin_(sample()) {}
  /// 0 when too little time has passed to say.
  u64 hertz() const;

 private:
  struct Sample {
    u64 tsc, nanoseconds;
  };
  static Sample sample();

  Sample begin_;
};

}  // namespace sgxx::host
