// SPDX-License-Identifier: Apache-2.0
//
// The system calls of abi/program_call.h: the enclave's identity and keys, for the program inside. Operands are copied to where
// the leaf functions want them (aligned, in ELRANGE, not the program's to change meanwhile) and checked there for all that would
// be a general protection fault. Keys leave no copy behind.
#include "enclave/boot.h"
#include "enclave/entry.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

template <size_t N>
bool all_zero(const std::array<u8, N>& bytes) {
  u8 any = 0;
  for (u8 byte : bytes) any |= byte;
  return any == 0;
}

/// memset that no compiler leaves out.
void wipe(void* bytes, u64 length) {
  memset(bytes, 0, length);
  asm volatile("" : : "r"(bytes) : "memory");
}

constexpr u16 kKssPolicies = isa::key_policy::no_isv_prod_id | isa::key_policy::config_id | isa::key_policy::isv_family_id |
                             isa::key_policy::isv_ext_prod_id;
constexpr u16 kPolicies = isa::key_policy::mr_enclave | isa::key_policy::mr_signer | kKssPolicies;

/// SDM vol. 3D, EGETKEY: reserved bits, and KSS without the attribute, are #GP.
bool is_sound(const isa::KeyRequest& request) {
  if (request.reserved1 != 0 || request.cet_attributes_mask != 0 || !all_zero(request.reserved2)) return false;
  if ((request.key_policy & ~kPolicies) != 0) return false;
  const bool kss = (own_attributes().flags & isa::attribute::kss) != 0;
  return kss || ((request.key_policy & kKssPolicies) == 0 && request.config_svn == 0);
}

bool is_sound(const isa::TargetInfo& target) {
  return target.reserved1 == 0 && all_zero(target.reserved2) && all_zero(target.reserved3);
}

}  // namespace

Outcome<u64> enclave_facts(SyscallFrame& frame) {
  const EnclaveConfig& config = enclave_config;
  const auto address_of_data = [](u64 offset, u64 length) { return length == 0 ? 0 : enclave_base() + offset; };
  const abi::EnclaveFacts facts = {address_of_data(config.blob.offset + config.measured_data, config.measured_data_length),
                                   config.measured_data_length,
                                   address_of_data(config.unmeasured.offset, config.unmeasured_length), config.unmeasured_length};
  TRY(store(frame.rdi, facts));
  return u64{0};
}

Outcome<u64> enclave_report(SyscallFrame& frame) {
  struct alignas(128) ReportData {
    std::array<u8, 64> bytes;
  };
  const auto target = TRY(load<isa::TargetInfo>(frame.rdi));
  const ReportData data = {TRY(load<std::array<u8, 64>>(frame.rsi))};
  if (!is_sound(target)) return fail(Errno::inval);
  alignas(512) isa::Report report;
  execute_ereport(&target, &data, &report);
  TRY(store(frame.rdx, report));
  return u64{0};
}

Outcome<u64> enclave_key(SyscallFrame& frame) {
  const auto request = TRY(load<isa::KeyRequest>(frame.rdi));
  TRY(check_writable(frame.rsi, sizeof(isa::Key128)));
  if (!is_sound(request)) return fail(Errno::inval);
  alignas(16) isa::Key128 key{};
  const u32 error = execute_egetkey(&request, &key);
  if (error != 0) return u64{error};
  const Outcome<> stored = store(frame.rsi, key);
  wipe(&key, sizeof key);
  if (!stored.ok()) return fail(stored.error());
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
