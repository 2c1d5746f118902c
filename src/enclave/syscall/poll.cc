// SPDX-License-Identifier: Apache-2.0
//
// poll, select, epoll.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/signal/signals.h"
#include "enclave/syscall/table.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kNanosecondsPerMillisecond = 1'000'000;
constexpr u32 kReadable =
    poll_event::in | poll_event::read_normal | poll_event::read_band | poll_event::hang_up | poll_event::error;
constexpr u32 kWritable = poll_event::out | poll_event::write_normal | poll_event::write_band | poll_event::error;

/// struct pollfd.
struct PollEntry {
  i32 descriptor;
  u16 events, revents;
};

/// The items of one poll or select, with a reference to each file.
class PollSet {
 public:
  static Outcome<PollSet> of(u64 count) {
    PollSet set(count);
    if (count > kInside) set.items_ = static_cast<PollItem*>(TRY(allocate(count * sizeof(PollItem))));
    return set;
  }
  PollSet(PollSet&& other) noexcept : items_(std::exchange(other.items_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  ~PollSet() {
    for (u64 i = 0; i < count_; ++i) {
      if (at(i).file != nullptr) at(i).file->release();
    }
    if (items_ != nullptr) release_memory(items_, count_ * sizeof(PollItem));
  }
  PollItem& at(u64 index) { return items_ != nullptr ? items_[index] : inside_[index]; }
  Outcome<u64> wait(u64 deadline) { return poll_files(&at(0), count_, deadline); }

 private:
  static constexpr u64 kInside = 8;
  explicit PollSet(u64 count) : count_(count) {}
  std::array<PollItem, kInside> inside_{};
  PollItem* items_ = nullptr;
  u64 count_;
};

Outcome<u64> deadline_from(u64 address) {
  if (address == 0) return kForever;
  const u64 duration = TRY(load_time(address));
  return duration == 0 ? u64{0} : deadline_after(duration);
}

u64 deadline_in_milliseconds(u64 argument) {
  const i32 timeout = static_cast<i32>(argument);
  if (timeout <= 0) return timeout < 0 ? kForever : 0;
  return deadline_after(static_cast<u64>(timeout) * kNanosecondsPerMillisecond);
}

/// The signal mask at `address` holds until the call has returned.
Outcome<> use_mask(u64 address, u64 size) {
  if (address == 0) return {};
  if (size != sizeof(u64)) return fail(Errno::inval);
  const u64 mask = TRY(load<u64>(address));
  set_mask_for_call(current(), mask);
  return {};
}

Outcome<u64> poll_entries(u64 address, u64 count, u64 deadline) {
  if (count > descriptor_limit()) return fail(Errno::inval);
  TRY(check_range(address, count * sizeof(PollEntry)));
  TRY(check_writable(address, count * sizeof(PollEntry)));
  PollSet set = TRY(PollSet::of(count));
  u64 invalid = 0;
  for (u64 i = 0; i < count; ++i) {
    const PollEntry entry = TRY(load<PollEntry>(address + i * sizeof(PollEntry)));
    if (entry.descriptor < 0) continue;
    auto file = file_of(static_cast<u32>(entry.descriptor));
    if (!file.ok()) {
      set.at(i).ready = poll_event::invalid;
      ++invalid;
      continue;
    }
    set.at(i).file = file->take();
    set.at(i).events = entry.events;
  }
  const u64 ready = TRY(set.wait(invalid != 0 ? 0 : deadline));
  for (u64 i = 0; i < count; ++i) {
    PollEntry entry = TRY(load<PollEntry>(address + i * sizeof(PollEntry)));
    const bool bad = entry.descriptor >= 0 && set.at(i).file == nullptr;
    entry.revents = bad ? static_cast<u16>(poll_event::invalid) : static_cast<u16>(set.at(i).ready);
    TRY(store(address + i * sizeof(PollEntry), entry));
  }
  return ready + invalid;
}

/// Three fd_sets of select: which conditions each asks for.
struct Sets {
  std::array<u64, 3> addresses;  // 0: none
  static constexpr std::array<u32, 3> kConditions{kReadable, kWritable, poll_event::priority};
};

Outcome<bool> is_in(u64 set, u64 descriptor) {
  if (set == 0) return false;
  const u64 word = TRY(load<u64>(set + descriptor / 64 * 8));
  return (word >> descriptor % 64 & 1) != 0;
}

Outcome<u64> select_until(u64 count, const Sets& sets, u64 deadline) {
  if (static_cast<i32>(count) < 0) return fail(Errno::inval);
  count = count < descriptor_limit() ? count : descriptor_limit();
  PollSet set = TRY(PollSet::of(count));
  for (u64 i = 0; i < count; ++i) {
    u32 events = 0;
    for (u32 kind = 0; kind < 3; ++kind) {
      if (TRY(is_in(sets.addresses[kind], i))) events |= Sets::kConditions[kind] & ~poll_event::always;
    }
    if (events == 0) continue;
    set.at(i).file = TRY(file_of(i)).take();
    set.at(i).events = events;
  }
  TRY(set.wait(deadline));
  u64 total = 0;
  for (u32 kind = 0; kind < 3; ++kind) {
    if (sets.addresses[kind] == 0) continue;
    for (u64 first = 0; first < count; first += 64) {
      const u64 asked = TRY(load<u64>(sets.addresses[kind] + first / 8));
      u64 answer = 0;
      for (u64 i = first; i < count && i < first + 64; ++i) {
        const bool ready = set.at(i).file != nullptr && (set.at(i).ready & Sets::kConditions[kind]) != 0;
        if ((asked >> (i - first) & 1) == 0 || !ready) continue;
        answer |= u64{1} << (i - first);
        ++total;
      }
      TRY(store(sets.addresses[kind] + first / 8, answer));
    }
  }
  return total;
}

Outcome<FileReference> epoll_of(u64 descriptor) {
  FileReference file = TRY(file_of(descriptor));
  if (file->kind() != FileKind::epoll) return fail(Errno::inval);
  return file;
}

Outcome<u64> epoll_wait_until(SyscallFrame& frame, u64 deadline) {
  constexpr i32 kMostEvents = 0x7fff'ffff / static_cast<i32>(sizeof(EpollEvent));
  const i32 most = static_cast<i32>(frame.rdx);
  if (most <= 0 || most > kMostEvents) return fail(Errno::inval);
  const FileReference file = TRY(epoll_of(frame.rdi));
  TRY(check_writable(frame.rsi, sizeof(EpollEvent)));
  return static_cast<Epoll&>(*file).wait(frame.rsi, static_cast<u64>(most), deadline);
}

Outcome<u64> make_epoll(CloseOnExec close_on_exec) {
  return open_descriptor(FileReference(TRY(create<Epoll>(u32{0}))), close_on_exec);
}

}  // namespace

Outcome<u64> poll(SyscallFrame& frame) { return poll_entries(frame.rdi, frame.rsi, deadline_in_milliseconds(frame.rdx)); }

Outcome<u64> ppoll(SyscallFrame& frame) {
  const u64 deadline = TRY(deadline_from(frame.rdx));
  TRY(use_mask(frame.r10, frame.r8));
  return poll_entries(frame.rdi, frame.rsi, deadline);
}

Outcome<u64> select(SyscallFrame& frame) {
  u64 deadline = kForever;
  if (frame.r8 != 0) {
    Timespec time = TRY(load<Timespec>(frame.r8));
    if (time.nanoseconds < 0) return fail(Errno::inval);
    time.seconds += time.nanoseconds / 1'000'000;
    time.nanoseconds = time.nanoseconds % 1'000'000 * 1000;  // struct timeval
    const u64 duration = TRY(nanoseconds_of(time));
    deadline = duration == 0 ? 0 : deadline_after(duration);
  }
  return select_until(frame.rdi, {{frame.rsi, frame.rdx, frame.r10}}, deadline);
}

Outcome<u64> pselect6(SyscallFrame& frame) {
  const u64 deadline = TRY(deadline_from(frame.r8));
  if (frame.r9 != 0) {
    const auto argument = TRY((load<std::array<u64, 2>>(frame.r9)));
    TRY(use_mask(argument[0], argument[1]));
  }
  return select_until(frame.rdi, {{frame.rsi, frame.rdx, frame.r10}}, deadline);
}

Outcome<u64> epoll_create(SyscallFrame& frame) {
  if (static_cast<i32>(frame.rdi) <= 0) return fail(Errno::inval);
  return make_epoll(CloseOnExec::no);
}

Outcome<u64> epoll_create1(SyscallFrame& frame) {
  if ((frame.rdi & ~u64{open_flag::close_on_exec}) != 0) return fail(Errno::inval);
  return make_epoll(frame.rdi != 0 ? CloseOnExec::yes : CloseOnExec::no);
}

Outcome<u64> epoll_ctl(SyscallFrame& frame) {
  constexpr u64 kDelete = 2;
  EpollEvent event{};
  if (frame.rsi != kDelete) event = TRY(load<EpollEvent>(frame.r10));
  const FileReference epoll = TRY(file_of(frame.rdi));
  FileReference file = TRY(file_of(frame.rdx));
  if (!visit(*file, [](auto& kind) { return kind.can_be_polled(); })) return fail(Errno::perm);
  if (epoll->kind() != FileKind::epoll) return fail(Errno::inval);
  TRY(static_cast<Epoll&>(*epoll).change(static_cast<u32>(frame.rsi), std::move(file), static_cast<u32>(frame.rdx), event));
  return u64{0};
}

Outcome<u64> epoll_wait(SyscallFrame& frame) { return epoll_wait_until(frame, deadline_in_milliseconds(frame.r10)); }

Outcome<u64> epoll_pwait(SyscallFrame& frame) {
  TRY(use_mask(frame.r8, frame.r9));
  return epoll_wait_until(frame, deadline_in_milliseconds(frame.r10));
}

Outcome<u64> epoll_pwait2(SyscallFrame& frame) {
  const u64 deadline = TRY(deadline_from(frame.r10));
  TRY(use_mask(frame.r8, frame.r9));
  return epoll_wait_until(frame, deadline);
}

}  // namespace sgxx::enclave::syscall
