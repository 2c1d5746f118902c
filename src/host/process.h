// SPDX-License-Identifier: Apache-2.0
//
// A running enclave, seen from outside: one host thread for each thread block that was ever started, each with its HostArea.
// A host thread whose enclave thread ended waits to be entered again, so that a new one costs a wake-up and not a clone.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "abi/config.h"
#include "abi/host_call.h"
#include "host/handles.h"
#include "host/loader.h"
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
  std::atomic<i64> cpu_time_before = 0;  // ns of CLOCK_THREAD_CPUTIME_ID at the enclave thread's start
  int interrupt_event = -1;              // eventfd: ends a wait for files
  std::atomic<u32> polling{0};           // in such a wait, or about to be
  Sleeper sleeper;                       // the enclave's `wait`
  Sleeper start;                         // to become another enclave thread
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
  i64 start_thread(u64 index);
  i64 clock_read(u64 clock, u64 thread);
  i64 wake(u64 index);
  i64 interrupt(u64 index);
  i64 protect(u64 offset, u64 length, u64 bits);
  void end(ExitStatus status);

 private:
  static void* thread_main(void* self);
  static void on_interrupt(void* self, int signal_number, EnclaveOffset tcs);
  void live(HostThread& thread);
  i64 answer(HostThread& thread);
  Report report() const;
  bool handle_fault(HostThread& thread);
  Result<void> prepare(HostThread& thread);
  Result<void> write_start_info(HostThread& thread, const RunOptions& options);

  device::Device& device_;
  LoadedEnclave enclave_;
  TscRate counter_;
  std::unique_ptr<Recorder> recorder_;  // null when nothing is to be counted
  std::unique_ptr<HostThread[]> threads_;
  Handles handles_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
  i64 cpu_time_before_ = 0;  // ns of CLOCK_PROCESS_CPUTIME_ID
  ExitStatus status_;
};

}  // namespace sgxx::host
