// SPDX-License-Identifier: Apache-2.0
#include "image/measurement.h"

#include "image/test_vectors.h"

namespace sgxx::image {
namespace {

std::vector<u8> concatenate(std::initializer_list<ByteView> parts) {
  std::vector<u8> all;
  for (ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(Measurement, IsTheHashOfItsRecords) {
  std::array<u8, kPageSize> page{};
  for (size_t i = 0; i < page.size(); ++i) page[i] = static_cast<u8>(i * 7);
  const isa::SecInfo info = isa::SecInfo::reg(Permission::rx());

  Measurement measurement;
  measurement.ecreate(1, 0x20000);
  measurement.eadd(EnclaveOffset(0x10000), info);
  measurement.eextend_page(EnclaveOffset(0x10000), page);

  std::vector<u8> stream = concatenate({ecreate_record(1, 0x20000), eadd_record(EnclaveOffset(0x10000), info)});
  for (u64 i = 0; i < kPageSize; i += kChunkSize) {
    const auto record = eextend_record(EnclaveOffset(0x10000 + i));
    stream = concatenate({stream, record, ByteView(page).subspan(i, kChunkSize)});
  }
  EXPECT_EQ(hex(measurement.finish()), hex(sha256(stream)));
}

TEST(Measurement, LeavesReservedSecInfoBytesPastFortyEightOut) {
  isa::SecInfo info = isa::SecInfo::reg(Permission::rw());
  const Record without = eadd_record(EnclaveOffset(0), info);
  info.reserved[55] = 1;
  EXPECT_EQ(eadd_record(EnclaveOffset(0), info), without);
  info.reserved[0] = 1;
  EXPECT_NE(eadd_record(EnclaveOffset(0), info), without);
}

TEST(Measurement, AnUnmeasuredPageChangesItOnlyByItsEadd) {
  SGXX_VECTOR(stream, "sgxs/report.sgxs");
  EXPECT_EQ(hex(sha256(stream)), "a06a560b26f5e397b2d7872fac66fe4b43bf4f507296ee048f110be6fb1a2290");
  const auto with_page = concatenate({stream, eadd_record(EnclaveOffset(0x3000), isa::SecInfo::reg(Permission::rw()))});
  EXPECT_EQ(hex(sha256(with_page)), "d40c35b716c9ef1715d26100bb5e152d5045543017dacfcb492697028985cb7c");
}

}  // namespace
}  // namespace sgxx::image
