// SPDX-License-Identifier: Apache-2.0
//
// A running enclave, seen from outside: one host thread for each thread block that was ever started, each with its HostArea.
// A host thread whose enclave thread ended waits to be entered again, so that a new one costs a wake-up and not a clone.
#pragma once

#include <pthread.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "abi/config.h"
#include "abi/host_call.h"
#include "host/events.h"
#include "host/handles.h"
#include "host/loader.h"
#include "host/pulse.h"
#include "host/ring.h"
#include "host/run.h"
#include "host/tsc_rate.h"

namespace sgxx::host {

/// A word to sleep on: `signal` makes one `wait` return, now or later. One sleeper at a time.
class Sleeper {
 public:
  /// 0, or -ETIMEDOUT after `deadline` (ns of CLOCK_MONOTONIC; ~0: never), or -EINTR.
  i64 wait(u64 deadline);
  void signal();
  /// True once for a signal that came before.
  bool take_signal();

 private:
  std::atomic<u32> state_{0};  // 0: nobody, 1: signalled, 2: asleep
};

struct HostThread {
  u32 index = 0;
  EnclaveOffset tcs;
  abi::HostArea* area = nullptr;
  pthread_t pthread{};
  bool created = false;
  std::atomic<bool> is_prepared{false};
  std::atomic<bool> living{false};       // between its first entry and ExitKind::thread_done
  std::atomic<i64> cpu_time_before = 0;  // ns of CLOCK_THREAD_CPUTIME_ID at the enclave thread's start
  int interrupt_event = -1;              // eventfd: ends a wait for files
  std::atomic<u32> polling{0};           // in such a wait, or about to be
  std::atomic<u64> blocking{0};          // odd: in a system call that only a signal ends, or about to be; grows
  u64 exits = 0;                         // with host calls; its own thread's
  u64 exits_since = 0;                   // ns, when the counting of a window of them began
  Sleeper sleeper;                       // the enclave's `wait`
  Sleeper start;                         // to become another enclave thread
  Pulse pulse;
};

class Process {
 public:
  Process(device::Device& device, LoadedEnclave enclave, const TscRate& counter);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Starts the first thread and waits for the end of the program.
  Result<Ending> run(const RunOptions& options);

  // For the service.
  Handles& handles() { return handles_; }
  const std::vector<Folder>& folders() const { return enclave_.folders; }
  /// Those that have a HostArea.
  template <class Function>
  void for_each_thread(Function function) {
    for (u32 i = 0, count = prepared_.load(); i < count; ++i) {
      if (threads_[i].is_prepared.load()) function(threads_[i]);
    }
  }
  i64 start_thread(u64 index);
  /// `use(service)` without another thread's at the same time; null when there is no service.
  template <class Use>
  auto with_quoting(Use use) {
    const std::lock_guard lock(quoting_mutex_);
    return use(quoting_);
  }
  /// Null when nothing is to be counted.
  Recorder* recorder() const { return recorder_.get(); }
  i64 clock_read(u64 clock, u64 thread);
  i64 wake(u64 index);
  i64 interrupt(u64 index);
  i64 protect(u64 offset, u64 length, u64 bits);
  /// The enclave looks for what came from outside: the next signal of `admitted` that did, or 0; it wants to be called again at
  /// `deadline`, ns of CLOCK_MONOTONIC.
  i64 attend(HostThread& thread, u64 deadline, u64 admitted);
  void end(ExitStatus status);
  /// After `end`: for threads that have nothing more to do.
  [[noreturn]] void await_end();

 private:
  static void* thread_main(void* self);
  static void on_interrupt(void* self, int signal_number, EnclaveOffset tcs);
  void live(HostThread& thread);
  i64 end_blocking_call(HostThread& thread);
  i64 answer(HostThread& thread);
  Report report() const;
  bool handle_fault(HostThread& thread);
  bool has_ended();
  bool has_lost_thread();
  void call_attention();
  Result<void> prepare(HostThread& thread);
  Result<void> write_start_info(HostThread& thread, const RunOptions& options);

  device::Device& device_;
  LoadedEnclave enclave_;
  TscRate counter_;
  std::unique_ptr<Recorder> recorder_;  // null when nothing is to be counted
  std::unique_ptr<HostThread[]> threads_;
  Handles handles_;
  std::mutex quoting_mutex_;
  QuotingService* quoting_ = nullptr;
  Ring ring_{*this};
  std::atomic<u32> prepared_{0};  // one more than the highest index of a thread that has a HostArea
  std::mutex mutex_;
  Events events_;
  Pulse waiting_pulse_;                  // of the thread that waits for the end
  std::atomic<bool> unanswered_{false};  // a thread was told of an event and no thread has attended since
  std::atomic<u32> next_told_{0};
  bool has_ended_ = false;
  i64 cpu_time_before_ = 0;      // ns of CLOCK_PROCESS_CPUTIME_ID
  clockid_t waiting_clock_{};    // processor time of the thread that waits for the end
  i64 waiting_time_before_ = 0;  // ns of it
  ExitStatus status_;
};

}  // namespace sgxx::host
