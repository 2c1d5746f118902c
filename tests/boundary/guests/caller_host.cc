// SPDX-License-Identifier: Apache-2.0
//
// The lying host's guest: calls on files in a folder of the host's, on names of machines, and what comes by signals.
#include <initializer_list>

#include "boundary/guests/caller.h"

namespace caller {
namespace {

constexpr i64 kMostTime = 1'000'000'000;

struct Status {
  u64 device, inode, links;
  u32 mode, uid, gid, pad;
  u64 special_device;
  i64 size, block_size, blocks;
  i64 times[6];  // seconds and nanoseconds, three times
  i64 reserved[3];
  u64 guard;
};

// No pointers: nobody relocates this program.
const char kPaths[][24] = {"/host", "/host/file", "/host/link", "/host/inner/x", "/host/inner/../file", "/host/../host/file",
                           "file",  "inner",      ".",          "../host/a",     "/host/inner/"};
u64 some_path() { return address(kPaths[random(sizeof kPaths / sizeof *kPaths)]); }

/// A status that Linux can give of what a folder of the host's may hold.
bool is_possible(const Status& status) {
  const u32 type = status.mode & 0170000;
  if (type != 0100000 && type != 0040000 && type != 0120000) return false;
  if ((status.mode & ~0177777u) != 0 || status.size < 0 || status.blocks < 0) return false;
  for (int i = 1; i < 6; i += 2)
    if (status.times[i] < 0 || status.times[i] >= kMostTime) return false;
  return true;
}

int status_call() {
  Status status{};
  status.guard = kGuard;
  const u64 path = some_path();
  const i64 answer =
      random(2) == 0 ? raw_call(kStat, path, address(&status), 0, 0, 0, 0) : raw_call(kLstat, path, address(&status), 0, 0, 0, 0);
  if (status.guard != kGuard) return 70;
  if (answer > 0 || !is_answer(answer)) return 71;
  return answer != 0 || is_possible(status) ? 0 : 72;
}

/// Records of getdents64 that fill `length` bytes; `dots` counts . and .., which come once each.
int check_names(u64 length, u32& dots) {
  for (u64 at = 0; at < length;) {
    if (length - at < 24) return 73;
    const u8* const record = buffer.bytes + at;
    const u64 size = record[16] | static_cast<u64>(record[17]) << 8;
    if (size < 24 || size % 8 != 0 || size > length - at) return 74;
    u64 letters = 0;
    for (; 19 + letters < size && record[19 + letters] != 0; ++letters)
      if (record[19 + letters] == '/') return 75;
    if (letters == 0 || letters > 255 || 19 + letters >= size) return 76;
    if (record[19] == '.' && (letters == 1 || (letters == 2 && record[20] == '.'))) ++dots;
    at += size;
  }
  return dots <= 2 ? 0 : 77;
}

int listing_call() {
  const i64 folder = raw_call(kOpen, address("/host"), 0200000, 0, 0, 0, 0);
  if (folder < 0) return is_answer(folder) ? 0 : 78;
  int wrong = 0;
  u32 dots = 0;
  for (u32 i = 0; i < 3 && wrong == 0; ++i) {
    const u64 length = 24 + random(4000);
    prepare(0x33);
    const i64 count = raw_call(kGetdents, static_cast<u64>(folder), address(buffer.bytes), length, 0, 0, 0);
    if (!is_answer(count) || count > static_cast<i64>(length)) wrong = 79;
    if (wrong == 0 && count > 0) wrong = check_names(static_cast<u64>(count), dots);
    if (wrong == 0 && !is_unchanged(length, 0x33)) wrong = 80;
    if (random(3) != 0) continue;
    raw_call(kSeek, static_cast<u64>(folder), random(200), 0, 0, 0, 0);
    dots = 0;
  }
  raw_call(kClose, static_cast<u64>(folder), 0, 0, 0, 0, 0);
  return wrong;
}

int link_call() {
  const u64 length = 1 + random(300);
  prepare(0x44);
  const i64 count = raw_call(kReadlink, some_path(), address(buffer.bytes), length, 0, 0, 0);
  if (!is_answer(count) || count == 0 || count > static_cast<i64>(length)) return 81;
  for (i64 i = 0; i < count; ++i)
    if (buffer.bytes[i] == 0) return 82;
  return is_unchanged(length, 0x44) ? 0 : 83;
}

/// What a mapping shows is the program's: it stays as it is, whatever the host does.
int mapping_call() {
  const i64 file = raw_call(kOpen, address("/host/file"), 2, 0, 0, 0, 0);
  if (file < 0) return is_answer(file) ? 0 : 84;
  const i64 where = raw_call(kMmap, 0, 3 * 4096, 3, 2, static_cast<u64>(file), random(2) * 4096);
  raw_call(kClose, static_cast<u64>(file), 0, 0, 0, 0, 0);
  if (where < 0) return is_answer(where) ? 0 : 85;
  raw_call(kMunmap, static_cast<u64>(where), 3 * 4096, 0, 0, 0, 0);
  return 0;
}

int position_call() {
  const i64 file = raw_call(kOpen, address("/host/file"), 2 | (random(2) != 0 ? 02000 : 0), 0, 0, 0, 0);
  if (file < 0) return is_answer(file) ? 0 : 86;
  const u64 descriptor = static_cast<u64>(file);
  prepare(0x55);
  for (u32 i = 0; i < 4; ++i) {
    const u64 length = random(9000);
    const i64 moved = raw_call(random(2) == 0 ? kRead : kWrite, descriptor, address(buffer.bytes), length, 0, 0, 0);
    if (!is_answer(moved) || moved > static_cast<i64>(length)) return 87;
    if (raw_call(kSeek, descriptor, 0, 1, 0, 0, 0) < 0) return 88;
    const i64 sought = raw_call(kSeek, descriptor, random(1000), random(5), 0, 0, 0);
    if (!is_answer(sought)) return 89;
  }
  keep(file);
  return is_unchanged(kLargest, 0x55) ? 0 : 90;
}

}  // namespace

int folder_call() {
  i64 answer = 0;
  u64 words[16] = {};
  const u64 times[4] = {random(1u << 31), random(kMostTime), random(1u << 31), 0x3fffffff};
  switch (random(19)) {
    case 0:
    case 1: return status_call();
    case 2:
    case 3: return listing_call();
    case 4: return link_call();
    case 5: return mapping_call();
    case 6: return position_call();
    case 7: answer = raw_call(kMkdir, some_path(), 0700, 0, 0, 0, 0); break;
    case 8: answer = raw_call(random(2) == 0 ? kUnlink : kRmdir, some_path(), 0, 0, 0, 0, 0); break;
    case 9: answer = raw_call(kRename, some_path(), some_path(), 0, 0, 0, 0); break;
    case 10: answer = raw_call(random(2) == 0 ? kLink : kSymlink, some_path(), some_path(), 0, 0, 0, 0); break;
    case 11: answer = raw_call(random(2) == 0 ? kChmod : kAccess, some_path(), random(8), 0, 0, 0, 0); break;
    case 12: answer = raw_call(kUtimensat, ~u64{99}, some_path(), address(times), 0, 0, 0); break;
    case 13: answer = raw_call(kTruncate, some_path(), random(10000), 0, 0, 0, 0); break;
    case 14: answer = raw_call(kStatfs, some_path(), address(words), 0, 0, 0, 0); break;
    case 15: answer = raw_call(random(2) == 0 ? kFsync : kFdatasync, some_descriptor(), 0, 0, 0, 0, 0); break;
    case 16: answer = raw_call(random(2) == 0 ? kFtruncate : kFallocate, some_descriptor(), 0, 0, 1 + random(9000), 0, 0); break;
    case 17: answer = raw_call(kChdir, some_path(), 0, 0, 0, 0, 0); break;
    default: {
      keep(raw_call(kOpen, some_path(), (random(2) * 0100) | (random(2) * 02000) | random(3), 0600, 0, 0, 0));
      const i64 count = raw_call(kSendfile, some_descriptor(), some_descriptor(), 0, 500, 0, 0);
      return is_answer(count) && count <= 500 ? 0 : 91;
    }
  }
  return answer == 0 || (answer < 0 && is_answer(answer)) ? 0 : 92;
}

/// A question to the resolver, as a C library asks it; the answer is a datagram of its size at most.
int name_call() {
  static constexpr u8 kQuestion[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 'h', 'o', 's', 't', 0, 0, 1, 0, 1};
  const u16 resolver[8] = {2, 0x3500, 0x00f0, 0x3500};  // 240.0.0.53:53
  const i64 made = raw_call(kSocket, 2, 2, 0, 0, 0, 0);
  if (made < 0) return is_answer(made) ? 0 : 93;
  const u64 socket = static_cast<u64>(made);
  int wrong = 0;
  if (raw_call(kConnect, socket, address(resolver), 16, 0, 0, 0) == 0) {
    const i64 sent = raw_call(kSendTo, socket, address(kQuestion), sizeof kQuestion, 0x4000, 0, 0);
    if (!is_answer(sent) || sent > static_cast<i64>(sizeof kQuestion)) wrong = 94;
    const u64 length = random(600);
    prepare(0x66);
    const i64 count = raw_call(kReceiveFrom, socket, address(buffer.bytes), length, 0x40, 0, 0);
    if (!is_answer(count) || count > static_cast<i64>(length)) wrong = 95;
    if (!is_unchanged(length, 0x66)) wrong = 96;
    if (wrong == 0 && count >= 12) {
      // The number of the question comes back, and no more answers than were asked for can be held.
      if (buffer.bytes[0] != 0x12 || buffer.bytes[1] != 0x34 || (buffer.bytes[2] & 0x80) == 0) wrong = 97;
      if (buffer.bytes[6] != 0 || buffer.bytes[7] > 16) wrong = 98;
    }
  }
  raw_call(kClose, socket, 0, 0, 0, 0, 0);
  return wrong;
}

/// The interfaces, as a C library asks for them: whole messages, none longer than what came.
int interfaces_call() {
  constexpr u64 kRequestInterfaceIndex = 0x8933;
  const u32 request[5] = {20, (random(2) == 0 ? 18u : 22u) | 0x301u << 16, static_cast<u32>(random(100)), 0, 0};
  const i64 made = raw_call(kSocket, 16, 3, 0, 0, 0, 0);
  if (made < 0) return is_answer(made) ? 0 : 110;
  const u64 socket = static_cast<u64>(made);
  int wrong = 0;
  if (raw_call(kSendTo, socket, address(request), sizeof request, 0, 0, 0) == sizeof request) {
    for (i64 count = 1; count > 0 && wrong == 0;) {
      const u64 length = 200 + random(4000);
      prepare(0x55);
      count = raw_call(kReceiveFrom, socket, address(buffer.bytes), length, 0x40, 0, 0);
      if (!is_answer(count) || count > static_cast<i64>(length)) wrong = 111;
      if (!is_unchanged(length, 0x55)) wrong = 112;
      for (i64 at = 0; wrong == 0 && at < count;) {
        u32 size = 0;
        __builtin_memcpy(&size, buffer.bytes + at, sizeof size);
        if (size < 16 || size > count - at) wrong = 113;
        at += (size + 3) & ~3u;
      }
    }
  }
  raw_call(kClose, socket, 0, 0, 0, 0, 0);
  u8 asked[40] = {'l', 'o'};
  const i64 answer = raw_call(kIoctl, some_descriptor(), kRequestInterfaceIndex, address(asked), 0, 0, 0);
  if (wrong == 0 && answer != 0 && (answer > 0 || !is_answer(answer))) wrong = 114;
  return wrong;
}

namespace {

/// The control messages in `used` bytes at `bytes`: of kinds that were asked for (bit 0: the time, bit 1: the packet's addresses,
/// bit 2: hops), whole but for the last one of a small room, with values that there are.
int check_control(const u8* bytes, u64 used, u32 asked, bool cut) {
  for (u64 at = 0; at + 16 <= used;) {
    u64 length = 0;
    u32 type[2] = {};
    i32 value = 0;
    __builtin_memcpy(&length, bytes + at, sizeof length);
    __builtin_memcpy(type, bytes + at + 8, sizeof type);
    if (length < 16 || length > used - at) return 121;
    const u32 kind = type[0] == 1 && type[1] == 35 ? 0 : type[0] == 0 && type[1] == 8 ? 1 : type[0] == 0 && type[1] == 2 ? 2 : 3;
    constexpr u64 kLengths[] = {32, 28, 20};
    if (kind == 3 || (asked >> kind & 1) == 0) return 122;
    if (length != kLengths[kind] && (!cut || length > kLengths[kind])) return 123;
    if (kind == 2 && length == 20) __builtin_memcpy(&value, bytes + at + 16, sizeof value);
    if (value < 0 || value > 255) return 124;
    at += (length + 7) & ~u64{7};
  }
  return 0;
}

}  // namespace

/// A datagram, and what is said of it.
int datagram_call() {
  constexpr u64 kOptions[][2] = {{1, 35}, {0, 8}, {0, 12}};
  const i64 made = raw_call(kSocket, 2, 2, 0, 0, 0, 0);
  if (made < 0) return is_answer(made) ? 0 : 115;
  const u64 socket = static_cast<u64>(made);
  u32 asked = 0;
  const u32 one = 1;
  for (u32 i = 0; i < 3; ++i)
    if (random(3) != 0 && raw_call(kSetOption, socket, kOptions[i][0], kOptions[i][1], address(&one), 4, 0) == 0)
      asked |= 1u << i;
  prepare(0x66);
  u8 byte[16] = {};
  const u64 vector[2] = {address(byte), 8};
  const u64 room = random(3) == 0 ? random(100) : 100;
  u64 message[7] = {0, 0, address(vector), 1, address(buffer.bytes), room, 0};
  const i64 count = raw_call(kReceiveMessage, socket, address(message), 0x40, 0, 0, 0);
  int wrong = 0;
  if (!is_answer(count) || count > 8) wrong = 116;
  if (wrong == 0 && !is_unchanged(room, 0x66)) wrong = 117;
  for (u32 i = 8; i < 16; ++i)
    if (byte[i] != 0) wrong = 118;
  if (wrong == 0 && count >= 0) {
    if (message[5] > room) return 119;
    wrong = check_control(buffer.bytes, message[5], asked, (message[6] & 8) != 0);
  }
  const u64 said[3] = {20, 0x200000000, 1 + random(300)};  // a struct cmsghdr: IP_TTL
  message[4] = address(said);
  message[5] = sizeof said;
  message[6] = 0;
  const i64 sent = raw_call(kSendMessage, socket, address(message), 0x4000, 0, 0, 0);
  if (wrong == 0 && (!is_answer(sent) || sent > 8)) wrong = 120;
  raw_call(kClose, socket, 0, 0, 0, 0, 0);
  return wrong;
}

namespace {

extern "C" void restorer();

struct Action {
  void (*handler)(int);
  u64 flags;
  void (*restorer)();
  u64 mask;
};

volatile int wrong_signals;
void on_signal(int number) {
  if (number != 10 && number != 14 && number != 15) wrong_signals = wrong_signals + 1;
}

}  // namespace

void handle_signals() {
  const Action action{on_signal, 0x04000000, restorer, 0};  // SA_RESTORER
  for (u64 number : {10ul, 14ul, 15ul}) raw_call(kSigaction, number, address(&action), 0, 8, 0, 0);
  raw_call(kYield, 0, 0, 0, 0, 0, 0);
}

int signal_call() {
  const u64 interval[4] = {0, 0, 0, random(3) * 500};
  const i64 answer = raw_call(kSetitimer, 0, address(interval), 0, 0, 0, 0);
  if (answer > 0 || !is_answer(answer)) return 101;
  raw_call(kYield, 0, 0, 0, 0, 0, 0);
  return wrong_signals == 0 ? 0 : 102;
}

}  // namespace caller
