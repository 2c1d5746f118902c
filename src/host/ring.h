// SPDX-License-Identifier: Apache-2.0
//
// The host's side of calls without leaving: a thread that looks at the HostAreas while there are many calls. It runs at the
// scheduler's idle priority, so that it takes a processor from nobody, and sleeps when nothing has come for a while, each time
// longer, so that a machine or a program that has no use for it pays nothing.
#pragma once

#include <pthread.h>
#include <time.h>

#include <atomic>

#include "abi/host_call.h"
#include "host/pulse.h"

namespace sgxx::host {

class Process;
struct HostThread;

class Ring {
 public:
  explicit Ring(Process& process) : process_(process) {}

  /// A thread has left with a host call. True when the ring has served it, or does so now: the reply is in the area.
  bool settle(HostThread& thread);
  /// Counts a thread's exits, and gets somebody to look at the ring when there are many.
  void note_exit(HostThread& thread);
  /// Its thread has been ended by somebody, perhaps in the middle of a call.
  bool is_lost() { return pulse_.has_stopped(); }
  u64 served() const { return served_.load(); }
  /// Of the ring's own thread, ns.
  i64 processor_time() const;

 private:
  static void* thread_main(void* self);
  void look_for_work();
  bool look_once();
  void serve_request(HostThread& thread);
  void announce(bool is_served);
  void start();

  Process& process_;
  pthread_t pthread_{};
  Pulse pulse_;
  std::atomic<u32> state_{0};  // 0: asleep or not started, 1: looking; a futex
  std::atomic<bool> started_{false};
  std::atomic<bool> has_clock_{false};  // clock_ is that of the thread
  clockid_t clock_{};
  std::atomic<u64> sleeps_until_{0};  // ns
  std::atomic<u64> served_{0};
  int kernel_thread_ = 0;
  u64 pause_ = 0;  // ns, how long it sleeps next time nobody needs it
};

}  // namespace sgxx::host
