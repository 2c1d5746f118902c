// SPDX-License-Identifier: Apache-2.0
//
// What comes from outside the program: the alarm of its timers, and signals of the host's that the measured manifest admits. The
// host says no more than that a thread should look (HostArea::attention, or an interruption); what there is to see is found out
// here, with a host call whose answer is checked.
#pragma once

#include "enclave/thread_block.h"

namespace sgxx::enclave {

/// The signals that the host may send: those of the manifest.
u64 admitted_signals();

/// Whether anything could come at all. If not, what the host says is nothing to look after.
bool expects_attention();

/// Looks: sends the signals of timers whose time has passed and those that the host forwards, and tells the host when to come
/// again. The calling thread holds no lock.
void attend();
/// The same if the calling thread has been told to.
inline void attend_if_told(ThreadBlock& thread) {
  if (thread.attention.load() != 0) attend();
}

}  // namespace sgxx::enclave
