// SPDX-License-Identifier: Apache-2.0
//
// What crosses in the program calls on encrypted volumes (program_call.h): the SDK's side of keys and freshness. A volume is
// named by the path that it is mounted at, a NUL-terminated string.
#pragma once

#include "base/bytes.h"

namespace sgxx::abi {

/// A state that a volume was in. States of one volume are ordered by their generation; two of one generation differ in `state`.
struct VolumeAnchor {
  u64 generation;  // 0: none
  std::array<u8, 16> state;
  friend constexpr bool operator==(const VolumeAnchor&, const VolumeAnchor&) = default;
};
static_assert(Crossable<VolumeAnchor> && sizeof(VolumeAnchor) == 24);

/// Whose the key of a volume is.
enum class VolumeKey : u32 {
  program = 0,  // 32 bytes that the program brings
  enclave = 1,  // sealed to MRENCLAVE
  signer = 2,   // sealed to MRSIGNER and the product, from the enclave's security version on
};

/// Who knows which state of a volume is the newest.
enum class VolumeFreshness : u32 {
  none = 0,
  file = 1,     // a file of the host's
  program = 2,  // the program, which asks and tells a freshness service
};

namespace volume_flag {
inline constexpr u32 create = 1u << 0;    // where there is none, an empty one is made, if the manifest allows it
inline constexpr u32 expected = 1u << 1;  // `expected` is the newest state that the freshness service knows
}  // namespace volume_flag

/// volume_open, both ways: `key` is that of VolumeKey::program; `state` answers which state was opened.
struct VolumeOpening {
  std::array<u8, 32> key;
  VolumeAnchor expected;
  VolumeAnchor state;
  std::array<u8, 16> volume;  // answer: the volume's id, which its key vouches for
  u32 flags;                  // volume_flag
  u32 created;                // answer: 1 when it was made just now
};
static_assert(Crossable<VolumeOpening> && sizeof(VolumeOpening) == 104);

/// volume_wait: the freshness service is to go from one state to another.
struct VolumeAdvance {
  VolumeAnchor from;  // generation 0: it knows none
  VolumeAnchor to;
};
static_assert(Crossable<VolumeAdvance> && sizeof(VolumeAdvance) == 48);

/// volume_rewrap.
struct VolumeRewrap {
  std::array<u8, 32> key;  // of VolumeKey::program
  u32 kind;                // VolumeKey
  u32 reserved;
};
static_assert(Crossable<VolumeRewrap> && sizeof(VolumeRewrap) == 40);

enum class VolumeState : u32 {
  absent = 0,  // there is none in the folder
  locked = 1,  // it waits for volume_open
  open = 2,
};

/// volume_info. Of a volume that is not open, `volume` is what the host says.
struct VolumeInfo {
  std::array<u8, 16> volume;
  VolumeAnchor published;  // the newest state on disk
  VolumeAnchor anchored;   // the newest that the freshness service is known to know
  u64 blocks;              // of 4096 bytes, that the volume may have
  u64 used_blocks;
  u64 objects;    // files, directories and links
  u32 state;      // VolumeState
  u32 key;        // VolumeKey of the manifest
  u32 freshness;  // VolumeFreshness
  u32 reserved;
};
static_assert(Crossable<VolumeInfo> && sizeof(VolumeInfo) == 104);

}  // namespace sgxx::abi
