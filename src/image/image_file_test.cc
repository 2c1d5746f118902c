// SPDX-License-Identifier: Apache-2.0
#include "image/image_file.h"

#include <gmock/gmock.h>

#include <cstring>

#include "image/sgxs.h"

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;

std::vector<u8> stream() {
  StreamWriter writer(1, 0x100000);
  writer.add_measured(EnclaveOffset(0x10000), std::vector<u8>(kPageSize, 7), isa::SecInfo::reg(Permission::rx()));
  return std::move(writer).finish().bytes;
}

isa::SigStruct signature() {
  isa::SigStruct s{};
  s.isv_prod_id = 77;
  s.modulus[0] = 1;
  return s;
}

std::string fault_of(ByteView bytes) {
  const auto image = read_image(bytes);
  return image.ok() ? "" : image.error().message();
}

TEST(ImageFile, ReadsBackWhatItWrote) {
  const auto bytes = write_image(stream(), signature(), "{\"a\":1}");
  const ImageView image = read_image(bytes).value();
  EXPECT_EQ(std::vector<u8>(image.stream.begin(), image.stream.end()), stream());
  EXPECT_EQ(image.sigstruct->isv_prod_id, 77);
  EXPECT_EQ(image.notes, "{\"a\":1}");
  EXPECT_TRUE(is_image(bytes));
}

TEST(ImageFile, SignatureAndNotesAreOptional) {
  const auto bytes = write_image(stream(), std::nullopt, "");
  const ImageView image = read_image(bytes).value();
  EXPECT_FALSE(image.sigstruct);
  EXPECT_EQ(image.notes, "");
  EXPECT_THAT(require_signature(image).error().message(), HasSubstr("sgxx sign"));
  EXPECT_TRUE(require_signature(read_image(write_image(stream(), signature(), "")).value()).ok());
  EXPECT_FALSE(require_signature(read_image(write_image(stream(), isa::SigStruct{}, "")).value()).ok());
}

TEST(ImageFile, APlainStreamIsAnImageWithoutSignature) {
  const auto plain = stream();
  const ImageView image = read_image(plain).value();
  EXPECT_EQ(image.stream.size(), plain.size());
  EXPECT_FALSE(image.sigstruct);
}

TEST(ImageFile, RefusesWhatIsNotAnImage) {
  EXPECT_THAT(fault_of({}), HasSubstr("not an enclave image"));
  EXPECT_THAT(fault_of(std::vector<u8>{0x7f, 'E', 'L', 'F', 0, 0, 0, 0}), HasSubstr("not an enclave image"));
}

// Cut anywhere, an image is refused by its own reader, by the stream's reader, or for want of a signature.
TEST(ImageFile, EveryTruncationIsRefused) {
  struct Nothing final : StreamVisitor {
    Result<void> create(u32, u64) override { return {}; }
    Result<void> pages(const PageRange&) override { return {}; }
  } nothing;
  const auto whole = write_image(stream(), signature(), "notes");
  for (size_t length = 0; length < whole.size(); ++length) {
    const ByteView cut = ByteView(whole).first(length);
    const auto image = read_image(cut);
    ASSERT_FALSE(image.ok() && visit_stream(image->stream, nothing).ok() && require_signature(*image).ok()) << length;
  }
}

TEST(ImageFile, DamageIsNamed) {
  const auto whole = write_image(stream(), signature(), "notes");
  const auto patched = [&](size_t from_end, u64 value) {
    auto copy = whole;
    std::memcpy(&copy[copy.size() - from_end], &value, 8);
    return fault_of(copy);
  };
  EXPECT_THAT(patched(56, 0), HasSubstr("impossible length of the stream"));
  EXPECT_THAT(patched(56, ~u64{0}), HasSubstr("impossible length of the stream"));
  EXPECT_THAT(patched(56, stream().size() + 1), HasSubstr("damaged"));
  EXPECT_THAT(patched(48, 1), HasSubstr("shorter or longer"));
  EXPECT_THAT(patched(8, 1), HasSubstr("reserved"));
  const size_t notes = 64 + 5 + 64;
  EXPECT_THAT(patched(notes, 5), HasSubstr("unexpected trailing record"));
  EXPECT_THAT(patched(notes - 8, 6), HasSubstr("reaches beyond"));
  EXPECT_THAT(patched(notes - 8, ~u64{0}), HasSubstr("reaches beyond"));
  EXPECT_THAT(patched(notes - 16, 1), HasSubstr("reserved"));
}

}  // namespace
}  // namespace sgxx::image
