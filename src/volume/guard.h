// SPDX-License-Identifier: Apache-2.0
//
// Guard: the volume's lock, held for as long as it lives, but for pieces of waiting in between.
#pragma once

#include "volume/environment.h"

namespace sgxx::volume {

class Guard {
 public:
  explicit Guard(const Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { mutex_.unlock(); }

  /// The result of `wait`, which runs without the lock: what was looked up before may have changed.
  template <class Wait>
  auto without(Wait wait) {
    mutex_.unlock();
    auto result = wait();
    mutex_.lock();
    return result;
  }

 private:
  const Mutex& mutex_;
};

}  // namespace sgxx::volume
