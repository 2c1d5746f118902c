// SPDX-License-Identifier: Apache-2.0
//
// EnclaveConfig: what the packer tells the runtime, in a measured read-only page at the start of the runtime's image
// (section `.config`). Everything here is trusted, because it is part of MRENCLAVE. Offsets are relative to ELRANGE's base.
#pragma once

#include "base/address.h"
#include "base/bytes.h"

namespace sgxx::abi {

inline constexpr u64 kConfigMagic = 0x31676663'78786773;  // "sgxxcfg1"
inline constexpr u32 kAbiVersion = 4;

/// ELRANGE of an image starts at address 0 and nothing below this offset is ever backed.
inline constexpr u64 kLowestBackedOffset = 0x10000;

/// Pages [offset, offset + length), both multiples of the page size.
struct Region {
  u64 offset;
  u64 length;
  constexpr u64 end() const { return offset + length; }
  friend constexpr bool operator==(Region, Region) = default;
};

/// Which host facilities the program may use (EnclaveConfig::grants).
namespace grant {
inline constexpr u64 streams = 1u << 0;  // standard input, output, error
inline constexpr u64 time = 1u << 1;
inline constexpr u64 network = 1u << 2;
inline constexpr u64 quotes = 1u << 3;
}  // namespace grant

namespace config_flag {
inline constexpr u32 arguments_from_manifest = 1u << 0;  // host's argv is ignored
inline constexpr u32 dynamic_memory = 1u << 1;           // main stack, heap and stack slots are added as they are accepted (SGX2)
inline constexpr u32 exitless = 1u << 2;                 // host calls may be served without leaving
}  // namespace config_flag

/// Geometry of one thread's block, the same for all threads: blocks lie at threads.offset + index * stride.
/// Within a block, low to high (guards are never backed):
///   TCS page | SSA frames | ThreadBlock pages (GS base) | guard | runtime stack | guard | exception stack | guard
struct ThreadLayout {
  u64 stride;           // bytes between blocks
  u64 tcs;              // offset of the TCS page within a block
  u64 ssa;              // offset of the first SSA frame
  u64 block;            // offset of the ThreadBlock
  u64 block_length;     // bytes
  u64 stack;            // offset of the runtime stack's lowest byte
  u64 stack_length;     // bytes
  u64 exception_stack;  // offset of the exception stack's lowest byte
  u64 exception_stack_length;
};

/// A place in the stubs and the place in the program, as it was, that it stands for. Offsets.
struct MovedAddress {
  u64 stub;
  u64 program;
};

struct EnclaveConfig {
  u64 magic;
  u32 abi_version;
  u32 flags;            // config_flag
  u64 config_offset;    // of this structure: base = address of the structure - config_offset
  u64 elrange_size;     // bytes, a power of two
  Region runtime;       // all runtime segments
  Region runtime_code;  // the executable one
  Region program;       // all program segments (from the lowest to the highest page)
  u64 program_entry;    // e_entry, relocated by program.offset
  u64 program_headers;  // offset of the program headers in memory
  u32 program_header_count;
  u32 thread_count;  // thread blocks
  Region stubs;      // rewrite stubs (may be empty)
  Region threads;    // all thread blocks
  ThreadLayout thread;
  u32 ssa_frame_size;  // pages
  u32 reserved;
  u64 xfrm_allowed;    // XFRM bits that the SIGSTRUCT lets the loader choose
  Region main_stack;   // read-write, unmeasured contents or dynamic
  Region heap;         // read-write, unmeasured contents or dynamic
  Region stack_slots;  // thread stacks: slots of stack_slot_stride bytes, the lowest page of each a guard
  u64 stack_slot_stride;
  u64 stack_slot_count;
  u64 thread_stack_default;  // bytes: what RLIMIT_STACK tells the program for threads
  Region blob;               // measured read-only bytes: environment, arguments, appended data
  u64 environment;           // offset in the blob of `environment_count` NUL-terminated strings
  u64 environment_length;
  u32 environment_count;
  u32 argument_count;  // of the manifest's arguments, when config_flag::arguments_from_manifest is set
  u64 arguments;
  u64 arguments_length;
  u64 mounts;         // offset in the blob of MountRecords
  u64 mounts_length;  // bytes
  u64 measured_data;  // offset in the blob of data appended before signing
  u64 measured_data_length;
  Region unmeasured;  // data that is part of the image file but not of MRENCLAVE
  u64 unmeasured_length;
  u64 grants;     // grant
  u32 cpu_count;  // what the program sees, at most 64; 0: as many as the host says
  u32 reserved2;
  u64 host_signals;  // that the host may send: bit n - 1 for signal n
  // Where program segments are, for mprotect and fault reports. Unused entries are zero.
  struct Segment {
    u64 offset;
    u64 length;
    u64 permission;  // Permission::bits
  };
  std::array<Segment, 8> segments;
  u64 moved;  // offset of `moved_count` MovedAddress, ascending in both members, behind the code in `stubs`
  u64 moved_count;
};
static_assert(Crossable<EnclaveConfig> && sizeof(EnclaveConfig) <= kPageSize);

}  // namespace sgxx::abi
