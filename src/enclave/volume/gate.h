// SPDX-License-Identifier: Apache-2.0
//
// Gate: many may be inside at once, until one closes it; then nobody, until it is opened again.
#pragma once

#include "enclave/lock.h"

namespace sgxx::enclave {

class Gate {
 public:
  void enter() {
    for (;;) {
      inside_.fetch_add(1);
      if (!closed_.load()) return;
      inside_.fetch_sub(1);
      await([this] { return !closed_.load(); });
    }
  }
  void leave() { inside_.fetch_sub(1); }
  /// One at a time.
  void close() {
    closed_.store(true);
    await([this] { return inside_.load() == 0; });
  }
  void open() { closed_.store(false); }

 private:
  template <class Holds>
  static void await(Holds holds) {
    for (u32 tries = 1; !holds(); ++tries) {
      asm volatile("pause");
      if (tries % 512 == 0) host::yield();
    }
  }
  std::atomic<u32> inside_{0};
  std::atomic<bool> closed_{false};
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
