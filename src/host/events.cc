// SPDX-License-Identifier: Apache-2.0
#include "host/events.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <bit>

namespace sgxx::host {
namespace {

constexpr u64 kNanosecondsPerSecond = 1'000'000'000;

sigset_t set_of(u64 mask) {
  sigset_t set;
  sigemptyset(&set);
  for (; mask != 0; mask &= mask - 1) sigaddset(&set, std::countr_zero(mask) + 1);
  return set;
}

}  // namespace

Result<void> Events::open() {
  const sigset_t none = set_of(0);
  notice_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  alarm_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  signals_ = signalfd(-1, &none, SFD_CLOEXEC | SFD_NONBLOCK);
  if (notice_ < 0 || alarm_ < 0 || signals_ < 0) return system_error("cannot make descriptors for events");
  return {};
}

void Events::admit(u64 mask) {
  if (admitted_.exchange(mask) == mask) return;
  const sigset_t set = set_of(mask);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  eventfd_write(notice_, 1);
  // A signal that comes before the main thread has blocked it would end the process.
  for (u64 followed = followed_.load(); followed != mask; followed = followed_.load()) followed_.wait(followed);
}

sigset_t Events::blocked() const { return set_of(admitted_.load()); }

u64 Events::take_signal() {
  for (;;) {
    const u64 arrived = arrived_.load();
    if (arrived == 0) return 0;
    const int lowest = std::countr_zero(arrived);
    if ((arrived_.fetch_and(~(u64{1} << lowest)) >> lowest & 1) != 0) return static_cast<u64>(lowest) + 1;
  }
}

void Events::set_alarm(u64 deadline) {
  itimerspec time{};
  if (deadline != ~u64{0}) {
    const u64 at = deadline == 0 ? 1 : deadline;  // 0 would switch it off
    time.it_value = {static_cast<time_t>(at / kNanosecondsPerSecond), static_cast<long>(at % kNanosecondsPerSecond)};
  }
  timerfd_settime(alarm_, TFD_TIMER_ABSTIME, &time, nullptr);
}

void Events::end() { eventfd_write(notice_, 1); }

void Events::follow_mask() {
  const u64 mask = admitted_.load();
  if (mask == followed_.load()) return;
  const sigset_t set = set_of(mask);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signalfd(signals_, &set, 0);
  followed_.store(mask);
  followed_.notify_all();
}

bool Events::fetch_signals() {
  bool any = false;
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) == sizeof info) {
    arrived_.fetch_or(u64{1} << (info.ssi_signo - 1));
    any = true;
  }
  return any;
}

bool Events::wait(int milliseconds) {
  std::array<pollfd, 3> entries{{{notice_, POLLIN, 0}, {alarm_, POLLIN, 0}, {signals_, POLLIN, 0}}};
  if (poll(entries.data(), entries.size(), milliseconds) <= 0) return false;
  u64 count = 0;
  if (entries[0].revents != 0 && read(notice_, &count, sizeof count) > 0) follow_mask();
  const bool rang = entries[1].revents != 0 && read(alarm_, &count, sizeof count) > 0;
  const bool came = entries[2].revents != 0 && fetch_signals();
  return rang || came;
}

}  // namespace sgxx::host
