// SPDX-License-Identifier: Apache-2.0
//
// The reader is a state machine over records: it collects chunks and pages into a range for as long as they continue it.
#include "image/sgxs.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace sgxx::image {
namespace {

constexpr u64 kUnsizedTag = record_tag("UNSIZED\0");
constexpr u64 kLargestBatch = u64{256} << 10;  // stays in the second-level cache, and few pages of it are touched first
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

// True when a record is zero from byte `begin` on.
bool zero_from(const u8* record, size_t begin) {
  static constexpr Record kZeroes{};
  return std::memcmp(record + begin, kZeroes.data(), kRecordSize - begin) == 0;
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
    if (!zero_from(record, 20)) return fault("ECREATE with reserved bytes that are not zero");
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
    if (!zero_from(record, 24)) return fault("EADD with reserved bytes that are not zero");
    TRY(check_info(info));
    TRY(finish_page());
    page_ = {EnclaveOffset(offset), info, Contents::zeroes, 0};
    has_page_ = true;
    position_ += kRecordSize;
    skip_zero_pages();
    return {};
  }

  // Most pages of an enclave are zeroes (its heap) and say nothing new: takes every EADD that continues a run of them in one go.
  // Anything else is left to the checks of read_record.
  void skip_zero_pages() {
    const u64 first = page_.offset.value;
    u64 pages = 0;
    const auto is_next = [&](u64 position, u64 offset) {
      if (!fits(position, kRecordSize, stream_.size())) return false;
      const u8* record = stream_.data() + position;
      return field<u64>(record, 0) == kEaddTag && field<u64>(record, 8) == offset && field<u64>(record, 16) == page_.info.flags &&
             offset < size_ && zero_from(record, 24);
    };
    while (is_next(position_ + pages * kRecordSize, first + (pages + 1) * kPageSize)) ++pages;
    if (pages == 0) return;
    // The last of them may have chunks still to come; those before it have none.
    pending_zeroes_ = pages;
    page_.offset = page_.offset + pages * kPageSize;
    position_ += pages * kRecordSize;
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
    if (!zero_from(record, 16)) return fault("a data record with reserved bytes that are not zero");
    const u8* bytes = TRY(take(kRecordSize + kChunkSize)) + kRecordSize;
    if (page_.contents == Contents::zeroes) TRY(begin_page(contents));
    page_.chunks |= 1u << chunk;
    std::memcpy(batch_.get() + range_.range.length + chunk * kChunkSize, bytes, kChunkSize);
    return {};
  }

  Result<void> finish_zeroes() {
    if (pending_zeroes_ == 0) return {};
    TRY(begin_range(page_.offset - pending_zeroes_ * kPageSize, Contents::zeroes));
    range_.range.length += pending_zeroes_ * kPageSize;
    pending_zeroes_ = 0;
    return {};
  }

  // Makes `range_` one that a page of the current kind at `offset` continues.
  Result<void> begin_range(EnclaveOffset offset, Contents contents) {
    const bool continues = range_.range.end() == offset && range_.info == page_.info && range_.contents == contents &&
                           (contents == Contents::zeroes || range_.range.length < kLargestBatch);
    if (continues) return {};
    TRY(flush());
    range_ = {{offset, 0}, page_.info, contents, {}};
    return {};
  }

  // The current page has bytes: its place is behind those of the range.
  Result<void> begin_page(Contents contents) {
    TRY(finish_zeroes());
    page_.contents = contents;
    TRY(begin_range(page_.offset, contents));
    if (batch_ == nullptr) batch_.reset(static_cast<u8*>(std::aligned_alloc(kPageSize, kLargestBatch)));
    if (batch_ == nullptr) std::abort();
    if (contents != Contents::measured) std::memset(batch_.get() + range_.range.length, 0, kPageSize);
    return {};
  }

  Result<void> finish_page() {
    if (!has_page_) return {};
    if (page_.contents == Contents::measured && page_.chunks != 0xffff) {
      return fault("page " + hex_of(page_.offset.value) + " is measured in part; was the file cut short?");
    }
    if (page_.contents == Contents::zeroes) {
      TRY(finish_zeroes());
      TRY(begin_range(page_.offset, page_.contents));
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
  u64 pending_zeroes_ = 0;  // pages of zeroes directly below page_, of the same type and rights
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
    if (pages.contents != Contents::measured) {
      measurement_.eadd_range(pages.range, pages.info);
      return {};
    }
    for (u64 i = 0; i < pages.range.length; i += kPageSize) {
      measurement_.eadd(pages.range.begin + i, pages.info);
      measurement_.eextend_page(pages.range.begin + i, PageView(pages.bytes.data() + i, kPageSize));
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

StreamWriter::StreamWriter(u32 ssa_frame_size, u64 size) : size_(size) { append(ecreate_record(ssa_frame_size, size)); }

void StreamWriter::add_zeroes(OffsetRange range, const isa::SecInfo& info) {
  for (u64 i = 0; i < range.length; i += kPageSize) add_page(range.begin + i, info);
}

void StreamWriter::add_measured(EnclaveOffset offset, ByteView bytes, const isa::SecInfo& info) {
  for (u64 i = 0; i < bytes.size(); i += kChunkSize) {
    if (is_aligned(i, kPageSize)) add_page(offset + i, info);
    append(eextend_record(offset + i));
    append(bytes.subspan(i, kChunkSize));
  }
}

void StreamWriter::add_unmeasured(EnclaveOffset offset, ByteView bytes, const isa::SecInfo& info) {
  for (u64 i = 0; i < bytes.size(); i += kChunkSize) {
    if (is_aligned(i, kPageSize)) {
      add_page(offset + i, info);
      measure_up_to_here();
    }
    Record record = eextend_record(offset + i);
    std::memcpy(record.data(), &kUnmeasuredTag, sizeof kUnmeasuredTag);
    append(record);
    append(bytes.subspan(i, kChunkSize));
    measured_ = bytes_.size();
  }
}

void StreamWriter::reserve(u64 pages, u64 pages_with_bytes) {
  bytes_.reserve(kRecordSize + pages * kRecordSize + pages_with_bytes * kChunksPerPage * (kRecordSize + kChunkSize));
}

Stream StreamWriter::finish() && {
  measure_up_to_here();
  return {std::move(bytes_), measurement_.finish()};
}

void StreamWriter::add_page(EnclaveOffset page, const isa::SecInfo& info) {
  if (!is_aligned(page.value, kPageSize) || page.value < next_offset_ || page.value >= size_) std::abort();
  next_offset_ = page.value + kPageSize;
  append(eadd_record(page, info));
}

void StreamWriter::append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

void StreamWriter::measure_up_to_here() {
  measurement_.records(ByteView(bytes_).subspan(measured_));
  measured_ = bytes_.size();
}

}  // namespace sgxx::image
