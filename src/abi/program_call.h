// SPDX-License-Identifier: Apache-2.0
//
// System calls of the runtime's own: what only an enclave has, for the SDK that programs link. The numbers lie far above all of
// Linux's (and below the bit that marks x32 calls), so a kernel answers ENOSYS: outside of an enclave the same program finds out
// that it is outside. All structures are the SDM's, anywhere in the program's memory and not aligned; answers go there too.
#pragma once

#include "isa/sgx.h"

namespace sgxx::abi {

inline constexpr u64 kFirstProgramCall = 0x534758;  // "SGX"

// clang-format off
// X(index, name, what docs/syscalls.md says)
#define SGXX_PROGRAM_CALLS(X) \
  X(0, enclave_facts, "where measured and unmeasured data lie; arguments: address of an EnclaveFacts") \
  X(1, enclave_report, "EREPORT; arguments: addresses of TARGETINFO, of report data, and for the REPORT") \
  X(2, enclave_key, "EGETKEY; arguments: addresses of KEYREQUEST and for the key; above 0 the SDM's error code; EINVAL for what would be #GP") \
  X(3, quote_target, "the quoting enclave, as the host says: for whom a report is made that becomes a quote; argument: address for the TARGETINFO") \
  X(4, quote, "a quote, as the host says; arguments: address of the REPORT, address and size of room for the quote; its bytes. ERANGE: it has more; EINVAL: the quoting enclave refuses the report; ENODEV: there is none") \
  X(5, volume_open, "opens an encrypted volume that waits for it; arguments: its path, address of a VolumeOpening. ENODEV: no volume is mounted there; EEXIST: it is open; ENOENT: there is none and none is to be made; EKEYREJECTED: another key; ESTALE: not the expected state; EBADMSG: not a sound volume") \
  X(6, volume_wait, "waits until a state of an open volume is to be anchored; arguments: its path, address for a VolumeAdvance") \
  X(7, volume_anchored, "what became of that; arguments: its path, address of the VolumeAnchor, 0 or the errno that fsync fails with") \
  X(8, volume_rewrap, "an open volume gets another key; arguments: its path, address of a VolumeRewrap") \
  X(9, volume_info, "what there is to say of a volume; arguments: its path, address for a VolumeInfo")
// clang-format on

enum class ProgramCall : u64 {
#define SGXX_X(index, name, text) name = kFirstProgramCall + (index),
  SGXX_PROGRAM_CALLS(SGXX_X)
#undef SGXX_X
};

/// Addresses in the enclave; no data: address and length 0.
struct EnclaveFacts {
  u64 measured_data;
  u64 measured_data_length;
  u64 unmeasured_data;
  u64 unmeasured_data_length;
};
static_assert(Crossable<EnclaveFacts>);

}  // namespace sgxx::abi
