// SPDX-License-Identifier: Apache-2.0
//
// signalfd: pending signals that are read instead of delivered. What is read and what counts as ready are the signals of the
// thread that asks, and those of the process.
#pragma once

#include "enclave/file/open_file.h"

namespace sgxx::enclave {

class SignalFile : public OpenFile {
 public:
  SignalFile(u64 signals, u32 flags);
  ~SignalFile();

  void set_signals(u64 signals);
  Outcome<> read(Transfer& transfer);
  Outcome<u64> seek(i64, u32) { return u64{0}; }
  u32 ready();

  /// A signal has become pending somewhere: who waits for it looks.
  static void on_signal(u32 number);

 private:
  std::atomic<u64> signals_;
  SignalFile* next_ = nullptr;  // all of them; guarded by the event lock
};

}  // namespace sgxx::enclave
