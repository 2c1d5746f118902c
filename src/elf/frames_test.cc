// SPDX-License-Identifier: Apache-2.0
#include "elf/frames.h"

#include <gtest/gtest.h>

#include "elf/test_image.h"

namespace sgxx::elf {
namespace {

using test::ImageSpec;
using test::make_image;
namespace place = test::place;

struct Bytes {
  std::vector<u8> bytes;
  Bytes& u8s(std::initializer_list<u8> more) { return bytes.insert(bytes.end(), more), *this; }
  Bytes& u32s(u32 value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<u8>(value >> (8 * i)));
    return *this;
  }
};

/// A CIE with augmentation "zLRS" (pc-relative sdata4) and one FDE for [code, code + 0x20) with its LSDA at `table`.
std::vector<u8> frames_with_table(u64 table) {
  Bytes b;
  b.u32s(20).u32s(0).u8s({1, 'z', 'L', 'R', 'S', 0, 1, 0x78, 16, 2, 0x1b, 0x1b, 0, 0, 0, 0});  // CIE: 4 + 20 bytes
  b.u32s(20).u32s(28);                                                                         // FDE at 24: id field at 28
  b.u32s(static_cast<u32>(place::code - (place::frames + b.bytes.size()))).u32s(0x20);
  b.u8s({4}).u32s(static_cast<u32>(table - (place::frames + b.bytes.size()))).u8s({0, 0, 0});
  b.u32s(0);
  return b.bytes;
}

TEST(Frames, ReadsRangesTablesAndSignalFrames) {
  ImageSpec spec;
  spec.frames = frames_with_table(place::constants);
  // LPStart omitted, no type table, call sites as uleb128: two entries, one with a landing pad at +0x10.
  spec.constants = {0xff, 0xff, 0x01, 8, 0, 4, 0, 0, 4, 4, 0x10, 1};
  auto image = make_image(spec);
  auto file = File::parse(image);
  ASSERT_TRUE(file.ok());
  auto frames = read_frames(*file);
  ASSERT_TRUE(frames.ok()) << frames.error().message();
  ASSERT_EQ(frames->size(), 1u);
  const Frame& frame = frames->front();
  EXPECT_EQ(frame.code, (VaddrRange{Vaddr(place::code), 0x20}));
  EXPECT_EQ(frame.kind, Frame::Kind::signal);
  ASSERT_TRUE(frame.exception_table);
  EXPECT_EQ(*frame.exception_table, Vaddr(place::constants));
  auto pads = read_landing_pads(*file, frame);
  ASSERT_TRUE(pads.ok()) << pads.error().message();
  ASSERT_EQ(pads->size(), 1u);
  EXPECT_EQ(pads->front(), Vaddr(place::code + 0x10));
}

TEST(Frames, EveryTruncationIsRefusedOrShorter) {
  const auto whole = frames_with_table(place::constants);
  for (u64 length = 1; length < whole.size() - 4; ++length) {
    if (length == 24) continue;  // just the CIE: well-formed
    ImageSpec spec;
    spec.frames.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    auto image = make_image(spec);
    auto file = File::parse(image);
    ASSERT_TRUE(file.ok());
    EXPECT_FALSE(read_frames(*file).ok()) << length;
  }
}

TEST(Frames, BadExceptionTableIsRefused) {
  for (std::vector<u8> table :
       {std::vector<u8>{0xff, 0xff, 0x01, 0xff, 0xff, 0xff, 0x7f}, {0xff, 0xff, 0x0f, 4, 0, 0, 0, 0}, {0x20, 0}}) {
    ImageSpec spec;
    spec.frames = frames_with_table(place::constants);
    spec.constants = table;
    auto image = make_image(spec);
    auto file = File::parse(image);
    ASSERT_TRUE(file.ok());
    auto frames = read_frames(*file);
    ASSERT_TRUE(frames.ok());
    EXPECT_FALSE(read_landing_pads(*file, frames->front()).ok());
  }
}

}  // namespace
}  // namespace sgxx::elf
