// SPDX-License-Identifier: Apache-2.0
//
// What a sub-command is about: an enclave, given as an image file or as a bare program that is packed in memory first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/command.h"
#include "image/builder.h"
#include "image/image_file.h"
#include "image/sigstruct.h"

namespace sgxx::cli {

/// Options that say how a program becomes an enclave; the same for every sub-command that takes one.
struct BuildOptions {
  std::string manifest;
  std::string heap;
  u32 threads = 0;
  bool no_rewrite = false;
  bool debug = false;
  std::string measured_data;
  std::string unmeasured_data;
  std::string date;
  std::string runtime;

  /// The first option that was given and makes no sense for an enclave that is packed already; empty: none.
  std::string first_given() const;
};

void add_build_options(CLI::App& command, BuildOptions& options);

/// An enclave in memory.
struct Subject {
  MappedFile file;         ///< where `stream` lies when it was packed before
  std::vector<u8> packed;  ///< where it lies otherwise
  ByteView stream;
  std::optional<isa::SigStruct> sigstruct;  ///< perhaps not signed, never verified; a plain stream has none
  std::string notes;                        ///< JSON or empty
  bool was_program = false;                 ///< packed just now
};

/// Whether the DEBUG attribute is set on an enclave packed here, whatever the manifest says.
enum class ForceDebug : bool { no, yes };

/// Reads `path` and packs it when it is a program. Errors begin with the path.
Result<Subject> load_subject(const std::string& path, const BuildOptions& options, ForceDebug debug = ForceDebug::no);

/// Packs the ELF file in `program`.
Result<Subject> pack_program(ByteView program, const BuildOptions& options, ForceDebug debug);

}  // namespace sgxx::cli
