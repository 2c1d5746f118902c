// SPDX-License-Identifier: Apache-2.0
//
// From a program, the runtime and a manifest to an enclave: a measured stream, not yet signed. The same input gives the same
// bytes on any machine.
#pragma once

#include "abi/config.h"
#include "image/layout.h"
#include "image/manifest.h"
#include "image/sgxs.h"
#include "rewrite/plan.h"

namespace sgxx::image {

struct BuildInput {
  ByteView runtime;  ///< sgxx-runtime.elf
  ByteView program;  ///< a static-PIE
  ByteView measured_data = {};
  ByteView unmeasured_data = {};
  std::span<const TreeItem> tree = {};  ///< the manifest's mounts, as read_tree gives them
};

/// An enclave without signature.
struct BuiltEnclave {
  Stream stream;
  Layout layout;
  abi::EnclaveConfig config;
  rewrite::Plan plan;  ///< what became of the instructions that an enclave may not execute
};

Result<BuiltEnclave> build(const BuildInput& input, const Manifest& manifest);

/// What there is to sign about `built`. `date` as in SigStructOptions.
Result<isa::SigStruct> unsigned_sigstruct_of(const BuiltEnclave& built, const Manifest& manifest, u32 date);

}  // namespace sgxx::image
