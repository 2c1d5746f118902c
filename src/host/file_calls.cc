// SPDX-License-Identifier: Apache-2.0
#include "host/file_calls.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace sgxx::host {
namespace {

constexpr i64 kNanosecondsPerSecond = 1'000'000'000;

i64 result_of(ssize_t result) { return result < 0 ? -errno : result; }

bool is_ready(int descriptor, short events) {
  pollfd entry{descriptor, events, 0};
  return poll(&entry, 1, 0) == 1;
}

}  // namespace

i64 poll_interruptibly(HostThread& thread, std::span<pollfd> entries, i64 timeout) {
  entries.back() = {thread.interrupt_event, POLLIN, 0};
  const timespec time{timeout / kNanosecondsPerSecond, timeout % kNanosecondsPerSecond};
  thread.polling = 1;
  // Whoever wakes this thread either sees that it polls, or has left its word with the sleeper.
  int ready = -1;
  errno = EINTR;
  if (!thread.sleeper.take_signal()) ready = ppoll(entries.data(), entries.size(), timeout < 0 ? nullptr : &time, nullptr);
  const int reason = errno;
  thread.polling = 0;
  if (ready < 0) return -reason;
  if (entries.back().revents == 0) return ready;
  eventfd_t count = 0;
  eventfd_read(thread.interrupt_event, &count);
  return ready > 1 ? ready - 1 : -EINTR;
}

void forget_wakes(HostThread& thread) {
  (void)thread.sleeper.take_signal();
  eventfd_t count = 0;
  (void)eventfd_read(thread.interrupt_event, &count);
}

i64 wait_for(HostThread& thread, int descriptor, short events, i64 timeout) {
  std::array<pollfd, 2> entries{{{descriptor, events, 0}, {}}};
  const i64 ready = poll_interruptibly(thread, entries, timeout);
  if (ready < 0) return ready;
  return ready == 0 ? -EAGAIN : 0;
}

// The standard streams are blocking files that other processes share, so they are asked before they are read or written.
i64 read_handle(Process& process, HostThread& thread, u64 length, u64 handle, i64 timeout) {
  const int descriptor = process.handles().descriptor(handle);
  if (const i64 waited = wait_for(thread, descriptor, POLLIN, timeout); waited < 0) return waited;
  return result_of(::read(descriptor, thread.area->data.data(), std::min(length, abi::kHostDataSize)));
}

i64 write_handle(Process& process, HostThread& thread, u64 length, u64 handle, i64 timeout) {
  const int descriptor = process.handles().descriptor(handle);
  if (timeout == 0 && !is_ready(descriptor, POLLOUT)) return -EAGAIN;
  return result_of(::write(descriptor, thread.area->data.data(), std::min(length, abi::kHostDataSize)));
}

i64 poll_handles(Process& process, HostThread& thread, u64 count, i64 timeout) {
  constexpr size_t kFew = 16;
  if (count > abi::kMostPollEntries) return -EINVAL;
  auto* const asked = reinterpret_cast<abi::PollEntry*>(thread.area->data.data());
  std::array<pollfd, kFew + 1> few;
  std::vector<pollfd> many(count > kFew ? count + 1 : 0);
  const std::span<pollfd> entries = count > kFew ? std::span(many) : std::span(few).first(count + 1);
  for (size_t i = 0; i < count; ++i) {
    entries[i] = {process.handles().descriptor(asked[i].handle), static_cast<short>(asked[i].events), 0};
  }
  const i64 ready = poll_interruptibly(thread, entries, timeout);
  for (size_t i = 0; i < count; ++i) asked[i].ready = ready < 0 ? 0 : static_cast<u16>(entries[i].revents);
  return ready;
}

i64 create_epoll(Process& process, u64 handle) { return process.handles().adopt(handle, epoll_create1(EPOLL_CLOEXEC)); }

i64 control_epoll(Process& process, const std::array<u64, 5>& args) {
  epoll_event event{};
  event.events = static_cast<u32>(args[3]);
  event.data.u64 = args[4];
  const Handles& handles = process.handles();
  return result_of(epoll_ctl(handles.descriptor(args[0]), static_cast<int>(args[1]), handles.descriptor(args[2]), &event));
}

i64 wait_epoll(Process& process, HostThread& thread, u64 handle, u64 most, i64 timeout) {
  constexpr u64 kMostAtOnce = 64;
  std::array<epoll_event, kMostAtOnce> events;
  const int descriptor = process.handles().descriptor(handle);
  const int limit = static_cast<int>(std::clamp(most, u64{1}, kMostAtOnce));
  const timespec time{timeout / kNanosecondsPerSecond, timeout % kNanosecondsPerSecond};
  const auto wait = [&] {  // the C library's own wrapper is a cancellation point, which costs
    return result_of(syscall(SYS_epoll_pwait2, descriptor, events.data(), limit, timeout < 0 ? nullptr : &time, nullptr, 0));
  };
  const i64 count = timeout == 0 ? wait() : block_interruptibly(thread, wait);
  if (count < 0) return count;
  auto* const ready = reinterpret_cast<abi::EpollReady*>(thread.area->data.data());
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) ready[i] = {events[i].data.u64, events[i].events, 0};
  return count;
}

}  // namespace sgxx::host
