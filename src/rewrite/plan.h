// SPDX-License-Identifier: Apache-2.0
//
// plan(): finds every instruction of a program that an enclave may not execute (syscall, cpuid, rdtsc, rdtscp, xgetbv) and
// decides which to redirect to the runtime. Speed is what it is for: what it leaves alone raises #UD and is served by the
// exception handler. So it redirects only where the instruction is beyond doubt and no control flow can see the difference; data
// in text that looks like an instruction must never be touched. The same input gives the same plan on every machine.
#pragma once

#include <vector>

#include "rewrite/site.h"

namespace sgxx::rewrite {

/// Where the runtime serves each instruction. All offsets are in ELRANGE.
///
/// Protocol. syscall: rcx holds the address at which to go on; everything but rax, rcx and r11 is preserved. The others: rdx
/// holds that address; everything but the instruction's own results is preserved, flags too.
struct Targets {
  EnclaveOffset syscall, cpuid, rdtsc, rdtscp, xgetbv;
};

/// Bytes that replace a window of the program.
struct Patch {
  EnclaveOffset at;
  std::vector<u8> bytes;
};

/// A place in a stub and the place in the unmodified program that it stands for: the state of the machine is the same at both, as
/// far as anybody can tell. A signal frame that would show the former can show the latter, which unwinders and debuggers know.
struct MovedAddress {
  EnclaveOffset stub;
  EnclaveOffset program;
};

struct Plan {
  std::vector<Patch> patches;  ///< ascending, disjoint
  std::vector<u8> stubs;       ///< code to load, readable and executable, at `stub_base`; position independent within ELRANGE
  std::vector<MovedAddress> moved;  ///< every instruction of the stubs; ascending by stub, and by program too
  std::vector<Site> sites;          ///< every candidate, ascending

  u64 count(Decision decision) const;
};

enum class Mode : u8 { redirect, report_only };

/// `program_base` is where the program's address 0 will lie, `stub_base` where the stubs will. With Mode::report_only nothing is
/// redirected and each site says so, unless there is another reason to leave it alone. An error means that
/// .eh_frame is malformed.
Result<Plan> plan(const elf::File& file, const Targets& targets, EnclaveOffset program_base, EnclaveOffset stub_base,
                  Mode mode = Mode::redirect);

}  // namespace sgxx::rewrite
