// SPDX-License-Identifier: Apache-2.0
#include "image/sgxs.h"

#include <gmock/gmock.h>

#include <cstring>
#include <functional>

#include "image/test_vectors.h"

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;

constexpr u64 kSize = 0x40000000;
const isa::SecInfo kRx = isa::SecInfo::reg(Permission::rx());
const isa::SecInfo kRw = isa::SecInfo::reg(Permission::rw());

std::vector<u8> pattern(u64 pages, u8 seed) {
  std::vector<u8> bytes(pages * kPageSize);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(i * 31 + i / 256 + seed);
  return bytes;
}

struct Recorder final : StreamVisitor {
  struct Seen {
    OffsetRange range;
    isa::SecInfo info;
    Contents contents;
    std::vector<u8> bytes;
  };
  Result<void> create(u32 pages, u64 bytes) override {
    ssa_frame_size = pages;
    size = bytes;
    return {};
  }
  Result<void> pages(const PageRange& p) override {
    EXPECT_TRUE(is_aligned(reinterpret_cast<uintptr_t>(p.bytes.data()), kPageSize));
    seen.push_back({p.range, p.info, p.contents, {p.bytes.begin(), p.bytes.end()}});
    return {};
  }
  u32 ssa_frame_size = 0;
  u64 size = 0;
  std::vector<Seen> seen;
};

Stream sample() {
  StreamWriter writer(1, kSize);
  writer.add_measured(EnclaveOffset(0x10000), pattern(2, 1), kRx);
  writer.add_measured(EnclaveOffset(0x12000), std::vector<u8>(kPageSize), isa::SecInfo::tcs());
  writer.add_zeroes({EnclaveOffset(0x20000), u64{256} << 20}, kRw);
  writer.add_unmeasured(EnclaveOffset(0x20000000), pattern(1, 9), kRw);
  return std::move(writer).finish();
}

std::string fault_of(ByteView stream) {
  Recorder recorder;
  const auto result = visit_stream(stream, recorder);
  return result.ok() ? "" : result.error().message();
}

// Bytes of `sample` before each of its records: ECREATE, then EADD and sixteen chunks of the first page.
constexpr u64 kFirstEadd = kRecordSize;
constexpr u64 kFirstChunk = kFirstEadd + kRecordSize;
constexpr u64 kChunkRecord = kRecordSize + kChunkSize;
constexpr u64 kSecondEadd = kFirstChunk + 16 * kChunkRecord;

template <class T>
std::vector<u8> patched(u64 offset, T value) {
  std::vector<u8> bytes = sample().bytes;
  std::memcpy(&bytes[offset], &value, sizeof value);
  return bytes;
}

TEST(Stream, ReadsBackWhatItWrote) {
  const Stream stream = sample();
  Recorder r;
  ASSERT_TRUE(visit_stream(stream.bytes, r));
  EXPECT_EQ(r.ssa_frame_size, 1u);
  EXPECT_EQ(r.size, kSize);
  ASSERT_EQ(r.seen.size(), 4u);
  EXPECT_EQ(r.seen[0].range, (OffsetRange{EnclaveOffset(0x10000), 2 * kPageSize}));
  EXPECT_EQ(r.seen[0].bytes, pattern(2, 1));
  EXPECT_EQ(r.seen[0].contents, Contents::measured);
  EXPECT_EQ(r.seen[1].info, isa::SecInfo::tcs());
  EXPECT_EQ(r.seen[2].range, (OffsetRange{EnclaveOffset(0x20000), u64{256} << 20})) << "a heap is one range of zeroes";
  EXPECT_EQ(r.seen[2].contents, Contents::zeroes);
  EXPECT_TRUE(r.seen[2].bytes.empty());
  EXPECT_EQ(r.seen[3].contents, Contents::unmeasured);
  EXPECT_EQ(r.seen[3].bytes, pattern(1, 9));
  EXPECT_EQ(measure_stream(stream.bytes).value(), stream.mr_enclave);
}

