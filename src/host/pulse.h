// SPDX-License-Identifier: Apache-2.0
//
// Pulse: whether a thread still lives. A thread that ends in a way that nobody planned (the system can end one alone) can tell
// nobody; the kernel does, by the robust mutex that the thread holds all its life.
#pragma once

#include <pthread.h>

#include <atomic>

namespace sgxx::host {

class Pulse {
 public:
  Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  /// The calling thread's, from now on; once.
  void begin();
  /// False before `begin`. Asked by one thread at a time.
  bool has_stopped();
  /// Returns when the thread, which must have begun, has ended. Of several who wait one is told.
  void wait_for_stop();

 private:
  pthread_mutex_t mutex_;
  std::atomic<bool> begun_{false}, stopped_{false};
};

}  // namespace sgxx::host
