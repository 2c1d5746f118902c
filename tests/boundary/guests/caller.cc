// SPDX-License-Identifier: Apache-2.0
//
// The guest of the lying host: makes every kind of system call that may need the host, in an order that its first argument (a
// decimal seed) chooses, with small and large buffers between guards. Whatever the host says, the program must see only what
// Linux allows: a count of at most what was asked, or an error number; nothing written but the buffer; its own memory unchanged.
// Exits with 0, or with the number of the check that failed.
#include "boundary/guests/caller.h"

using namespace caller;

namespace {

/// One call that reads into the buffer; `most` bytes of it may change.
int reading_call() {
  const u64 length = random(4) == 0 ? random(kLargest) : random(64);
  const u8 fill = static_cast<u8>(random(256));
  prepare(fill);
  const u64 at = address(buffer.bytes);
  const u64 descriptor = some_descriptor();
  const u64 two_vectors[4] = {at, length / 3, at + length / 3, length - length / 3};
  u32 address_length = static_cast<u32>(random(200));
  const u32 given_length = address_length;
  u64 message[7] = {0, 0, address(two_vectors), 2, 0, 0, 0};
  u8 name[256] = {};
  const u64 report[54] = {};
  i64 count = 0;
  u64 most = length;
  switch (random(11)) {
    case 0: count = raw_call(kRead, random(4) == 0 ? 0 : descriptor, at, length, 0, 0, 0); break;
    case 1: count = raw_call(kReadv, descriptor, address(two_vectors), 2, 0, 0, 0); break;
    case 2: count = raw_call(kReceiveFrom, descriptor, at, length, 0x40, address(name), address(&address_length)); break;
    case 3:
      message[0] = address(name);
      message[1] = given_length;
      count = raw_call(kReceiveMessage, descriptor, address(message), 0x40, 0, 0, 0);
      break;
    case 4: count = raw_call(kPread, descriptor, at, length, random(100), 0, 0); break;
    case 5: count = raw_call(kGetdents, descriptor, at, length, 0, 0, 0); break;
    case 6: count = raw_call(kGetrandom, at, length, 0, 0, 0, 0); break;
    case 7: count = raw_call(kQuote, address(report), at, length, 0, 0, 0); break;
    case 8:
      count = raw_call(kQuoteTarget, at, 0, 0, 0, 0, 0);
      if (count > 0) return 16;
      most = 512;
      break;
    case 9: count = raw_call(kReadlink, address("/host/link"), at, length, 0, 0, 0); break;
    default:
      address_length = static_cast<u32>(length);
      count = raw_call(random(2) == 0 ? kGetpeername : kGetsockname, descriptor, at, address(&address_length), 0, 0, 0);
      if (count > 0) return 10;
      break;
  }
  if (!is_answer(count)) return 11;
  if (count >= 0 && address_length > kMostAddress && address_length != given_length && address_length != length) return 15;
  if (count > static_cast<i64>(most)) return 12;
  if (!is_unchanged(most, fill)) return 13;
  for (u64 i = given_length < 256 ? given_length : 256; i < 256; ++i)
    if (name[i] != 0) return 14;
  return 0;
}

int writing_call() {
  const u64 length = random(4) == 0 ? random(kLargest) : random(64);
  prepare(0x77);
  const u64 at = address(buffer.bytes);
  const u64 vectors[4] = {at, length / 3, at + length / 3, length - length / 3};
  const u64 message[7] = {0, 0, address(vectors), 2, 0, 0, 0};
  const u64 descriptor = some_descriptor();
  i64 count = 0;
  switch (random(6)) {
    case 0: count = raw_call(kWrite, 1 + random(2), at, length, 0, 0, 0); break;
    case 1: count = raw_call(kWrite, descriptor, at, length, 0, 0, 0); break;
    case 2: count = raw_call(kWritev, descriptor, address(vectors), 2, 0, 0, 0); break;
    case 3: count = raw_call(kSendTo, descriptor, at, length, 0x4000, 0, 0); break;
    case 4: count = raw_call(kSendMessage, descriptor, address(message), 0x4000, 0, 0, 0); break;
    default: count = raw_call(kPwrite, descriptor, at, length, random(100), 0, 0); break;
  }
  if (!is_answer(count)) return 20;
  if (count > static_cast<i64>(length)) return 21;
  return is_unchanged(0, 0x77) ? 0 : 22;
}

int opening_call() {
  const u16 name[8] = {2, 0x5000, 0x007f, 0x0100};  // 127.0.0.1:80
  i32 pair[2] = {-1, -1};
  i64 value = 0;
  switch (random(10)) {
    case 0:
    case 1: value = raw_call(kSocket, 2, 1 + random(2), 0, 0, 0, 0); break;
    case 2: value = raw_call(kAccept, some_descriptor(), 0, 0, random(2) * 04000, 0, 0); break;
    case 3: value = raw_call(kEpollCreate, 0, 0, 0, 0, 0, 0); break;
    case 4: value = raw_call(kEventfd, random(3), random(2) * 04000, 0, 0, 0, 0); break;
    case 5: value = raw_call(kTimerfdCreate, 1, 04000, 0, 0, 0, 0); break;
    case 6: value = raw_call(kOpen, address("/host/file"), random(3), 0, 0, 0, 0); break;
    case 7: value = raw_call(kOpen, address("/host"), 0200000, 0, 0, 0, 0); break;
    case 8:
      value = raw_call(kBind, some_descriptor(), address(name), 16, 0, 0, 0);
      if (value == 0) value = raw_call(kListen, some_descriptor(), 5, 0, 0, 0, 0);
      return value == 0 || (value < 0 && is_answer(value)) ? 0 : 30;
    default:
      value = raw_call(kPipe, address(pair), 04000, 0, 0, 0, 0);
      if (value == 0) keep(pair[0]), keep(pair[1]);
      return value == 0 || (value < 0 && is_answer(value)) ? 0 : 31;
  }
  if (!is_answer(value)) return 32;
  if (value >= 0 && value < 3) return 33;  // the standard streams are open
  for (u32 i = 0; i < descriptor_count; ++i)
    if (value == descriptors[i] && value > 2) return 34;  // given twice
  keep(value);
  return 0;
}

int waiting_call() {
  struct {
    i32 descriptor;
    u16 events, ready;
  } entries[4] = {};
  struct __attribute__((packed)) {
    u32 events;
    u64 data;
  } events[5] = {}, event = {static_cast<u32>(random(2) == 0 ? 1 : 0x80000005), random(1000)};
  u64 readable[16] = {}, timer[4] = {0, 0, 0, 1000 + random(5000)};
  const u64 nothing[2] = {0, random(3000)};
  i64 count = 0;
  switch (random(6)) {
    case 0:
      for (auto& entry : entries) entry = {static_cast<i32>(some_descriptor()), static_cast<u16>(random(8)), 0};
      count = raw_call(kPoll, address(entries), 4, random(3), 0, 0, 0);
      for (auto& entry : entries)
        if ((entry.ready & ~(entry.events | 0x38)) != 0) return 40;
      return count <= 4 && is_answer(count) ? 0 : 41;
    case 1:
      count = raw_call(kEpollControl, some_descriptor(), 1 + random(3), some_descriptor(), address(&event), 0, 0);
      return count == 0 || (count < 0 && is_answer(count)) ? 0 : 42;
    case 2:
      events[4].data = kGuard;
      count = raw_call(kEpollWait, some_descriptor(), address(events), 4, random(3), 0, 0);
      if (count > 4 || !is_answer(count) || events[4].data != kGuard) return 43;
      for (i64 i = 0; i < count; ++i)
        if (events[i].data >= 1000) return 44;  // not a value that this program has given
      return 0;
    case 3:
      readable[0] = 7;
      count = raw_call(kSelect, 64, address(readable), 0, 0, address(nothing), 0);
      return count <= 64 && is_answer(count) && (readable[0] & ~7ul) == 0 ? 0 : 45;
    case 4:
      count = raw_call(kTimerfdSet, some_descriptor(), 0, address(timer), 0, 0, 0);
      return count == 0 || (count < 0 && is_answer(count)) ? 0 : 46;
    default: {
      u64 before[2] = {}, after[2] = {};
      raw_call(kClockGettime, 1, address(before), 0, 0, 0, 0);
      count = raw_call(kNanosleep, address(nothing), 0, 0, 0, 0, 0);
      raw_call(kClockGettime, 1, address(after), 0, 0, 0, 0);
      if (!is_answer(count) || count > 0) return 47;
      const u64 passed = (after[0] - before[0]) * 1000000000 + after[1] - before[1];
      return count != 0 || passed >= nothing[1] ? 0 : 48;  // a sleep never ends early
    }
  }
}

int option_call() {
  u32 length = 4, value = 1;
  u64 status[18 + 2];
  status[18] = kGuard;
  i64 answer = 0;
  switch (random(8)) {
    case 0: answer = raw_call(kSetOption, some_descriptor(), 1, 2, address(&value), 4, 0); break;
    case 1:
      answer = raw_call(kGetOption, some_descriptor(), 1, 4, address(&value), address(&length), 0);
      if (length > 4) return 50;
      break;
    case 2: answer = raw_call(kFstat, some_descriptor(), address(status), 0, 0, 0, 0); break;
    case 3: answer = raw_call(kShutdown, some_descriptor(), random(3), 0, 0, 0, 0); break;
    case 4: answer = raw_call(kIoctl, some_descriptor(), 0x541b, address(&value), 0, 0, 0); break;
    case 5: answer = raw_call(kStat, address("/host/file"), address(status), 0, 0, 0, 0); break;
    case 6: answer = raw_call(kSeek, some_descriptor(), random(100), random(3), 0, 0, 0); break;
    default: {
      const u16 name[8] = {2, 0x5000, 0x007f, 0x0100};
      answer = raw_call(kConnect, some_descriptor(), address(name), 16, 0, 0, 0);
      break;
    }
  }
  if (status[18] != kGuard) return 51;
  return is_answer(answer) ? 0 : 52;
}

int memory_call() {
  const i64 where = raw_call(kMmap, 0, 3 * 4096, 3, 0x22, ~u64{0}, 0);
  if (where < 0) return where > -134 ? 0 : 60;
  auto* words = reinterpret_cast<u64*>(where);
  for (u64 i = 0; i < 3 * 512; ++i)
    if (words[i] != 0) return 61;
  words[random(3 * 512)] = kGuard;
  raw_call(kMunmap, static_cast<u64>(where), 3 * 4096, 0, 0, 0, 0);
  raw_call(kYield, 0, 0, 0, 0, 0, 0);
  return 0;
}

}  // namespace

