// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the lying host's guest share: Linux's numbers, a generator, the buffer between guards, open descriptors.
#pragma once

using u64 = unsigned long;
using u32 = unsigned;
using u16 = unsigned short;
using u8 = unsigned char;
using i64 = long;
using i32 = int;

extern "C" i64 raw_call(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

namespace caller {

// Linux on x86-64.
enum : u64 {
  kRead = 0,
  kWrite = 1,
  kOpen = 2,
  kClose = 3,
  kStat = 4,
  kFstat = 5,
  kLstat = 6,
  kPoll = 7,
  kSeek = 8,
  kMmap = 9,
  kMunmap = 11,
  kSigaction = 13,
  kIoctl = 16,
  kPread = 17,
  kPwrite = 18,
  kReadv = 19,
  kWritev = 20,
  kAccess = 21,
  kSelect = 23,
  kYield = 24,
  kNanosleep = 35,
  kSetitimer = 38,
  kSendfile = 40,
  kSocket = 41,
  kConnect = 42,
  kSendTo = 44,
  kReceiveFrom = 45,
  kSendMessage = 46,
  kReceiveMessage = 47,
  kShutdown = 48,
  kBind = 49,
  kListen = 50,
  kGetsockname = 51,
  kGetpeername = 52,
  kSetOption = 54,
  kGetOption = 55,
  kFsync = 74,
  kFdatasync = 75,
  kTruncate = 76,
  kFtruncate = 77,
  kGetcwd = 79,
  kChdir = 80,
  kFchdir = 81,
  kRename = 82,
  kMkdir = 83,
  kRmdir = 84,
  kLink = 86,
  kUnlink = 87,
  kSymlink = 88,
  kReadlink = 89,
  kChmod = 90,
  kStatfs = 137,
  kGetdents = 217,
  kClockGettime = 228,
  kEpollWait = 232,
  kEpollControl = 233,
  kTimerfdCreate = 283,
  kTimerfdSet = 286,
  kAccept = 288,
  kUtimensat = 280,
  kFallocate = 285,
  kEventfd = 290,
  kEpollCreate = 291,
  kPipe = 293,
  kGetrandom = 318,
  // Of the runtime's own: abi/program_call.h.
  kQuoteTarget = 0x53475b,
  kQuote = 0x53475c,
};

constexpr u64 kRounds = 160;
constexpr u64 kLargest = 20000;
constexpr u32 kMostAddress = 128;  // struct sockaddr_storage
constexpr u64 kGuard = 0x5ec4e75ec4e75ec4;

inline u64 state;
inline u64 random(u64 below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return below == 0 ? 0 : state % below;
}

inline u64 address(const volatile void* p) { return reinterpret_cast<u64>(p); }

struct Buffer {
  u64 before[8];
  u8 bytes[kLargest];
  u64 after[8];
};
inline Buffer buffer;
inline u64 secrets[512];  // never given to any call

inline void prepare(u8 fill) {
  for (u64 i = 0; i < 8; ++i) buffer.before[i] = buffer.after[i] = kGuard;
  for (u64 i = 0; i < kLargest; ++i) buffer.bytes[i] = fill;
}

inline bool is_unchanged(u64 from, u8 fill) {
  for (u64 i = 0; i < 8; ++i)
    if (buffer.before[i] != kGuard || buffer.after[i] != kGuard) return false;
  for (u64 i = from; i < kLargest; ++i)
    if (buffer.bytes[i] != fill) return false;
  return true;
}

/// An answer that Linux could give: not below -4095, an error below 134.
inline bool is_answer(i64 value) { return value >= 0 || value > -134; }

inline i32 descriptors[12];
inline u32 descriptor_count;
inline void keep(i64 descriptor) {
  if (descriptor < 0) return;
  i32& place = descriptors[descriptor_count < 12 ? descriptor_count++ : random(12)];
  if (place > 2) raw_call(kClose, static_cast<u64>(place), 0, 0, 0, 0, 0);
  place = static_cast<i32>(descriptor);
}
inline u64 some_descriptor() {
  return descriptor_count == 0 || random(6) == 0 ? random(3) : static_cast<u64>(descriptors[random(descriptor_count)]);
}

// Each makes one call, or a few that belong together; 0, or the number of the check that failed.
int folder_call();
int name_call();
int interfaces_call();
int datagram_call();
int signal_call();
/// Handlers for the signals that the host may send; then it yields.
void handle_signals();

}  // namespace caller
