// SPDX-License-Identifier: Apache-2.0
//
// For outside_test.cc: what host_memory.cc needs of the rest of the runtime, compiled for the host. Where the enclave lies is
// decided by the test, so the configuration is writable here.
#include "boundary/outside_stubs.h"

extern "C" {
sgxx::abi::EnclaveConfig enclave_config_storage asm("enclave_config");
sgxx::u32 enclave_aborted = 0;
sgxx::u64 copy_words_from_host(void*, sgxx::u64 from, sgxx::u64 words) {
  sgxx::boundary::copies.push_back({from, words * 8});
  return 0;
}
sgxx::u64 copy_words_to_host(sgxx::u64 to, const void*, sgxx::u64 words) {
  sgxx::boundary::copies.push_back({to, words * 8});
  return 0;
}
sgxx::u64 copy_program_bytes(void*, const void*, sgxx::u64) { return 0; }
}

namespace sgxx::boundary {

std::vector<std::pair<u64, u64>> copies;

void set_elrange(u64 base, u64 size) {
  enclave_config_storage.config_offset = reinterpret_cast<u64>(&enclave_config_storage) - base;
  enclave_config_storage.elrange_size = size;
}

}  // namespace sgxx::boundary

namespace sgxx::enclave {

[[noreturn]] void abort_enclave(abi::AbortReason reason);
void abort_enclave(abi::AbortReason reason) { throw boundary::Aborted{reason}; }

}  // namespace sgxx::enclave
