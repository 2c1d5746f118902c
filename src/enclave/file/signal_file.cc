// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/signal_file.h"

#include "enclave/file/events.h"
#include "enclave/signal/signals.h"

namespace sgxx::enclave {
namespace {

constinit std::atomic<SignalFile*> first_file{nullptr};

/// struct signalfd_siginfo.
struct SignalRecord {
  u32 number;
  i32 error, code;
  u32 process, user;
  i32 descriptor;
  u32 timer, band, overrun, trap;
  i32 status, integer;
  u64 pointer, user_time, system_time, address;
  std::array<u64, 6> reserved;
};
static_assert(sizeof(SignalRecord) == 128);

SignalRecord record_of(u32 number, const SignalInfo& info) {
  SignalRecord record{};
  record.number = number;
  record.error = info.error;
  record.code = info.code;
  const u32 low = static_cast<u32>(info.field0), high = static_cast<u32>(info.field0 >> 32);
  (info.code == si::timer ? record.timer : record.process) = low;
  (info.code == si::timer ? record.overrun : record.user) = high;
  record.integer = static_cast<i32>(info.value);
  record.pointer = info.value;
  return record;
}

Outcome<SignalRecord> take(u64 wanted) {
  u32 number = 0;
  SignalInfo info;
  if (!take_signal(current(), wanted, number, info)) return fail(Errno::again);
  return record_of(number, info);
}

}  // namespace

SignalFile::SignalFile(u64 signals, u32 flags)
    : OpenFile(FileKind::signal, flags | open_flag::read_write), signals_(signals & ~sig::unblockable) {
  Guard guard(event_lock);
  next_ = first_file.load();
  first_file.store(this);
}

SignalFile::~SignalFile() {
  Guard guard(event_lock);
  if (first_file.load() == this) {
    first_file.store(next_);
    return;
  }
  SignalFile* before = first_file.load();
  while (before->next_ != this) before = before->next_;
  before->next_ = next_;
}

void SignalFile::set_signals(u64 signals) {
  signals_.store(signals & ~sig::unblockable);
  Wakes wakes;
  notify(*this, wakes);
}

Outcome<> SignalFile::read(Transfer& transfer) {
  if (transfer.remaining() < sizeof(SignalRecord)) return fail(Errno::inval);
  while (transfer.remaining() >= sizeof(SignalRecord)) {
    const auto attempt = [this] { return take(signals_.load()); };
    const auto record = transfer.done() == 0 ? block_on(*this, kForever, attempt) : attempt();
    if (!record.ok()) return fail(record.error());
    TRY(transfer.to_program(&*record, sizeof(SignalRecord)));
  }
  return {};
}

u32 SignalFile::ready() {
  return (pending_signals(current()) & signals_.load()) != 0 ? poll_event::in | poll_event::read_normal : 0;
}

void SignalFile::on_signal(u32 number) {
  if (first_file.load() == nullptr) return;
  Wakes wakes;
  Guard guard(event_lock);
  for (SignalFile* file = first_file.load(); file != nullptr; file = file->next_) {
    if ((file->signals_.load() & sig::bit(number)) != 0) notify_locked(*file, wakes);
  }
}

}  // namespace sgxx::enclave
