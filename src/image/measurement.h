// SPDX-License-Identifier: Apache-2.0
//
// MRENCLAVE: the SHA-256 of the records that ECREATE, EADD and EEXTEND feed into it (SDM vol. 3D, "SGX Instruction
// References", the Operation sections of those three leaves). The one place where measurement exists: the packer, the loader
// and the software SGX all come here, and an SGX stream is nothing but these records in a file.
#pragma once

#include <memory>
#include <span>

#include "base/address.h"
#include "isa/sgx.h"

namespace sgxx::image {

inline constexpr u64 kRecordSize = 64;  ///< bytes of every measurement record
inline constexpr u64 kChunkSize = 256;  ///< bytes that one EEXTEND measures
inline constexpr u64 kChunksPerPage = kPageSize / kChunkSize;

using Record = std::array<u8, kRecordSize>;
using Chunk = std::span<const u8, kChunkSize>;
using PageView = std::span<const u8, kPageSize>;

/// Tags: eight ASCII characters, read as a little-endian number.
constexpr u64 record_tag(const char (&text)[9]) {
  u64 tag = 0;
  for (unsigned i = 8; i-- > 0;) tag = tag << 8 | static_cast<u8>(text[i]);
  return tag;
}
inline constexpr u64 kEcreateTag = record_tag("ECREATE\0");
inline constexpr u64 kEaddTag = record_tag("EADD\0\0\0\0");
inline constexpr u64 kEextendTag = record_tag("EEXTEND\0");
static_assert(kEcreateTag == 0x0045544145524345 && kEaddTag == 0x0000000044444145 && kEextendTag == 0x00444E4554584545);

/// `ssa_frame_size` in pages, `size` in bytes.
Record ecreate_record(u32 ssa_frame_size, u64 size);
/// Only the first 48 bytes of `info` are measured.
Record eadd_record(EnclaveOffset page, const isa::SecInfo& info);
/// Precedes the chunk's 256 bytes.
Record eextend_record(EnclaveOffset chunk);

/// A measurement in progress. Call `ecreate` first and once, `finish` last and once. Records are gathered into large buffers,
/// so that measuring costs what SHA-256 of as many bytes costs.
class Measurement {
 public:
  Measurement();
  ~Measurement();
  Measurement(Measurement&&) noexcept;
  Measurement& operator=(Measurement&&) noexcept;

  void ecreate(u32 ssa_frame_size, u64 size);
  void eadd(EnclaveOffset page, const isa::SecInfo& info);
  /// EADD of consecutive pages.
  void eadd_range(OffsetRange pages, const isa::SecInfo& info);
  void eextend(EnclaveOffset chunk, Chunk bytes);

  /// EEXTEND of the 16 chunks of a page, low to high.
  void eextend_page(EnclaveOffset page, PageView bytes);

  /// Records and chunks as they stand in a stream.
  void records(ByteView bytes);

  isa::Hash256 finish();

 private:
  u8* room(size_t length);
  void flush();

  struct Context;
  std::unique_ptr<Context> context_;
};

/// SHA-256 of `bytes`.
isa::Hash256 sha256(ByteView bytes);

}  // namespace sgxx::image
