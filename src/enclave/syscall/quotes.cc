// SPDX-License-Identifier: Apache-2.0
//
// The way from a report to a quote leads through the host, which has the quoting enclave. Nothing that comes back is believed:
// whoever verifies the quote finds out. Both calls need the grant `quotes`.
#include "enclave/boot.h"
#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

Outcome<> require_grant() {
  if ((enclave_config.grants & abi::grant::quotes) == 0) return fail(Errno::acces);
  return {};
}

}  // namespace

Outcome<u64> quote_target(SyscallFrame& frame) {
  TRY(require_grant());
  TRY(check_writable(frame.rdi, sizeof(isa::TargetInfo)));
  isa::TargetInfo target;
  TRY(host::quote_target(target));
  TRY(store(frame.rdi, target));
  return u64{0};
}

Outcome<u64> quote(SyscallFrame& frame) {
  TRY(require_grant());
  const auto report = TRY(load<isa::Report>(frame.rdi));
  TRY(check_writable(frame.rsi, frame.rdx));
  Transfer room(frame.rsi, frame.rdx);
  return host::quote(report, room);
}

}  // namespace sgxx::enclave::syscall
