// SPDX-License-Identifier: Apache-2.0
//
// Gate: many may be inside at once, until one closes it; then nobody, until it is opened again.
#pragma once

#include "enclave/thread/sleep_lock.h"

namespace sgxx::enclave {

class Gate {
 public:
  void enter() {
    for (;;) {
      inside_.fetch_add(1);
      if (!closed_.load()) return;
      inside_.fetch_sub(1);
      Guard until_it_opens(closer_);
    }
  }
  void leave() { inside_.fetch_sub(1); }
  /// Who is inside holds nobody up for long.
  void close() {
    closer_.lock();
    closed_.store(true);
    for (u32 tries = 1; inside_.load() != 0; ++tries) {
      asm volatile("pause");
      if (tries % 512 == 0) host::yield();
    }
  }
  void open() {
    closed_.store(false);
    closer_.unlock();
  }

 private:
  std::atomic<u32> inside_{0};
  std::atomic<bool> closed_{false};
  SleepLock closer_;  // held while it is closed
};

class [[nodiscard]] GatePass {
 public:
  explicit GatePass(Gate& gate) : gate_(gate) { gate_.enter(); }
  GatePass(const GatePass&) = delete;
  GatePass& operator=(const GatePass&) = delete;
  ~GatePass() { gate_.leave(); }

 private:
  Gate& gate_;
};

}  // namespace sgxx::enclave
