// SPDX-License-Identifier: Apache-2.0
//
// Reading, writing and asking about descriptors. A stream's kind (terminal, pipe, file) is what the host said at start: it
// steers buffering, nothing else.
#include "enclave/descriptors.h"
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/signal/signals.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/futex.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

struct IoVector {
  u64 address, length;
};
constexpr u64 kMostVectors = 1024;
constexpr u64 kMostBytes = 0x7fff'f000;

struct Transfer {
  u64 count = 0;
  bool more = false;  // the whole piece was transferred: the next one may follow
};

/// One host call's worth is at most kHostDataSize: a longer write goes on until it is done or comes up short.
Outcome<Transfer> write_piece(u32 stream, u64 address, u64 length) {
  TRY(check_readable(address, length));
  Transfer done{0, true};
  while (done.count < length) {
    auto written = host::stream_write(stream, address + done.count, length - done.count);
    if (!written.ok()) {
      if (done.count != 0) return Transfer{done.count, false};
      if (written.error() == Errno::intr) return fail(Errno::restart);
      if (written.error() == Errno::pipe) send_signal(&current(), sig::pipe, si::kernel, 0);
      return fail(written.error());
    }
    const u64 asked = length - done.count < abi::kHostDataSize ? length - done.count : abi::kHostDataSize;
    done.count += *written;
    if (*written < asked) return Transfer{done.count, false};
  }
  return done;
}

Outcome<Transfer> read_piece(u32 stream, u64 address, u64 length) {
  TRY(check_writable(address, length));
  if (length == 0) return Transfer{0, true};
  for (;;) {
    auto count = host::stream_read(stream, address, length);
    if (count.ok()) return Transfer{*count, *count == length};
    if (count.error() != Errno::intr) return fail(count.error());
    if (has_deliverable_signal(current())) return fail(Errno::restart);
  }
}

template <class Piece>
Outcome<u64> vectored(SyscallFrame& frame, Piece piece) {
  const u32 stream = TRY(stream_of(frame.rdi));
  const u64 count = frame.rdx;
  if (count > kMostVectors) return fail(Errno::inval);
  u64 sum = 0;
  for (u64 i = 0; i < count; ++i) {
    const IoVector vector = TRY(load<IoVector>(frame.rsi + i * sizeof(IoVector)));
    const auto more = checked_add(sum, vector.length);
    if (!more || *more > kMostBytes) return fail(Errno::inval);
    sum = *more;
  }
  u64 total = 0;
  for (u64 i = 0; i < count; ++i) {
    IoVector vector = TRY(load<IoVector>(frame.rsi + i * sizeof(IoVector)));
    // The program's other threads may have changed it since.
    if (vector.length > kMostBytes) vector.length = kMostBytes;
    auto done = piece(stream, vector.address, vector.length);
    if (!done.ok()) return total != 0 ? Outcome<u64>(total) : Outcome<u64>(fail(done.error()));
    total += done->count;
    if (!done->more) break;
  }
  return total;
}

/// struct pollfd.
struct PollEntry {
  i32 descriptor;
  u16 events, revents;
};
constexpr u16 kPollIn = 1, kPollOut = 4, kPollInvalid = 0x20;

/// Waits until a stream among `interest` is ready (bits 0-2 readable, 4-6 writable), the deadline, or a signal.
Outcome<u64> wait_ready(u64 interest, u64 deadline) {
  if (interest == 0) {
    const Outcome<> ended = sleep_until(deadline);
    if (!ended.ok() && ended.error() != Errno::timedout) return fail(Errno::intr);
    return u64{0};
  }
  for (;;) {
    const u64 now = deadline == ~u64{0} ? 0 : monotonic_now();
    const i64 timeout = deadline == ~u64{0} ? -1 : static_cast<i64>(deadline > now ? deadline - now : 0);
    auto ready = host::stream_poll(interest, timeout);
    if (ready.ok() && (*ready != 0 || timeout == 0)) return *ready;
    if (has_deliverable_signal(current())) return fail(Errno::intr);
  }
}

