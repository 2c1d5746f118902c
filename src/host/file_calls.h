// SPDX-License-Identifier: Apache-2.0
//
// Host calls on handles: reading, writing and waiting. A wait ends when the thread is woken or interrupted (-EINTR).
#pragma once

#include <poll.h>

#include <cerrno>

#include "host/process.h"

namespace sgxx::host {

/// Polls `entries`, whose last is left free for the thread's own event, for `timeout` ns (-1: for ever); how many are ready, 0,
/// or -EINTR when the thread was woken.
i64 poll_interruptibly(HostThread& thread, std::span<pollfd> entries, i64 timeout);
/// The same for one descriptor: 0 when it is ready for `events`, -EAGAIN after the timeout.
i64 wait_for(HostThread& thread, int descriptor, short events, i64 timeout);

/// The thread is awake: what told it so is over.
void forget_wakes(HostThread& thread);
/// Calls `call`, which blocks until it has a result or a signal ends it, and which Linux does not start again after one.
template <class Call>
i64 block_interruptibly(HostThread& thread, Call call) {
  const u64 before = thread.blocking.load(std::memory_order_relaxed);  // only this thread changes it
  thread.blocking.store(before + 1);
  // Whoever wakes this thread either sees that it blocks, or has left its word with the sleeper.
  const i64 result = thread.sleeper.take_signal() ? -EINTR : call();
  thread.blocking.store(before + 2, std::memory_order_release);
  if (result == -EINTR) forget_wakes(thread);
  return result;
}

i64 read_handle(Process& process, HostThread& thread, u64 length, u64 handle, i64 timeout);
i64 write_handle(Process& process, HostThread& thread, u64 length, u64 handle, i64 timeout);
i64 poll_handles(Process& process, HostThread& thread, u64 count, i64 timeout);
i64 create_epoll(Process& process, u64 handle);
i64 control_epoll(Process& process, const std::array<u64, 5>& args);
i64 wait_epoll(Process& process, HostThread& thread, u64 handle, u64 most, i64 timeout);

}  // namespace sgxx::host