TEST(Stream, BytesComeInBatches) {
  StreamWriter writer(1, kSize);
  writer.add_measured(EnclaveOffset(0), pattern(300, 3), kRx);
  Recorder r;
  ASSERT_TRUE(visit_stream(std::move(writer).finish().bytes, r));
  constexpr u64 kBatch = u64{256} << 10;
  ASSERT_EQ(r.seen.size(), 5u);
  std::vector<u8> all;
  for (const auto& batch : r.seen) {
    EXPECT_EQ(batch.range.begin.value, all.size());
    EXPECT_EQ(batch.range.length, std::min(kBatch, 300 * kPageSize - all.size()));
    all.insert(all.end(), batch.bytes.begin(), batch.bytes.end());
  }
  EXPECT_EQ(all, pattern(300, 3));
}

TEST(Stream, UnmeasuredChunksMayBeSparse) {
  std::vector<u8> bytes = sample().bytes;
  bytes.resize(bytes.size() - 4 * kChunkRecord);
  Recorder r;
  ASSERT_TRUE(visit_stream(bytes, r));
  std::vector<u8> expected = pattern(1, 9);
  std::fill(expected.end() - 4 * kChunkSize, expected.end(), u8{0});
  EXPECT_EQ(r.seen.back().bytes, expected);
}

TEST(Stream, FullyMeasuredItsHashIsMrEnclave) {
  StreamWriter writer(1, kSize);
  writer.add_measured(EnclaveOffset(0), pattern(3, 3), kRx);
  writer.add_zeroes({EnclaveOffset(0x10000), 7 * kPageSize}, kRw);
  const Stream stream = std::move(writer).finish();
  EXPECT_EQ(hex(sha256(stream.bytes)), hex(stream.mr_enclave));
}

TEST(Stream, EveryTruncationOfASmallStreamIsRefused) {
  StreamWriter writer(1, kSize);
  writer.add_measured(EnclaveOffset(0), pattern(2, 3), kRx);
  const Stream stream = std::move(writer).finish();
  for (size_t length = 0; length < stream.bytes.size(); ++length) {
    const std::string fault = fault_of(ByteView(stream.bytes).first(length));
    if (length == kFirstEadd || length == kFirstChunk || length == kSecondEadd || length == kSecondEadd + kRecordSize) {
      // Still a stream, of an enclave with fewer or empty pages: EINIT refuses it, and so does the image file.
      EXPECT_NE(measure_stream(ByteView(stream.bytes).first(length)).value(), stream.mr_enclave);
    } else {
      ASSERT_NE(fault, "") << length;
    }
  }
}

TEST(Stream, RefusesWhatIsNotAStream) {
  EXPECT_THAT(fault_of({}), HasSubstr("not an SGX stream"));
  EXPECT_THAT(fault_of(std::vector<u8>(1000, 0x7f)), HasSubstr("not an SGX stream"));
  EXPECT_THAT(fault_of(patched(0, record_tag("UNSIZED\0"))), HasSubstr("UNSIZED"));
}

TEST(Stream, RefusesImpossibleEnclaves) {
  EXPECT_THAT(fault_of(patched<u64>(12, 0)), HasSubstr("expected a power of two"));
  EXPECT_THAT(fault_of(patched<u64>(12, 0x30000)), HasSubstr("expected a power of two"));
  EXPECT_THAT(fault_of(patched<u64>(12, u64{1} << 60)), HasSubstr("expected a power of two"));
  EXPECT_THAT(fault_of(patched<u64>(12, 0x10000)), HasSubstr("beyond the enclave's size"));
  EXPECT_THAT(fault_of(patched<u32>(8, 0)), HasSubstr("SSA frame"));
  EXPECT_THAT(fault_of(patched<u8>(63, 1)), HasSubstr("reserved"));
}

