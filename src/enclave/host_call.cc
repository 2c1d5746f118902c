// SPDX-License-Identifier: Apache-2.0
#include "enclave/host_call.h"

#include "enclave/host_reply.h"
#include "enclave/ring.h"
#include "enclave/signal/attention.h"

namespace sgxx::enclave::host {
namespace {

using abi::HostCallNumber;

u64 at_most_data(u64 length) { return length < abi::kHostDataSize ? length : abi::kHostDataSize; }

/// What the host leaves in the HostArea.
struct Reply {
  i64 value;
  u32 attention, ring_is_served;
};
static_assert(offsetof(abi::HostArea, attention) == offsetof(abi::HostArea, reply) + offsetof(Reply, attention) &&
              offsetof(abi::HostArea, ring_is_served) == offsetof(abi::HostArea, reply) + offsetof(Reply, ring_is_served));

}  // namespace

i64 call(HostCallNumber number, u64 arg0, u64 arg1, u64 arg2, u64 arg3, u64 arg4) {
  const abi::HostCall request{static_cast<u64>(number), {arg0, arg1, arg2, arg3, arg4}};
  copy_out(current().host_area, &request, sizeof(request));
  ring::Journey journey(request);
  if (!journey.served_inside()) {
    leave_for_host();
    std::atomic_thread_fence(std::memory_order_seq_cst);  // which fence_all_threads counts on
  }
  journey.end();
  ThreadBlock& thread = current();
  const auto reply = fetch<Reply>(thread.host_area + offsetof(abi::HostArea, reply));
  thread.ring_is_served = reply.ring_is_served == 1 ? 1 : 0;
  if (reply.attention != 0 && expects_attention()) {
    thread.attention.store(1);
    thread.signal_pending.store(1);
  }
  return reply.value;
}

Outcome<u64> write(u32 handle, Transfer& transfer, i64 timeout) {
  const u64 length = at_most_data(transfer.remaining());
  Transfer copied = transfer;  // what the host did not take has not been moved
  TRY(copied.from_program(data_address(), length));
  const i64 reply = call(HostCallNumber::write, length, handle, static_cast<u64>(timeout));
  const u64 count = TRY((
      count_or_error<Errno::intr, Errno::io, Errno::badf, Errno::again, Errno::nospc, Errno::pipe, Errno::fbig, Errno::connreset>(
          reply, length)));
  TRY(transfer.skip(count));
  return count;
}

Outcome<u64> read(u32 handle, Transfer& transfer, i64 timeout) {
  const u64 length = at_most_data(transfer.remaining());
  const i64 reply = call(HostCallNumber::read, length, handle, static_cast<u64>(timeout));
  const u64 count =
      TRY((count_or_error<Errno::intr, Errno::io, Errno::badf, Errno::again, Errno::isdir, Errno::connreset>(reply, length)));
  TRY(transfer.to_program(data_address(), count));
  return count;
}

Outcome<> poll(abi::PollEntry* entries, u64 count, i64 timeout) {
  require(count <= abi::kMostPollEntries);
  copy_out(data_address(), entries, count * sizeof(abi::PollEntry));
  TRY((count_or_error<Errno::intr, Errno::nomem>(call(HostCallNumber::poll, count, static_cast<u64>(timeout)), count)));
  for (u64 i = 0; i < count; ++i) {
    // The handles in the answer are the host's word; ours stay.
    entries[i].ready = fetch<abi::PollEntry>(data_address() + i * sizeof(abi::PollEntry)).ready;
  }
  return {};
}

void close(u32 handle) { (void)call(HostCallNumber::close, handle); }

Outcome<> epoll_create(u32 handle) {
  return nothing_or_error<Errno::mfile, Errno::nfile, Errno::nomem>(call(HostCallNumber::epoll_create, handle));
}

Outcome<> epoll_control(u32 handle, u32 operation, u32 target, u32 events, u64 token) {
  return nothing_or_error<Errno::perm, Errno::inval, Errno::nomem, Errno::nospc, Errno::noent, Errno::exist, Errno::badf>(
      call(HostCallNumber::epoll_control, handle, operation, target, events, token));
}

Outcome<u64> epoll_wait(u32 handle, abi::EpollReady* ready, u64 most, i64 timeout) {
  const i64 reply = call(HostCallNumber::epoll_wait, handle, most, static_cast<u64>(timeout));
  const u64 count = TRY((count_or_error<Errno::intr>(reply, most)));
  copy_in(ready, data_address(), count * sizeof(abi::EpollReady));
  return count;
}

u64 clock_read(u32 clock, u32 thread) {
  const i64 reply = call(HostCallNumber::clock_read, clock, thread);
  return reply < 0 ? 0 : static_cast<u64>(reply);
}

void wait(u64 deadline) { (void)call(HostCallNumber::wait, deadline); }

void wake(u32 thread) { (void)call(HostCallNumber::wake, thread); }

bool thread_start(u32 thread) { return call(HostCallNumber::thread_start, thread) == 0; }

void thread_interrupt(u32 thread) { (void)call(HostCallNumber::thread_interrupt, thread); }

void protect(u64 address, u64 length, Permission permission) {
  (void)call(HostCallNumber::protect, address - enclave_base(), length, permission.bits());
}

u32 attend(u64 deadline, u64 admitted) {
  const i64 reply = call(HostCallNumber::attend, deadline, admitted);
  if (reply == 0) return 0;
  require(reply >= 1 && reply <= 64 && (admitted >> (reply - 1) & 1) != 0, abi::AbortReason::bad_host_reply);
  return static_cast<u32>(reply);
}

Outcome<> quote_target(isa::TargetInfo& target) {
  TRY((nothing_or_error<Errno::nodev, Errno::io>(call(HostCallNumber::quote_target))));
  target = fetch<isa::TargetInfo>(data_address());
  return {};
}

Outcome<u64> quote(const isa::Report& report, Transfer& room) {
  copy_out(data_address(), &report, sizeof(report));
  const i64 reply = call(HostCallNumber::quote);
  const u64 length = TRY((count_or_error<Errno::nodev, Errno::io, Errno::inval>(reply, abi::kMostQuoteBytes)));
  if (length > room.remaining()) return fail(Errno::range);
  TRY(room.to_program(data_address(), length));
  return length;
}

void exit(u32 code, u32 signal) {
  for (;;) (void)call(HostCallNumber::exit, code, signal);
}

void yield() { (void)call(HostCallNumber::yield); }

}  // namespace sgxx::enclave::host