Outcome<u64> poll_entries(u64 address, u64 count, u64 deadline) {
  if (count > kDescriptors) return fail(Errno::inval);
  u64 interest = 0;
  u64 answered = 0;
  for (u64 i = 0; i < count; ++i) {
    PollEntry entry = TRY(load<PollEntry>(address + i * sizeof(PollEntry)));
    if (entry.descriptor < 0) continue;
    const auto stream = stream_of(static_cast<u32>(entry.descriptor));
    if (!stream.ok()) {
      ++answered;
      continue;
    }
    if ((entry.events & kPollIn) != 0) interest |= u64{1} << *stream;
    if ((entry.events & kPollOut) != 0) interest |= u64{16} << *stream;
  }
  const u64 ready = TRY(wait_ready(interest, answered != 0 ? 0 : deadline));
  u64 total = 0;
  for (u64 i = 0; i < count; ++i) {
    PollEntry entry = TRY(load<PollEntry>(address + i * sizeof(PollEntry)));
    entry.revents = 0;
    if (entry.descriptor >= 0) {
      const auto stream = stream_of(static_cast<u32>(entry.descriptor));
      if (!stream.ok()) {
        entry.revents = kPollInvalid;
      } else {
        const u64 answer = ((ready >> *stream & 1) != 0 ? kPollIn : 0u) | ((ready >> *stream & 16) != 0 ? kPollOut : 0u);
        entry.revents = static_cast<u16>(entry.events & answer);
      }
    }
    if (entry.revents != 0) ++total;
    TRY(store(address + i * sizeof(PollEntry), entry));
  }
  return total;
}

/// One fd_set in, the streams it names out.
Outcome<u64> streams_in(u64 set, u64 count, u64 shift) {
  u64 interest = 0;
  if (set == 0) return interest;
  for (u64 i = 0; i < count; ++i) {
    const u64 word = TRY(load<u64>(set + i / 64 * 8));
    if ((word >> (i % 64) & 1) == 0) continue;
    const u32 stream = TRY(stream_of(i));
    interest |= u64{1} << stream << shift;
  }
  return interest;
}

Outcome<u64> streams_out(u64 set, u64 count, u64 ready) {
  u64 total = 0;
  if (set == 0) return total;
  for (u64 i = 0; i < count; ++i) {
    u64 word = TRY(load<u64>(set + i / 64 * 8));
    if ((word >> (i % 64) & 1) == 0) continue;
    const auto stream = stream_of(i);
    if (stream.ok() && (ready >> *stream & 1) != 0) {
      ++total;
    } else {
      word &= ~(u64{1} << (i % 64));
      TRY(store(set + i / 64 * 8, word));
    }
  }
  return total;
}

Outcome<u64> select_until(SyscallFrame& frame, u64 deadline) {
  const u64 count = static_cast<u32>(frame.rdi);
  if (count > kDescriptors) return fail(Errno::inval);
  const u64 readers = TRY(streams_in(frame.rsi, count, 0));
  const u64 writers = TRY(streams_in(frame.rdx, count, 4));
  const u64 ready = TRY(wait_ready(readers | writers, deadline));
  const u64 readable = TRY(streams_out(frame.rsi, count, ready));
  const u64 writable = TRY(streams_out(frame.rdx, count, ready >> 4));
  const u64 exceptional = TRY(streams_out(frame.r10, count, 0));
  return readable + writable + exceptional;
}

Outcome<u64> deadline_from(u64 address) {
  if (address == 0) return ~u64{0};
  const u64 time = TRY(load_time(address));
  return deadline_after(time);
}

}  // namespace

Outcome<u64> read(SyscallFrame& frame) {
  const u32 stream = TRY(stream_of(frame.rdi));
  const Transfer done = TRY(read_piece(stream, frame.rsi, frame.rdx < kMostBytes ? frame.rdx : kMostBytes));
  return done.count;
}

Outcome<u64> write(SyscallFrame& frame) {
  const u32 stream = TRY(stream_of(frame.rdi));
  const Transfer done = TRY(write_piece(stream, frame.rsi, frame.rdx < kMostBytes ? frame.rdx : kMostBytes));
  return done.count;
}

