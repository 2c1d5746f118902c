// SPDX-License-Identifier: Apache-2.0
//
// Timers and signals as files: timerfd, signalfd.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kFileFlags = open_flag::close_on_exec | open_flag::nonblocking;

CloseOnExec close_on_exec_in(u64 flags) { return (flags & open_flag::close_on_exec) != 0 ? CloseOnExec::yes : CloseOnExec::no; }

Outcome<FileReference> timer_of(u64 descriptor) {
  FileReference file = TRY(file_of(descriptor));
  if (file->kind() != FileKind::timer) return fail(Errno::inval);
  return file;
}

Outcome<u64> signal_file(u64 descriptor, u64 signals_address, u64 size, u64 flags) {
  if (size != sizeof(u64) || (flags & ~kFileFlags) != 0) return fail(Errno::inval);
  const u64 signals = TRY(load<u64>(signals_address));
  if (static_cast<i32>(descriptor) == -1) {
    auto* const made = TRY(create<SignalFile>(signals, static_cast<u32>(flags) & open_flag::nonblocking));
    return open_descriptor(FileReference(made), close_on_exec_in(flags));
  }
  const FileReference file = TRY(file_of(descriptor));
  if (file->kind() != FileKind::signal) return fail(Errno::inval);
  static_cast<SignalFile&>(*file).set_signals(signals);
  return static_cast<u32>(descriptor);
}

}  // namespace

Outcome<u64> timerfd_create(SyscallFrame& frame) {
  constexpr i32 kRealtime = 0, kMonotonic = 1, kBoottime = 7, kRealtimeAlarm = 8, kBoottimeAlarm = 9;
  if ((frame.rsi & ~kFileFlags) != 0) return fail(Errno::inval);
  const i32 id = static_cast<i32>(frame.rdi);
  if (id == kRealtimeAlarm || id == kBoottimeAlarm) return fail(Errno::perm);
  if (id != kRealtime && id != kMonotonic && id != kBoottime) return fail(Errno::inval);
  if ((enclave_config.grants & abi::grant::time) == 0) return fail(Errno::perm);
  const ClockName clock = TRY(clock_of(id));
  auto* const made = TRY(create<TimerFile>(clock.clock, static_cast<u32>(frame.rsi) & open_flag::nonblocking));
  return open_descriptor(FileReference(made), close_on_exec_in(frame.rsi));
}

/// TFD_TIMER_CANCEL_ON_SET is refused: that the host's clock was set cannot be seen from inside.
Outcome<u64> timerfd_settime(SyscallFrame& frame) {
  constexpr u64 kAbsolute = 1;
  if ((frame.rsi & ~kAbsolute) != 0) return fail(Errno::inval);
  const auto setting = TRY(load<TimerSetting>(frame.rdx));
  TRY(nanoseconds_of(setting.value));
  TRY(nanoseconds_of(setting.interval));
  const FileReference file = TRY(timer_of(frame.rdi));
  auto& timer = static_cast<TimerFile&>(*file);
  const TimerSetting before = timer.get();
  TRY(timer.set(setting, frame.rsi != 0 ? TimerFile::Start::absolute : TimerFile::Start::relative));
  if (frame.r10 != 0) TRY(store(frame.r10, before));
  return u64{0};
}

Outcome<u64> timerfd_gettime(SyscallFrame& frame) {
  const FileReference file = TRY(timer_of(frame.rdi));
  TRY(store(frame.rsi, static_cast<TimerFile&>(*file).get()));
  return u64{0};
}

Outcome<u64> signalfd(SyscallFrame& frame) { return signal_file(frame.rdi, frame.rsi, frame.rdx, 0); }
Outcome<u64> signalfd4(SyscallFrame& frame) { return signal_file(frame.rdi, frame.rsi, frame.rdx, frame.r10); }

}  // namespace sgxx::enclave::syscall
