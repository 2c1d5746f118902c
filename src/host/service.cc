// SPDX-License-Identifier: Apache-2.0
#include "host/service.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sgxx::host {
namespace {

using abi::HostCallNumber;

constexpr u64 kNanosecondsPerSecond = 1'000'000'000;

i64 result_of(ssize_t result) { return result < 0 ? -errno : result; }

/// Polls descriptors for `timeout` ns (-1: for ever) or until the thread is interrupted (-EINTR).
i64 poll_interruptibly(HostThread& thread, std::span<pollfd> entries, i64 timeout) {
  entries.back() = {thread.interrupt_event, POLLIN, 0};
  timespec time{timeout / static_cast<i64>(kNanosecondsPerSecond), timeout % static_cast<i64>(kNanosecondsPerSecond)};
  const int ready = ppoll(entries.data(), entries.size(), timeout < 0 ? nullptr : &time, nullptr);
  if (ready < 0) return -errno;
  if (entries.back().revents == 0) return ready;
  eventfd_t count = 0;
  eventfd_read(thread.interrupt_event, &count);
  return -EINTR;
}

i64 stream_read(HostThread& thread, u64 length, u64 stream) {
  std::array<pollfd, 2> entries{{{static_cast<int>(stream), POLLIN, 0}, {}}};
  const i64 ready = poll_interruptibly(thread, entries, -1);
  if (ready < 0) return ready;
  return result_of(::read(static_cast<int>(stream), thread.area->data.data(), std::min(length, abi::kHostDataSize)));
}

i64 stream_write(HostThread& thread, u64 length, u64 stream) {
  return result_of(::write(static_cast<int>(stream), thread.area->data.data(), std::min(length, abi::kHostDataSize)));
}

i64 stream_poll(HostThread& thread, u64 interest, i64 timeout) {
  std::array<pollfd, 4> entries{};
  for (int stream = 0; stream < 3; ++stream) {
    entries[static_cast<size_t>(stream)].fd = stream;
    if ((interest >> stream & 1) != 0) entries[static_cast<size_t>(stream)].events |= POLLIN;
    if ((interest >> stream & 16) != 0) entries[static_cast<size_t>(stream)].events |= POLLOUT;
    if (entries[static_cast<size_t>(stream)].events == 0) entries[static_cast<size_t>(stream)].fd = -1;
  }
  const i64 count = poll_interruptibly(thread, entries, timeout);
  if (count < 0) return count;
  u64 ready = 0;
  for (int stream = 0; stream < 3; ++stream) {
    const short events = entries[static_cast<size_t>(stream)].revents;
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) ready |= u64{1} << stream;
    if ((events & (POLLOUT | POLLERR)) != 0) ready |= u64{16} << stream;
  }
  return static_cast<i64>(ready & interest);
}

[[noreturn]] void park() {
  for (;;) pause();
}

}  // namespace

i64 serve(Process& process, HostThread& thread) {
  const abi::HostCall call = thread.area->call;
  const auto& args = call.args;
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::stream_read: return stream_read(thread, args[0], args[1]);
    case HostCallNumber::stream_write: return stream_write(thread, args[0], args[1]);
    case HostCallNumber::stream_poll: return stream_poll(thread, args[0], static_cast<i64>(args[1]));
    case HostCallNumber::clock_read: return process.clock_read(args[0], args[1]);
    case HostCallNumber::wait: return thread.sleeper.wait(args[0]);
    case HostCallNumber::wake: return process.wake(args[0]);
    case HostCallNumber::thread_start: return process.start_thread(args[0]);
    case HostCallNumber::thread_interrupt: return process.interrupt(args[0]);
    case HostCallNumber::protect: return process.protect(args[0], args[1], args[2]);
    case HostCallNumber::exit:
      process.end(args[1] != 0 ? ExitStatus{ExitStatus::Kind::signaled, static_cast<unsigned>(args[1])}
                               : ExitStatus{ExitStatus::Kind::exited, static_cast<unsigned>(args[0])});
      park();
    case HostCallNumber::yield: return sched_yield() == 0 ? 0 : -errno;
    case HostCallNumber::console: return result_of(::write(2, thread.area->data.data(), std::min(args[0], abi::kHostDataSize)));
  }
  return -ENOSYS;
}

}  // namespace sgxx::host