TEST(Stream, RefusesBadRecords) {
  EXPECT_THAT(fault_of(patched(kFirstEadd, kEcreateTag)), HasSubstr("byte 64: a second ECREATE"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd, 99)), HasSubstr("byte 64: unknown record"));
  EXPECT_THAT(fault_of(patched(kFirstEadd, kEextendTag)), HasSubstr("data before the first EADD"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd + 8, 0x10800)), HasSubstr("not a multiple of 4096"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd + 16, 0x300)), HasSubstr("expected a REG or TCS page"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd + 16, 0x208)), HasSubstr("expected a REG or TCS page"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd + 16, u64{1} << 40 | 0x201)), HasSubstr("expected a REG or TCS page"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd + 16, 0x101)), HasSubstr("TCS page with access rights"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstEadd + 16, 0x202)), HasSubstr("writable but not readable"));
  EXPECT_THAT(fault_of(patched<u8>(kFirstEadd + 40, 1)), HasSubstr("reserved"));
  EXPECT_THAT(fault_of(patched<u8>(kFirstChunk + 40, 1)), HasSubstr("reserved"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstChunk + 8, 0x11000)), HasSubstr("after the EADD of 0x10000"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstChunk + 8, 0x10001)), HasSubstr("after the EADD of 0x10000"));
}

TEST(Stream, RefusesDisorder) {
  EXPECT_THAT(fault_of(patched<u64>(kSecondEadd + 8, 0x10000)), HasSubstr("page 0x10000 is added twice"));
  EXPECT_THAT(fault_of(patched<u64>(kSecondEadd + 8, 0xf000)), HasSubstr("comes after a higher page"));
  EXPECT_THAT(fault_of(patched<u64>(kFirstChunk + kChunkRecord + 8, 0x10000)), HasSubstr("twice or out of order"));
  EXPECT_THAT(fault_of(patched(kFirstChunk + kChunkRecord, kUnmeasuredTag)), HasSubstr("measured in part"));
  std::vector<u8> without_a_chunk = sample().bytes;
  without_a_chunk.erase(without_a_chunk.begin() + kFirstChunk, without_a_chunk.begin() + kFirstChunk + kChunkRecord);
  EXPECT_THAT(fault_of(without_a_chunk), HasSubstr("measured in part"));
}

TEST(Stream, AVisitorsErrorEndsTheWalk) {
  struct Refusing final : StreamVisitor {
    Result<void> create(u32, u64) override { return {}; }
    Result<void> pages(const PageRange&) override { return ++calls, refused(7, "no"); }
    int calls = 0;
  } refusing;
  const auto result = visit_stream(sample().bytes, refusing);
  EXPECT_EQ(result.error().code(), 7u);
  EXPECT_EQ(refusing.calls, 1);
}

TEST(StreamVector, ProductionEnclave) {
  SGXX_VECTOR(stream, "sgxs/test_enclave.sgxs");
  EXPECT_EQ(hex(measure_stream(stream).value()), "784acfd7d5096a8f0fbd3265760bff21b120f62407a9a9e5ba31aa3c8ed198fc");
  Recorder r;
  ASSERT_TRUE(visit_stream(stream, r));
  u64 pages = 0;
  for (const auto& seen : r.seen) {
    pages += seen.range.length / kPageSize;
    EXPECT_EQ(seen.contents, Contents::measured);
  }
  EXPECT_EQ(pages, 9u);
}

TEST(StreamVector, ReportEnclaveWithAnUnmeasuredPage) {
  SGXX_VECTOR(stream, "sgxs/report.sgxs");
  EXPECT_EQ(hex(measure_stream(stream).value()), "a06a560b26f5e397b2d7872fac66fe4b43bf4f507296ee048f110be6fb1a2290");
  std::vector<u8> longer = stream;
  const auto append = [&](ByteView bytes) { longer.insert(longer.end(), bytes.begin(), bytes.end()); };
  append(eadd_record(EnclaveOffset(0x3000), kRw));
  const std::vector<u8> page = pattern(1, 5);
  for (u64 i = 0; i < kPageSize; i += kChunkSize) {
    Record record = eextend_record(EnclaveOffset(0x3000 + i));
    std::memcpy(record.data(), "UNMEASRD", 8);
    append(record);
    append(ByteView(page).subspan(i, kChunkSize));
  }
  EXPECT_EQ(hex(measure_stream(longer).value()), "d40c35b716c9ef1715d26100bb5e152d5045543017dacfcb492697028985cb7c");
}

}  // namespace
}  // namespace sgxx::image
