// SPDX-License-Identifier: Apache-2.0
//
// What .eh_frame and .gcc_except_table tell about code: which ranges are code, and where the unwinder may enter them.
#pragma once

#include <vector>

#include "elf/file.h"

namespace sgxx::elf {

/// One FDE: a range of code and how to unwind it.
struct Frame {
  VaddrRange code;
  std::optional<Vaddr> exception_table;                         ///< its LSDA
  enum class Kind : u8 { normal, signal } kind = Kind::normal;  ///< signal: augmentation S, as __restore_rt has
};

/// All FDEs of .eh_frame, ascending by address; none when there is no such section. A malformed section is a bad_input error.
Result<std::vector<Frame>> read_frames(const File& file);

/// The addresses at which the unwinder may enter `frame`'s function (catch and cleanup blocks), from its LSDA.
Result<std::vector<Vaddr>> read_landing_pads(const File& file, const Frame& frame);

}  // namespace sgxx::elf