Outcome<u64> readv(SyscallFrame& frame) { return vectored(frame, read_piece); }
Outcome<u64> writev(SyscallFrame& frame) { return vectored(frame, write_piece); }

Outcome<u64> close(SyscallFrame& frame) {
  TRY(close_descriptor(frame.rdi));
  return u64{0};
}

Outcome<u64> dup(SyscallFrame& frame) { return duplicate_descriptor(frame.rdi, 0); }

Outcome<u64> dup2(SyscallFrame& frame) { return replace_descriptor(frame.rdi, frame.rsi); }

Outcome<u64> dup3(SyscallFrame& frame) {
  constexpr u64 kCloseOnExec = 02000000;
  if (frame.rdi == frame.rsi || (frame.rdx & ~kCloseOnExec) != 0) return fail(Errno::inval);
  return replace_descriptor(frame.rdi, frame.rsi);
}

Outcome<u64> lseek(SyscallFrame& frame) {
  (void)TRY(stream_of(frame.rdi));
  return fail(Errno::spipe);
}

Outcome<u64> fcntl(SyscallFrame& frame) {
  constexpr u64 kDup = 0, kGetFd = 1, kSetFd = 2, kGetFlags = 3, kDupCloseOnExec = 1030;
  const u32 stream = TRY(stream_of(frame.rdi));
  switch (frame.rsi) {
    case kDup:
    case kDupCloseOnExec: return duplicate_descriptor(frame.rdi, frame.rdx);
    case kGetFd:
    case kSetFd: return u64{0};
    case kGetFlags: return stream == 0 ? u64{0} : u64{1};
    default: return fail(Errno::inval);
  }
}

Outcome<u64> ioctl(SyscallFrame& frame) {
  constexpr u64 kGetTermios = 0x5401, kGetWindowSize = 0x5413;
  const u32 stream = TRY(stream_of(frame.rdi));
  const abi::StreamInfo& info = stream_info(stream);
  if (info.terminal == 0) return fail(Errno::notty);
  if (frame.rsi == kGetTermios) {
    struct Termios {
      u32 input, output, control, local;
      std::array<u8, 20> rest;
    } termios{0x500, 0x5, 0xbf, 0x8a3b, {}};
    TRY(store(frame.rdx, termios));
    return u64{0};
  }
  if (frame.rsi == kGetWindowSize) {
    const std::array<u16, 4> size{static_cast<u16>(info.columns_rows), static_cast<u16>(info.columns_rows >> 32), 0, 0};
    TRY(store(frame.rdx, size));
    return u64{0};
  }
  return fail(Errno::notty);
}

Outcome<u64> poll(SyscallFrame& frame) {
  const i32 timeout = static_cast<i32>(frame.rdx);
  const u64 deadline = timeout < 0 ? ~u64{0} : deadline_after(static_cast<u64>(timeout) * 1'000'000);
  return poll_entries(frame.rdi, frame.rsi, deadline);
}

Outcome<u64> ppoll(SyscallFrame& frame) {
  const u64 deadline = TRY(deadline_from(frame.rdx));
  ThreadBlock& thread = current();
  const u64 mask = thread.signals.blocked.load();
  if (frame.r10 != 0) {
    const u64 during = TRY(load<u64>(frame.r10));
    set_blocked(thread, during);
  }
  auto ready = poll_entries(frame.rdi, frame.rsi, deadline);
  if (frame.r10 != 0) set_blocked(thread, mask);
  return ready;
}

Outcome<u64> select(SyscallFrame& frame) {
  u64 deadline = ~u64{0};
  if (frame.r8 != 0) {
    Timespec time = TRY(load<Timespec>(frame.r8));
    time.nanoseconds *= 1000;  // struct timeval
    const u64 duration = TRY(nanoseconds_of(time));
    deadline = deadline_after(duration);
  }
  return select_until(frame, deadline);
}

Outcome<u64> pselect6(SyscallFrame& frame) {
  const u64 deadline = TRY(deadline_from(frame.r8));
  return select_until(frame, deadline);
}

}  // namespace sgxx::enclave::syscall
