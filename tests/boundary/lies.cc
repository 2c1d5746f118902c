// SPDX-License-Identifier: Apache-2.0
#include "boundary/lies.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "abi/folder.h"
#include "abi/socket_control.h"

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

/// What is said of a datagram: what there can be, sometimes what cannot be, and kinds that nobody asked for.
void Lies::fill_control(abi::HostArea& area) {
  abi::SocketControl control{};
  control.present = static_cast<u32>(random_());
  control.segment = static_cast<u32>(below(65536));
  control.arrived = some_word();
  control.hops = static_cast<i32>(below(256));
  control.service = static_cast<i32>(below(256));
  control.interface = control.interface6 = static_cast<u32>(some_word());
  control.error.number = static_cast<u32>(some_word());
  control.error.origin = static_cast<u8>(below(4));
  control.error.information = control.error.scope = static_cast<u32>(some_word());
  if (below(2) == 0) control.error.family = 2;
  if (cannot_be()) control.hops = static_cast<i32>(some_word());
  if (cannot_be()) control.service = static_cast<i32>(some_word());
  if (cannot_be()) control.segment = static_cast<u32>(some_word());
  if (cannot_be()) control.error.origin = static_cast<u8>(below(256));
  if (cannot_be()) control.error.family = static_cast<u32>(some_word());
  std::memcpy(area.data.data() + abi::kControlOffset, &control, sizeof control);
}

bool Lies::cannot_be(u64 chances) { return below(250 * chances) < boldness_; }

i64 Lies::some_listed_error(std::span<const i32> errors) { return -errors[below(errors.size())]; }

