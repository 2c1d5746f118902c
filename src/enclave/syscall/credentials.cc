// SPDX-License-Identifier: Apache-2.0
//
// Who the program is: one user without privileges, in one group, the leader of the one process group and session that there are.
// What it is already it may become; all else is refused as to anybody without privileges.
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u32 kKeep = ~u32{0};

Outcome<u64> become(u32 id) {
  if (id == kKeep) return fail(Errno::inval);
  return id == kUserId ? Outcome<u64>(u64{0}) : fail(Errno::perm);
}

bool stays(u64 id) { return static_cast<u32>(id) == kKeep || static_cast<u32>(id) == kUserId; }

Outcome<u64> store_three(u64 real, u64 effective, u64 saved) {
  for (const u64 address : {real, effective, saved}) TRY(store(address, kUserId));
  return u64{0};
}

/// struct __user_cap_header_struct.
struct CapabilityHeader {
  u32 version;
  i32 process;
};
/// struct __user_cap_data_struct; two of them since version 2.
struct Capabilities {
  u32 effective, permitted, inheritable;
};

/// How many Capabilities a version has. EINVAL for one that there is not, and then the header says which one there is.
Outcome<u32> capability_words(u64 header_address) {
  constexpr u32 kVersion1 = 0x19980330, kVersion2 = 0x20071026, kVersion3 = 0x20080522;
  const u32 version = TRY(load<u32>(header_address));
  if (version == kVersion1) return u32{1};
  if (version == kVersion2 || version == kVersion3) return u32{2};
  TRY(store(header_address, kVersion3));
  return fail(Errno::inval);
}

}  // namespace

// setuid, setgid
Outcome<u64> set_id(SyscallFrame& frame) { return become(static_cast<u32>(frame.rdi)); }

// setreuid, setregid
Outcome<u64> set_two_ids(SyscallFrame& frame) {
  return stays(frame.rdi) && stays(frame.rsi) ? Outcome<u64>(u64{0}) : fail(Errno::perm);
}

// setresuid, setresgid
Outcome<u64> set_three_ids(SyscallFrame& frame) { return stays(frame.rdx) ? set_two_ids(frame) : fail(Errno::perm); }

// getresuid, getresgid
Outcome<u64> get_three_ids(SyscallFrame& frame) { return store_three(frame.rdi, frame.rsi, frame.rdx); }

// setfsuid, setfsgid: the answer is what it was, whatever becomes of it.
Outcome<u64> set_file_id(SyscallFrame&) { return u64{kUserId}; }

Outcome<u64> getgroups(SyscallFrame& frame) {
  if (static_cast<i32>(frame.rdi) < 0) return fail(Errno::inval);
  return u64{0};
}

Outcome<u64> setgroups(SyscallFrame&) { return fail(Errno::perm); }

Outcome<u64> capget(SyscallFrame& frame) {
  const auto words = capability_words(frame.rdi);
  // To ask without a place for the answer is to ask for the version.
  if (!words.ok()) return frame.rsi == 0 && words.error() == Errno::inval ? Outcome<u64>(u64{0}) : fail(words.error());
  if (frame.rsi == 0) return u64{0};
  const auto header = TRY(load<CapabilityHeader>(frame.rdi));
  if (header.process < 0) return fail(Errno::inval);
  if (header.process != 0 && !is_thread(header.process)) return fail(Errno::srch);
  for (u32 i = 0; i < *words; ++i) TRY(store(frame.rsi + i * sizeof(Capabilities), Capabilities{}));
  return u64{0};
}

// There are none, so that there is nothing to give up.
Outcome<u64> capset(SyscallFrame& frame) {
  const u32 words = TRY(capability_words(frame.rdi));
  const auto header = TRY(load<CapabilityHeader>(frame.rdi));
  if (header.process != 0 && header.process != current().tid) return fail(Errno::perm);
  for (u32 i = 0; i < words; ++i) {
    const auto wanted = TRY(load<Capabilities>(frame.rsi + i * sizeof(Capabilities)));
    if ((wanted.effective | wanted.permitted | wanted.inheritable) != 0) return fail(Errno::perm);
  }
  return u64{0};
}

// A session's leader stays in it, and leads its group.
Outcome<u64> setsid(SyscallFrame&) { return fail(Errno::perm); }

Outcome<u64> setpgid(SyscallFrame& frame) {
  const i32 process = static_cast<i32>(frame.rdi);
  if (static_cast<i32>(frame.rsi) < 0) return fail(Errno::inval);
  if (process != 0 && process != kProcessId) return fail(Errno::srch);
  return fail(Errno::perm);
}

}  // namespace sgxx::enclave::syscall