extern "C" {
void handle() {}
void thread_main() {}

int guest_main(u64* stack) {
  auto** arguments = reinterpret_cast<char**>(stack + 1);
  if (*stack < 2) return 100;
  for (const char* digit = arguments[1]; *digit != 0; ++digit) state = state * 10 + static_cast<u64>(*digit - '0');
  state = state * 0x9e3779b97f4a7c15 + 1;
  for (u64& word : secrets) word = kGuard;
  raw_call(kSigaction, 13, address("\1\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 0, 8, 0,
           0);  // SIGPIPE: ignored
  handle_signals();
  for (u64 round = 0; round < kRounds; ++round) {
    int wrong = 0;
    switch (random(14)) {
      case 13: wrong = datagram_call(); break;
      case 8: wrong = name_call(); break;
      case 9: wrong = signal_call(); break;
      case 12: wrong = interfaces_call(); break;
      case 10:
      case 11: wrong = folder_call(); break;
      case 0:
      case 1: wrong = reading_call(); break;
      case 2: wrong = writing_call(); break;
      case 3:
      case 4: wrong = opening_call(); break;
      case 5: wrong = waiting_call(); break;
      case 6: wrong = option_call(); break;
      default: wrong = memory_call(); break;
    }
    if (wrong != 0) return wrong;
    for (const u64 word : secrets)
      if (word != kGuard) return 99;
  }
  return 0;
}
}