/// A file, a directory or a link; sometimes what cannot be one.
void Lies::fill_attributes(abi::HostArea& area) {
  static constexpr std::array<u32, 3> kTypes = {0100000, 0040000, 0120000};
  static constexpr std::array<u32, 6> kOthers = {0010000, 0020000, 0060000, 0140000, 0, 0170000};
  abi::FileAttributes attributes{};
  attributes.number = below(4);
  attributes.size = below(3) == 0 ? below(20'000) : below(u64{1} << 40);
  attributes.blocks = below(100);
  attributes.links = some_word();
  attributes.mode = kTypes[below(2 + below(2))] | static_cast<u32>(below(010000));
  attributes.owned = static_cast<u32>(random_());
  attributes.modified = {static_cast<i64>(some_word()), static_cast<i64>(below(1'000'000'000))};
  if (below(16) == 0) attributes.mode = kOthers[below(kOthers.size())] | static_cast<u32>(random_() & ~u64{0170000});
  // Each of these ends the run, so that they are rare.
  if (cannot_be()) attributes.size = some_word() | u64{1} << 63;
  if (cannot_be()) attributes.blocks = ~u64{0};
  if (cannot_be()) attributes.changed.nanoseconds = below(2) == 0 ? -1 : 1'000'000'000;
  std::memcpy(area.data.data(), &attributes, sizeof attributes);
}

/// Some names, then the end; sometimes names that no directory has, or entries that do not fit.
i64 Lies::fill_entries(abi::HostArea& area) {
  static const std::array<std::string, 6> kNoNames = {".", "..", "a/b", std::string("a\0b", 3), "", std::string(256, 'n')};
  if (++listings_ % 3 == 0) return 0;
  u64 at = 0;
  const u64 count = below(20);
  const u64 bad = boldness_ != 0 && below(8) == 0 ? below(20) : count;
  for (u64 i = 0; i < count; ++i) {
    std::string name(1 + below(below(10) == 0 ? 255 : 20), static_cast<char>('a' + below(26)));
    if (i == bad) name = kNoNames[below(kNoNames.size())];
    abi::FolderEntry entry{some_word(), static_cast<u32>(name.size()), static_cast<u32>(below(16)) << 12};
    if (cannot_be(10)) entry.length = static_cast<u32>(some_word());
    std::memcpy(area.data.data() + at, &entry, sizeof entry);
    std::memcpy(area.data.data() + at + sizeof entry, name.data(), name.size());
    at += sizeof entry + align_up(name.size(), 8);
  }
  return static_cast<i64>(cannot_be() ? at + below(64) : at);
}

i64 Lies::fill_link(abi::HostArea& area) {
  const u64 length = 1 + below(400);
  std::memset(area.data.data(), 't', length);
  if (cannot_be()) area.data[below(length)] = 0;
  return static_cast<i64>(cannot_be() ? 0 : length);
}

i64 Lies::fill_addresses(abi::HostArea& area, u64 family) {
  const u64 count = cannot_be() ? 100 + below(2000) : below(abi::kMostHostAddresses + 1);
  for (u64 i = 0; i < count; ++i) {
    abi::HostAddress address{static_cast<u32>(family), {}, static_cast<u32>(random_())};
    for (u8& byte : address.bytes) byte = static_cast<u8>(random_());
    if (cannot_be(8)) address.family = static_cast<u32>(some_word());
    std::memcpy(area.data.data() + i * sizeof address, &address, sizeof address);
  }
  return static_cast<i64>(count);
}

/// The calls on folders and their files; an error of the call's own now and then.
i64 Lies::plausible_of_folder(const abi::HostCall& call, abi::HostArea& area) {
  const auto& args = call.args;
  const bool fails = below(6) == 0;
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::file_read:
      scribble(area, args[1]);
      return fails ? some_listed_error(abi::kReadErrors) : some_count(std::min(args[1], abi::kHostDataSize));
    case HostCallNumber::file_write: {
      const i64 count = some_count(args[1]);
      // Where an append ended.
      const u64 end = boldness_ != 0 && below(10) == 0 ? some_word() : static_cast<u64>(count) + below(5000);
      std::memcpy(area.data.data(), &end, sizeof end);
      return fails ? some_listed_error(abi::kWriteErrors) : count;
    }
    case HostCallNumber::file_status: fill_attributes(area); return fails ? some_listed_error(abi::kReadErrors) : 0;
    case HostCallNumber::folder_list: return fails ? some_listed_error(abi::kReadErrors) : fill_entries(area);
    case HostCallNumber::file_find:
      return fails ? some_listed_error(abi::kReadErrors) : static_cast<i64>(cannot_be() ? some_word() : args[1] + below(100));
    case HostCallNumber::file_resize:
    case HostCallNumber::file_sync:
    case HostCallNumber::file_reserve: return fails ? some_listed_error(abi::kWriteErrors) : 0;
    case HostCallNumber::folder_open:
    case HostCallNumber::folder_status: fill_attributes(area); break;
    case HostCallNumber::folder_read_link: return fails ? some_listed_error(abi::kNameErrors) : fill_link(area);
    case HostCallNumber::folder_space:
      scribble(area, sizeof(abi::FolderSpace));
      if (below(4) != 0) area.data[0] = 1, area.data[7] = 0;
      break;
    default: break;
  }
  return fails ? some_listed_error(abi::kNameErrors) : 0;
}

/// An interface and addresses; sometimes what cannot be one.
i64 Lies::fill_interfaces(abi::HostArea& area) {
  auto* const entries = reinterpret_cast<abi::HostInterface*>(area.data.data());
  const u64 count = below(below(8) == 0 ? abi::kMostHostInterfaces + 1 : 5);
  for (u64 i = 0; i < count; ++i) {
    static constexpr std::array<u32, 3> kFamilies = {0, 2, 10};
    abi::HostInterface entry{};
    entry.index = static_cast<u32>(some_word());
    entry.flags = static_cast<u32>(random_());
    entry.mtu = static_cast<u32>(some_word());
    entry.type = static_cast<u32>(some_word());
    for (u64 k = 0; k < 1 + below(15); ++k) entry.name[k] = static_cast<char>(1 + below(255));
    entry.hardware_length = static_cast<u32>(below(33));
    entry.family = kFamilies[below(3)];
    entry.prefix_length = static_cast<u32>(below(33));
    entry.scope = static_cast<u32>(some_word());
    if (cannot_be(10)) entry.hardware_length = static_cast<u32>(some_word());
    if (cannot_be(10)) entry.prefix_length = static_cast<u32>(some_word());
    if (cannot_be(10)) entry.family = static_cast<u32>(some_word());
    if (cannot_be(10)) entry.name.fill('n');
    std::memcpy(&entries[i], &entry, sizeof entry);
  }
  return below(16) == 0 ? -105 : static_cast<i64>(count);
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
      if ((args[2] & abi::kReceiveControl) != 0) fill_control(area);
      return below(5) == 0 ? kTryAgain : some_count(std::min(args[1], abi::kHostDataSize));
    case HostCallNumber::accept:
    case HostCallNumber::socket_name: fill_message(area); return 0;
    case HostCallNumber::socket_get: scribble(area, args[3]); return some_count(args[3]);
    case HostCallNumber::socket_bytes: return static_cast<i64>(below(100'000));
    case HostCallNumber::quote_target: scribble(area, 512); return 0;
    case HostCallNumber::quote: scribble(area, 8192); return some_count(abi::kMostQuoteBytes);
    case HostCallNumber::interfaces: return fill_interfaces(area);
    case HostCallNumber::resolve: return below(4) == 0 ? -2 : fill_addresses(area, args[1]);
    case HostCallNumber::attend: {
      u64 admitted = args[1];
      if (below(2) == 0) admitted &= admitted - 1;  // not always the lowest of them
      return admitted == 0 || below(3) != 0 ? 0 : static_cast<i64>(std::countr_zero(admitted) + 1);
    }
    default: return call.number >= 50 && call.number < 80 ? plausible_of_folder(call, area) : 0;
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
  // A word that says that something came: true, or not.
  const bool tells = below(8) == 0 && call.number != static_cast<u64>(HostCallNumber::attend);
  area.attention = tells ? static_cast<u32>(some_word()) | 1 : 0;
  return waits(call) && below(16) == 0 ? kInterrupted : reply;
}

}  // namespace sgxx::boundary
