// SPDX-License-Identifier: Apache-2.0
//
// The reader is a state machine over records: it collects the chunks of one page, and collects finished pages into a range for
// as long as they continue it.
#include "image/sgxs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace sgxx::image {
namespace {

constexpr u64 kUnsizedTag = record_tag("UNSIZED\0");
constexpr u64 kLargestBatch = u64{1} << 20;
constexpr u64 kSmallestEnclave = 2 * kPageSize;
constexpr u64 kLargestEnclave = u64{1} << 46;
constexpr u32 kMostSsaPages = 256;

std::string hex_of(u64 value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

template <class T>
T field(const u8* record, size_t offset) {
  T value;
  std::memcpy(&value, record + offset, sizeof value);
  return value;
}

bool all_zero(const u8* first, const u8* last) {
  return std::all_of(first, last, [](u8 byte) { return byte == 0; });
}

struct PageAlignedDeleter {
  void operator()(u8* memory) const { std::free(memory); }
};

class Reader {
 public:
  Reader(ByteView stream, StreamVisitor& visitor) : stream_(stream), visitor_(visitor) {}

  Result<void> run() {
    TRY(read_create());
    while (position_ < stream_.size()) TRY(read_record());
    TRY(finish_page());
    return flush();
  }

 private:
  Failure<Error> fault(const std::string& what) const {
    return bad_input("SGX stream, byte " + std::to_string(position_) + ": " + what);
  }

  Result<const u8*> take(u64 length) {
    if (!fits(position_, length, stream_.size())) return fault("the stream ends within a record; was the file cut short?");
    const u8* bytes = stream_.data() + position_;
    position_ += length;
    return bytes;
  }

  Result<void> read_create() {
    if (stream_.size() < kRecordSize || field<u64>(stream_.data(), 0) != kEcreateTag) {
      if (stream_.size() >= 8 && field<u64>(stream_.data(), 0) == kUnsizedTag) {
        return bad_input("SGX stream: the enclave's size is still open (UNSIZED); finish it with the tool that made it");
      }
      return bad_input("not an SGX stream: it does not begin with an ECREATE record");
    }
    const u8* record = stream_.data();
    const u32 ssa_frame_size = field<u32>(record, 8);
    size_ = field<u64>(record, 12);
    if (!is_power_of_two(size_) || size_ < kSmallestEnclave || size_ > kLargestEnclave) {
      return fault("ECREATE with size " + hex_of(size_) + "; expected a power of two from " + hex_of(kSmallestEnclave) + " to " +
                   hex_of(kLargestEnclave));
    }
    if (ssa_frame_size == 0 || ssa_frame_size > kMostSsaPages) {
      return fault("ECREATE with an SSA frame of " + std::to_string(ssa_frame_size) + " pages");
    }
    if (!all_zero(record + 20, record + kRecordSize)) return fault("ECREATE with reserved bytes that are not zero");
    position_ = kRecordSize;
    return visitor_.create(ssa_frame_size, size_);
  }

  Result<void> read_record() {
    if (!fits(position_, kRecordSize, stream_.size())) return fault("the stream ends within a record; was the file cut short?");
    const u8* record = stream_.data() + position_;
    switch (field<u64>(record, 0)) {
      case kEaddTag: return read_page(record);
      case kEextendTag: return read_chunk(record, Contents::measured);
      case kUnmeasuredTag: return read_chunk(record, Contents::unmeasured);
      case kEcreateTag: return fault("a second ECREATE record");
      default: return fault("unknown record; expected EADD, EEXTEND or UNMEASRD");
    }
  }

  Result<void> read_page(const u8* record) {
    const u64 offset = field<u64>(record, 8);
    const isa::SecInfo info = {field<u64>(record, 16), {}};
    if (!is_aligned(offset, kPageSize)) return fault("EADD at " + hex_of(offset) + ", which is not a multiple of 4096");
    if (offset >= size_) return fault("EADD at " + hex_of(offset) + ", beyond the enclave's size " + hex_of(size_));
    if (has_page_ && offset == page_.offset.value) return fault("page " + hex_of(offset) + " is added twice");
    if (has_page_ && offset < page_.offset.value) return fault("page " + hex_of(offset) + " comes after a higher page");
    if (!all_zero(record + 24, record + kRecordSize)) return fault("EADD with reserved bytes that are not zero");
    TRY(check_info(info));
    TRY(finish_page());
    page_ = {EnclaveOffset(offset), info, Contents::zeroes, 0};
    has_page_ = true;
    position_ += kRecordSize;
    return {};
  }

  Result<void> check_info(const isa::SecInfo& info) const {
    constexpr u64 kRights = 7;
    const u64 rights = info.flags & kRights;
    const u64 type = info.flags >> 8;
    const bool is_tcs = type == static_cast<u64>(isa::PageType::tcs);
    const bool is_reg = type == static_cast<u64>(isa::PageType::reg);
    if ((!is_tcs && !is_reg) || (info.flags & 0xff & ~kRights) != 0) {
      return fault("EADD with page flags " + hex_of(info.flags) + "; expected a REG or TCS page");
    }
    if (is_tcs && rights != 0) return fault("EADD of a TCS page with access rights; a TCS page has none");
    if ((rights & 3) == 2) return fault("EADD of a page that is writable but not readable");
    return {};
  }

  Result<void> read_chunk(const u8* record, Contents contents) {
    const u64 offset = field<u64>(record, 8);
    if (!has_page_) return fault("data before the first EADD");
    if (align_down(offset, kPageSize) != page_.offset.value || !is_aligned(offset, kChunkSize)) {
      return fault("data for " + hex_of(offset) + " after the EADD of " + hex_of(page_.offset.value));
    }
    const auto chunk = static_cast<unsigned>(offset % kPageSize / kChunkSize);
    if ((page_.chunks >> chunk) != 0) return fault("data for " + hex_of(offset) + " twice or out of order");
    if (page_.contents != Contents::zeroes && page_.contents != contents) {
      return fault("page " + hex_of(page_.offset.value) + " is measured in part; loaders measure whole pages");
    }
    if (!all_zero(record + 16, record + kRecordSize)) return fault("a data record with reserved bytes that are not zero");
    const u8* bytes = TRY(take(kRecordSize + kChunkSize)) + kRecordSize;
    if (page_.contents == Contents::zeroes) page_bytes_.fill(0);
    page_.contents = contents;
    page_.chunks |= 1u << chunk;
    std::memcpy(&page_bytes_[chunk * kChunkSize], bytes, kChunkSize);
    return {};
  }

  Result<void> finish_page() {
    if (!has_page_) return {};
    if (page_.contents == Contents::measured && page_.chunks != 0xffff) {
      return fault("page " + hex_of(page_.offset.value) + " is measured in part; was the file cut short?");
    }
    const bool continues = range_.range.end() == page_.offset && range_.info == page_.info && range_.contents == page_.contents &&
                           (range_.contents == Contents::zeroes || range_.range.length < kLargestBatch);
    if (!continues) {
      TRY(flush());
      range_ = {{page_.offset, 0}, page_.info, page_.contents, {}};
    }
    if (page_.contents != Contents::zeroes) {
      if (batch_ == nullptr) batch_.reset(static_cast<u8*>(std::aligned_alloc(kPageSize, kLargestBatch)));
      if (batch_ == nullptr) std::abort();
      std::memcpy(batch_.get() + range_.range.length, page_bytes_.data(), kPageSize);
    }
    range_.range.length += kPageSize;
    return {};
  }

  Result<void> flush() {
    if (range_.range.empty()) return {};
    if (range_.contents != Contents::zeroes) range_.bytes = ByteView(batch_.get(), range_.range.length);
    TRY(visitor_.pages(range_));
    range_ = {};
    return {};
  }

  struct Page {
    EnclaveOffset offset;
    isa::SecInfo info;
    Contents contents;
    u32 chunks;  // one bit for each chunk seen
  };

  ByteView stream_;
  StreamVisitor& visitor_;
  u64 position_ = 0;
  u64 size_ = 0;
  bool has_page_ = false;
  Page page_{};
  std::array<u8, kPageSize> page_bytes_{};
  PageRange range_{};
  std::unique_ptr<u8, PageAlignedDeleter> batch_;
};

class MeasuringVisitor final : public StreamVisitor {
 public:
  Result<void> create(u32 ssa_frame_size, u64 size) override {
    measurement_.ecreate(ssa_frame_size, size);
    return {};
  }
  Result<void> pages(const PageRange& pages) override {
    for (u64 i = 0; i < pages.range.length; i += kPageSize) {
      measurement_.eadd(pages.range.begin + i, pages.info);
      if (pages.contents == Contents::measured) {
        measurement_.eextend_page(pages.range.begin + i, PageView(pages.bytes.data() + i, kPageSize));
      }
    }
    return {};
  }
  isa::Hash256 finish() { return measurement_.finish(); }

 private:
  Measurement measurement_;
};

}  // namespace

Result<void> visit_stream(ByteView stream, StreamVisitor& visitor) { return Reader(stream, visitor).run(); }

Result<isa::Hash256> measure_stream(ByteView stream) {
  MeasuringVisitor visitor;
  TRY(visit_stream(stream, visitor));
  return visitor.finish();
}

StreamWriter::StreamWriter(u32 ssa_frame_size, u64 size) : size_(size) {
  append(ecreate_record(ssa_frame_size, size));
  measurement_.ecreate(ssa_frame_size, size);
}

void StreamWriter::add_zeroes(OffsetRange range, const isa::SecInfo& info) {
  for (u64 i = 0; i < range.length; i += kPageSize) add_page(range.begin + i, info);
}

void StreamWriter::add_measured(EnclaveOffset offset, ByteView bytes, const isa::SecInfo& info) {
  for (u64 i = 0; i < bytes.size(); i += kChunkSize) {
    if (is_aligned(i, kPageSize)) add_page(offset + i, info);
    const ByteView chunk = bytes.subspan(i, kChunkSize);
    append(eextend_record(offset + i));
    append(chunk);
    measurement_.eextend(offset + i, Chunk(chunk));
  }
}

void StreamWriter::add_unmeasured(EnclaveOffset offset, ByteView bytes, const isa::SecInfo& info) {
  for (u64 i = 0; i < bytes.size(); i += kChunkSize) {
    if (is_aligned(i, kPageSize)) add_page(offset + i, info);
    Record record = eextend_record(offset + i);
    std::memcpy(record.data(), &kUnmeasuredTag, sizeof kUnmeasuredTag);
    append(record);
    append(bytes.subspan(i, kChunkSize));
  }
}

Stream StreamWriter::finish() && { return {std::move(bytes_), measurement_.finish()}; }

void StreamWriter::add_page(EnclaveOffset page, const isa::SecInfo& info) {
  if (!is_aligned(page.value, kPageSize) || page.value < next_offset_ || page.value >= size_) std::abort();
  next_offset_ = page.value + kPageSize;
  append(eadd_record(page, info));
  measurement_.eadd(page, info);
}

void StreamWriter::append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

}  // namespace sgxx::image
