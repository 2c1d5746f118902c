// SPDX-License-Identifier: Apache-2.0
//
// The manifest: what a person decides about an enclave, read from TOML and complete with its defaults. Everything here ends in
// MRENCLAVE or in the SIGSTRUCT, so two builds with one program and one manifest are one enclave. All keys stand in one table
// (manifest.cc), from which parsing, messages and docs/manifest.md come. The parser opens no files: paths in a manifest are
// returned as written, resolved against the manifest's folder by `read_manifest`.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "abi/config.h"
#include "base/error.h"
#include "image/mounts.h"
#include "isa/xstate.h"

namespace sgxx::image {

struct Manifest {
  u64 heap = u64{256} << 20;        ///< bytes, a multiple of the page size
  u64 stack = u64{8} << 20;         ///< bytes of the first thread's stack, a multiple of the page size
  u64 thread_stack = u64{8} << 20;  ///< bytes of each further thread's stack by default, a multiple of the page size
  u32 threads = 64;                 ///< threads that can live at once, the first one included; at least 1
  bool dynamic_memory = true;       ///< heap and stacks are added as they are used (SGX2), not before the start
  u32 cpus = 0;                     ///< processors that the program sees; 0: one for each thread, at most 64

  u16 product_id = 0;                        ///< ISVPRODID
  u16 version = 0;                           ///< ISVSVN
  bool debug = false;                        ///< ATTRIBUTES.DEBUG: everyone may read the enclave's memory
  std::array<u8, 16> family_id{};            ///< ISVFAMILYID; not zero only with `kss`
  std::array<u8, 16> extended_product_id{};  ///< ISVEXTPRODID; not zero only with `kss`
  bool kss = false;                          ///< ATTRIBUTES.KSS: key separation and sharing

  /// XFRM bits that the loader may switch on where the processor has them; x87 and SSE always are.
  u64 xfrm_allowed = isa::xfrm::legacy | isa::xfrm::avx | isa::xfrm::avx512;
  u64 grants = abi::grant::streams | abi::grant::time | abi::grant::network | abi::grant::quotes;
  u64 signals = 0;  ///< that the host may send: bit n - 1 for signal n

  bool exitless = true;  ///< host calls may be served by a thread of the host's, without leaving the enclave

  std::vector<std::string> environment;  ///< "NAME=value", sorted by name
  bool arguments_from_manifest = false;  ///< `arguments` replace what the host gives
  std::vector<std::string> arguments;    ///< argv[0] included

  std::vector<Mount> mounts;      ///< sorted by path, no path twice
  std::string working_directory;  ///< where the program starts; empty: the root

  std::string measured_data;    ///< path of a file that becomes part of MRENCLAVE; empty: none
  std::string unmeasured_data;  ///< path of a file that is carried along but not measured; empty: none
  bool rewrite = true;          ///< redirect refused instructions at packing time (otherwise each one traps)
};

/// Reads TOML text. `name` stands in front of messages: "app.toml:3:8: heap: expected ...".
Result<Manifest> parse_manifest(std::string_view text, const std::string& name);

/// Reads a file; relative paths in it are taken from its folder.
Result<Manifest> read_manifest(const std::string& path);

/// Bytes from "64 MiB", "1GiB" or "4096"; nothing when it is no size.
std::optional<u64> parse_size(std::string_view text);

/// The table of all keys in Markdown: docs/manifest.md holds exactly this text, a test compares them.
std::string manifest_key_table();

}  // namespace sgxx::image
