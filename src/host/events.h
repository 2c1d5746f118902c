// SPDX-License-Identifier: Apache-2.0
//
// What reaches a running enclave from outside of its own calls: signals that it admits, the alarm of its timers, and the end. The
// process's main thread waits for them. Signals that the enclave does not admit keep their effect on this process.
#pragma once

#include <signal.h>

#include <atomic>

#include "base/checked.h"
#include "base/error.h"

namespace sgxx::host {

class Events {
 public:
  /// To be called once, before the first thread starts.
  Result<void> open();

  /// From now on the signals of `mask` (bit n - 1: signal n) are taken here. Called by the first enclave thread, alone.
  void admit(u64 mask);
  /// The signals that every thread of the process has to block.
  sigset_t blocked() const;
  /// The lowest signal that has come, or 0.
  u64 take_signal();

  /// Rings at `deadline`, ns of CLOCK_MONOTONIC; ~0: never.
  void set_alarm(u64 deadline);

  /// Makes `wait` return. May be called in a signal handler.
  void end();

  /// Waits at most `milliseconds` (-1: for ever). True when the enclave should be told: a signal came, or the alarm rang.
  bool wait(int milliseconds);

 private:
  void follow_mask();
  bool fetch_signals();

  int notice_ = -1, alarm_ = -1, signals_ = -1;  // eventfd, timerfd, signalfd
  std::atomic<u64> admitted_{0}, followed_{0}, arrived_{0};
};

}  // namespace sgxx::host
