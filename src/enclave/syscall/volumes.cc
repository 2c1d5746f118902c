// SPDX-License-Identifier: Apache-2.0
//
// The system calls of abi/program_call.h on encrypted volumes.
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {

Outcome<u64> volume_open(SyscallFrame&) { return fail(Errno::nosys); }
Outcome<u64> volume_wait(SyscallFrame&) { return fail(Errno::nosys); }
Outcome<u64> volume_anchored(SyscallFrame&) { return fail(Errno::nosys); }
Outcome<u64> volume_rewrap(SyscallFrame&) { return fail(Errno::nosys); }
Outcome<u64> volume_info(SyscallFrame&) { return fail(Errno::nosys); }

}  // namespace sgxx::enclave::syscall
