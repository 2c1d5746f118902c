// SPDX-License-Identifier: Apache-2.0
//
// A barrier that one thread executes for all of them (membarrier): programs leave the fence out of their quick side and have the
// slow side ask for it. The host is only asked to interrupt threads; that one passed a fence is seen in enclave memory.
#pragma once

namespace sgxx::enclave {

/// When this returns, every other thread has executed a full memory barrier since it was called, or will before it executes the
/// next instruction of the program. A host that interrupts nobody keeps the caller in here.
void fence_all_threads();

}  // namespace sgxx::enclave
