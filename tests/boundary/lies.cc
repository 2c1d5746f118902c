// SPDX-License-Identifier: Apache-2.0
#include "boundary/lies.h"

#include <algorithm>
#include <cstring>

namespace sgxx::boundary {

using abi::HostCallNumber;

namespace {

constexpr i64 kInterrupted = -4, kTryAgain = -11;

bool waits(const abi::HostCall& call) {
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::read:
    case HostCallNumber::write:
    case HostCallNumber::poll:
    case HostCallNumber::epoll_wait:
    case HostCallNumber::accept:
    case HostCallNumber::send:
    case HostCallNumber::receive: return true;
    default: return false;
  }
}

}  // namespace

u64 Lies::some_word() {
  static constexpr std::array<u64, 16> kEdges = {
      0,          1,          2,          0x7f,           0xff,    0xffff,       0x10000,
      0x7fffffff, 0x80000000, 0xffffffff, 0x7ffffffff000, ~u64{0}, u64{1} << 63, u64{1} << 32,
      ~u64{4095}, 0x20000};
  switch (below(4)) {
    case 0: return random_();
    case 1: return below(0x2000000);  // an offset in the enclave, which starts at address 0
    default: return kEdges[below(kEdges.size())];
  }
}

i64 Lies::some_error() { return -static_cast<i64>(1 + below(133)); }

i64 Lies::some_count(u64 most) {
  switch (below(4)) {
    case 0: return 0;
    case 1: return static_cast<i64>(most);
    default: return static_cast<i64>(below(most + 1));
  }
}

void Lies::scribble(abi::HostArea& area, u64 length) {
  length = std::min<u64>(length, area.data.size());
  for (u64 i = 0; i + 8 <= length; i += 8) {
    const u64 word = some_word();
    std::memcpy(area.data.data() + i, &word, 8);
  }
}

void Lies::fill_poll(abi::HostArea& area, u64 count) {
  auto* const entries = reinterpret_cast<abi::PollEntry*>(area.data.data());
  for (u64 i = 0; i < std::min(count, abi::kMostPollEntries); ++i) {
    entries[i].ready = static_cast<u16>(random_());
    if (below(4) == 0) entries[i].handle = static_cast<u32>(some_word());
  }
}

void Lies::fill_epoll(abi::HostArea& area, u64 count) {
  auto* const ready = reinterpret_cast<abi::EpollReady*>(area.data.data());
  for (u64 i = 0; i < std::min<u64>(count, 256); ++i) {
    ready[i] = {below(2) == 0 ? token_ : some_word(), static_cast<u32>(random_()), static_cast<u32>(random_())};
  }
}

/// An address of 127.0.0.1, or lies about one.
void Lies::fill_message(abi::HostArea& area) {
  auto& message = *reinterpret_cast<abi::SocketMessage*>(area.data.data());
  if (below(48) == 0) return scribble(area, sizeof(message));
  message = {};
  message.address = {2, 0, 0x1f, 0x90, 127, 0, 0, 1};
  message.address_length = 16;
  if (below(48) == 0) message.address_length = static_cast<u32>(some_word());
  if (below(48) == 0) message.flags = static_cast<u32>(random_());
}

/// What an honest host could answer.
i64 Lies::plausible(const abi::HostCall& call, abi::HostArea& area) {
  const auto& args = call.args;
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::read:
      scribble(area, args[0]);
      return below(5) == 0 ? kTryAgain : some_count(std::min(args[0], abi::kHostDataSize));
    case HostCallNumber::write: return below(5) == 0 ? kTryAgain : some_count(args[0]);
    case HostCallNumber::poll: fill_poll(area, args[0]); return some_count(args[0]);
    case HostCallNumber::epoll_control:
      if (args[1] != 2) token_ = args[4];
      return 0;
    case HostCallNumber::epoll_wait: fill_epoll(area, args[1]); return some_count(args[1]);
    case HostCallNumber::clock_read: clock_ += static_cast<i64>(below(2'000'000)); return clock_;
    case HostCallNumber::send: return below(5) == 0 ? kTryAgain : some_count(args[1]);
    case HostCallNumber::receive:
      scribble(area, args[1]);
      fill_message(area);
      return below(5) == 0 ? kTryAgain : some_count(std::min(args[1], abi::kHostDataSize));
    case HostCallNumber::accept:
    case HostCallNumber::socket_name: fill_message(area); return 0;
    case HostCallNumber::socket_get: scribble(area, args[3]); return some_count(args[3]);
    case HostCallNumber::socket_bytes: return static_cast<i64>(below(100'000));
    default: return 0;
  }
}

/// What nobody could answer, or only to another call.
i64 Lies::outrageous(const abi::HostCall& call) {
  switch (below(6)) {
    case 0: return static_cast<i64>(call.args[below(5)] + 1);
    case 1: return some_error();
    case 2: return -static_cast<i64>(below(5000));
    default: return static_cast<i64>(some_word());
  }
}

i64 Lies::answer(abi::HostArea& area) {
  const abi::HostCall call = area.call;
  if (static_cast<HostCallNumber>(call.number) == HostCallNumber::clock_read && below(8) == 0)
    clock_ -= static_cast<i64>(below(1u << 30));
  if (below(100) < boldness_) {
    if (below(2) == 0) scribble(area, 4096);
    return outrageous(call);
  }
  const i64 reply = plausible(call, area);
  return waits(call) && below(16) == 0 ? kInterrupted : reply;
}

}  // namespace sgxx::boundary
