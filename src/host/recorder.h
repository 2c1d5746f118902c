// SPDX-License-Identifier: Apache-2.0
//
// What a host can see of a running enclave: `sgxx run --stats` and `--trace`. Without a Recorder nothing is counted. Each thread
// counts for itself, so that counting does not make threads wait for each other; the report adds up.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "abi/host_call.h"
#include "device/device.h"

namespace sgxx::host {

inline constexpr u32 kHostCalls = [] {
  u64 most = 0;
#define SGXX_X(name, number, text) most = number > most ? number : most;
  SGXX_HOST_CALLS(SGXX_X)
#undef SGXX_X
  return static_cast<u32>(most) + 1;
}();

/// Counters of one enclave thread; only that thread writes them.
struct ThreadCounts {
  struct Call {
    u64 calls = 0, errors = 0, nanoseconds = 0;
    u64 replies = 0;  // sum of what was replied, for calls that reply with a number of bytes
  };
  std::array<Call, kHostCalls> calls{};
  std::array<u64, 32> exceptions{};  // faults that came back to the host, by vector
  u64 entries = 0;                   // EENTER at CSSA = 0
  u64 exception_entries = 0;         // EENTER at CSSA = 1
  u64 on_ring = 0;                   // host calls that were served without leaving
  u64 lives = 0;                     // enclave threads that started here
};

struct Report {
  ThreadCounts total;
  u64 most_threads = 0;  // alive at once
  u64 nanoseconds = 0;   // from the first entry to the end
  u64 heap_bytes = 0;    // of the image; 0: not known
  /// Bytes of the heap, and of all of the enclave, that were in memory at the end: what was ever touched and not given back to
  /// the host. Nothing where the kernel does not tell (SGX hardware).
  std::optional<u64> heap_resident, resident;
  std::optional<device::AsynchronousExits> asynchronous_exits;
};

class Recorder {
 public:
  /// `trace`: a descriptor that a line for each host call is written to; -1: none.
  Recorder(u32 threads, int trace);

  /// Around a host call. `before` also writes the line of a call that never returns.
  u64 before(u32 thread, const abi::HostCall& call);
  void after(u32 thread, const abi::HostCall& call, i64 reply, u64 began);
  /// The same for a call that the ring served: the thread is inside and waits for it, so its counters are ours for now.
  void after_on_ring(u32 thread, const abi::HostCall& call, i64 reply, u64 began) {
    ++counts_[thread].on_ring;
    after(thread, call, reply, began);
  }
  /// The thread did not wait for what the ring was serving it.
  void left_after_all(u32 thread) { --counts_[thread].on_ring; }
  void exception(u32 thread, const device::Exit& exit);
  void entry(u32 thread) { ++counts_[thread].entries; }
  void exception_entry(u32 thread) { ++counts_[thread].exception_entries; }
  void thread_begins(u32 thread);
  void thread_ends();

  /// What has been counted so far. Threads may still be running: their last few events may be missing.
  Report report() const;

 private:
  void write_line(u64 when, u32 thread, const std::string& what) const;

  std::vector<ThreadCounts> counts_;
  int trace_;
  u64 begin_;
  std::atomic<u64> alive_{0}, most_alive_{0};
};

/// Bytes of [begin, begin + length) of this process's memory that are in memory; nothing where the kernel does not tell.
std::optional<u64> resident_bytes(u64 begin, u64 length);

/// "stream_write(bytes=5, stream=1)": names and number of the arguments come out of the table of host calls.
std::string describe(const abi::HostCall& call);

/// "#UD undefined instruction"
const char* exception_name(u64 vector);

/// A row of the table of host calls. `name` is null for a number that is none.
struct HostCallRow {
  const char* name = nullptr;
  const char* text = nullptr;
};
HostCallRow host_call_row(u64 number);

}  // namespace sgxx::host
