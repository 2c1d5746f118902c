// SPDX-License-Identifier: Apache-2.0
//
// From a program, the runtime and a manifest to an enclave: a measured stream, not yet signed. The same input gives the same
// bytes on any machine.
#pragma once

#include <functional>
#include <vector>

#include "abi/config.h"
#include "elf/file.h"
#include "image/layout.h"
#include "image/manifest.h"
#include "image/sgxs.h"

namespace sgxx::image {

/// Where code will lie, known before anything is redirected.
struct CodePlacement {
  EnclaveOffset program_base;  ///< of the program's virtual address 0
  EnclaveOffset stubs;         ///< of the first stub byte
  EnclaveOffset runtime_syscall;
  EnclaveOffset runtime_cpuid;
  EnclaveOffset runtime_rdtsc;
  EnclaveOffset runtime_rdtscp;
  EnclaveOffset runtime_xgetbv;
};

/// Bytes to put over the program's code.
struct Patch {
  elf::Vaddr address;
  std::vector<u8> bytes;
};

/// What becomes of the instructions that an enclave may not execute.
struct Redirection {
  std::vector<Patch> patches;
  std::vector<u8> stubs;
};
using Redirect = std::function<Result<Redirection>(const elf::File& program, const CodePlacement& placement)>;

struct BuildInput {
  ByteView runtime;  ///< sgxx-runtime.elf
  ByteView program;  ///< a static-PIE
  ByteView measured_data = {};
  ByteView unmeasured_data = {};
  Redirect redirect = {};  ///< without one the program's code stays as it is, and each such instruction traps
};

/// An enclave without signature.
struct BuiltEnclave {
  Stream stream;
  Layout layout;
  abi::EnclaveConfig config;
};

Result<BuiltEnclave> build(const BuildInput& input, const Manifest& manifest);

/// What there is to sign about `built`. `date` as in SigStructOptions.
Result<isa::SigStruct> unsigned_sigstruct_of(const BuiltEnclave& built, const Manifest& manifest, u32 date);

}  // namespace sgxx::image
