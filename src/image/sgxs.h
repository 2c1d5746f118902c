// SPDX-License-Identifier: Apache-2.0
//
// SGX streams. A stream is the records that ECREATE, EADD and EEXTEND measure, one after the other, so that SHA-256 of a stream
// without unmeasured data is MRENCLAVE. UNMEASRD records stand where EEXTEND could and carry bytes that are loaded but not
// measured. The format is that of the Fortanix tools ("SGX stream format" in their documentation), and only what it calls
// canonical is read: one ECREATE, pages in ascending order, no page twice.
//
// On top of that a page's chunks must come low to high and be all of one kind, because that is what loaders can do: the Linux
// driver measures a page wholly or not at all. A page without chunks is a page of zeroes.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "image/measurement.h"

namespace sgxx::image {

inline constexpr u64 kUnmeasuredTag = record_tag("UNMEASRD");
static_assert(kUnmeasuredTag == 0x44525341454d4e55);

/// How a page gets its bytes.
enum class Contents {
  zeroes,      ///< EADD of a zero page, without EEXTEND
  unmeasured,  ///< EADD of bytes, without EEXTEND
  measured,    ///< EADD of bytes, EEXTEND of each chunk
};

/// Pages that can be added together: consecutive, of one type, with the same rights and the same kind of contents.
struct PageRange {
  OffsetRange range;
  isa::SecInfo info;
  Contents contents;
  /// range.length bytes at a page-aligned address; empty for zeroes. Valid until the visitor returns.
  ByteView bytes;
};

/// Who walks through a stream. An error ends the walk and is its result.
class StreamVisitor {
 public:
  virtual ~StreamVisitor() = default;
  /// First and once. `ssa_frame_size` in pages, `size` in bytes.
  virtual Result<void> create(u32 ssa_frame_size, u64 size) = 0;
  /// In ascending order. Zeroes come in one call however many they are, bytes in calls of at most 256 KiB.
  virtual Result<void> pages(const PageRange& pages) = 0;
};

/// Walks through `stream`. Whatever the bytes are, it ends with a result; errors name the byte at which the trouble is.
Result<void> visit_stream(ByteView stream, StreamVisitor& visitor);

/// MRENCLAVE of a stream.
Result<isa::Hash256> measure_stream(ByteView stream);

/// A finished stream and what it measures to.
struct Stream {
  std::vector<u8> bytes;
  isa::Hash256 mr_enclave;
};

/// Writes a stream. Pages must come in ascending order within `size`; bytes are whole pages. Both are invariants of the caller.
class StreamWriter {
 public:
  StreamWriter(u32 ssa_frame_size, u64 size);

  /// Makes room for so many pages, of which so many have bytes. Only saves time.
  void reserve(u64 pages, u64 pages_with_bytes);

  void add_zeroes(OffsetRange range, const isa::SecInfo& info);
  void add_measured(EnclaveOffset offset, ByteView bytes, const isa::SecInfo& info);
  void add_unmeasured(EnclaveOffset offset, ByteView bytes, const isa::SecInfo& info);

  Stream finish() &&;

 private:
  void add_page(EnclaveOffset page, const isa::SecInfo& info);
  void append(ByteView bytes);
  void measure_up_to_here();

  std::vector<u8> bytes_;
  Measurement measurement_;
  u64 size_;
  u64 next_offset_ = 0;
  u64 measured_ = 0;  ///< bytes of the stream that need no more measuring
};

}  // namespace sgxx::image
