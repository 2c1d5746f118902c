// SPDX-License-Identifier: Apache-2.0
//
// Where everything lies in ELRANGE. It starts at 0 and nothing is backed below abi::kLowestBackedOffset, so that a small wild
// pointer faults inside. Low to high, with a page that is never backed between any two of them:
//
//   runtime | program | rewrite stubs | thread blocks | main stack | heap | thread stacks | measured data | unmeasured data
//
// Main stack, heap and thread stacks are dynamic unless the manifest wants them static.
//
// The two kinds of data come last, so that more of them can be appended to a built image without moving anything else.
// Unbacked pages (guards) are listed like the others: the list covers ELRANGE from its first to its last byte.
#pragma once

#include <string>
#include <vector>

#include "abi/config.h"
#include "base/error.h"
#include "image/manifest.h"
#include "image/sgxs.h"

namespace sgxx::image {

/// What a thread block holds besides its TCS page and its SSA frames. EnclaveConfig::thread tells the runtime.
inline constexpr u64 kThreadBlockHeader = kPageSize;  ///< before the XSAVE area; measured as zeroes
inline constexpr u64 kRuntimeStack = 16 * 1024;
inline constexpr u64 kVolumeStack = 48 * 1024;  // of an enclave with encrypted volumes
inline constexpr u64 kExceptionStack = 16 * 1024;
inline constexpr u32 kSsaFrames = 2;

inline constexpr u64 kLargestAlignment = u64{2} << 20;  ///< of a program segment
inline constexpr u64 kLargestElrange = u64{1} << 36;
inline constexpr u32 kMostThreads = 4096;

/// How the pages of a region come to be.
enum class Backing { never, zeroes, unmeasured, measured, dynamic };

/// True when the pages are in the SGX stream. Dynamic ones are added while the enclave runs, as it accepts them.
constexpr bool is_added(Backing backing) { return backing != Backing::never && backing != Backing::dynamic; }

struct LayoutRegion {
  std::string group;  ///< "program": what a summary shows as one
  std::string name;   ///< "program code"
  OffsetRange range;  ///< whole pages
  isa::SecInfo info;  ///< zero when it is never backed
  Backing backing;
};

struct Layout {
  u64 size = 0;                       ///< of ELRANGE, a power of two
  u32 ssa_frame_size = 0;             ///< pages
  std::vector<LayoutRegion> regions;  ///< ascending, without gaps
};

/// Rights of a region's pages; none for a TCS and for what is never backed.
Permission permission_of(const LayoutRegion& region);

/// Pages of an SSA frame: XSAVE area, EXINFO, general registers. SDM vol. 3D, "State Save Area (SSA) Frame".
u32 ssa_frame_pages(u64 xfrm_allowed);

/// The geometry of one thread block.
abi::ThreadLayout thread_layout(u64 xfrm_allowed, u64 runtime_stack = kRuntimeStack);

/// One piece of code or data that comes from a file.
struct Piece {
  std::string name;
  OffsetRange range;  ///< whole pages
  Permission permission;
};

/// What a layout is made of.
struct LayoutRequest {
  std::vector<Piece> runtime;  ///< ascending, the first at abi::kLowestBackedOffset
  std::vector<Piece> program;  ///< ascending, above the runtime
  u64 stubs = 0;               ///< offset of the stubs, above the program
  u64 stubs_length = 0;        ///< bytes
  u64 measured_length = 0;     ///< bytes
  u64 unmeasured_length = 0;   ///< bytes
};

/// Lays everything out and fills the geometry into `config`. Errors say which size is impossible.
Result<Layout> lay_out(const LayoutRequest& request, const Manifest& manifest, abi::EnclaveConfig& config);

/// The ranges that are dynamic, ascending, as the configuration has them; none without config_flag::dynamic_memory.
std::vector<OffsetRange> dynamic_ranges(const abi::EnclaveConfig& config);

/// Puts regions for data after `end`, in place of those that are there, and sets the size of ELRANGE. Used by `lay_out` and when
/// data is appended to a built image.
Result<void> lay_out_data(Layout& layout, u64 measured_length, u64 unmeasured_length, abi::EnclaveConfig& config);

}  // namespace sgxx::image
