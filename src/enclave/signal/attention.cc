// SPDX-License-Identifier: Apache-2.0
#include "enclave/signal/attention.h"

#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/lock.h"
#include "enclave/signal/signals.h"
#include "enclave/signal/timers.h"

namespace sgxx::enclave {
namespace {

// One thread at a time, so that the deadline that the host hears last is the one that was computed last.
constinit SpinLock attending;

constexpr u64 kNobody = 65534;  // the sender's user id: outside, whoever that is

}  // namespace

u64 admitted_signals() { return enclave_config.host_signals; }

bool expects_attention() { return admitted_signals() != 0 || has_armed_timers(); }

void attend() {
  Guard guard(attending);
  current().attention.store(0);
  const u64 deadline = expire_timers();
  const u64 admitted = admitted_signals();
  // Each number once at most: a host that goes on for ever does not keep us.
  for (u32 i = 0; i < kSignals; ++i) {
    const u32 number = host::attend(deadline, admitted);
    if (number == 0) return;
    (void)send_to_process(number, {si::user, 0, kNobody << 32, 0, 0, 0});
  }
}

extern "C" void attend_for_program() { attend(); }

}  // namespace sgxx::enclave
