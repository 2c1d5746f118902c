// SPDX-License-Identifier: Apache-2.0
#include "image/pandora.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "image/sgxs.h"

namespace sgxx::image {
namespace {

std::vector<u8> stream() {
  isa::Tcs tcs{};
  tcs.ossa = 0x30000;
  tcs.nssa = 2;
  tcs.oentry = 0x10010;
  StreamWriter writer(1, 0x100000);
  writer.add_measured(EnclaveOffset(0x10000), std::vector<u8>(2 * kPageSize, 0x90), isa::SecInfo::reg(Permission::rx()));
  writer.add_measured(EnclaveOffset(0x20000), as_bytes_of(tcs), isa::SecInfo::tcs());
  writer.add_zeroes({EnclaveOffset(0x30000), 2 * kPageSize}, isa::SecInfo::reg(Permission::rw()));
  return std::move(writer).finish().bytes;
}

TEST(PandoraDump, ListsSecsPagesAndTcs) {
  const auto list = nlohmann::json::parse(pandora_json(stream(), {4, 7}, 1).value());
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list[0], (nlohmann::json{{"entry_type", 0},
                                     {"size", 0x100000},
                                     {"base", 0},
                                     {"ssa_frame_size", 1},
                                     {"miscselect", 1},
                                     {"attributes", 4},
                                     {"xfrm", 7}}));
  EXPECT_EQ(list[1]["offset"], 0x10000);
  EXPECT_EQ(list[1]["length"], 0x2000);
  EXPECT_EQ(list[1]["measured"], 1);
  EXPECT_EQ(list[1]["permissions"], "R-X");
  EXPECT_EQ(list[1]["type"], "PT_REG");
  EXPECT_EQ(list[2]["type"], "PT_TCS");
  EXPECT_EQ(list[2]["permissions"], "---");
  EXPECT_EQ(list[3]["entry_type"], 1);
  EXPECT_EQ(list[3]["entry_offset"], 0x10010);
  EXPECT_EQ(list[3]["ssa_num"], 2);
  EXPECT_EQ(list[4]["measured"], 0);
  EXPECT_EQ(list[4]["secinfo"], 0x203);
}

TEST(PandoraDump, MemoryIsTheEnclaveFromItsFirstByte) {
  const std::string path = testing::TempDir() + "sgxx_pandora_test";
  ASSERT_TRUE(write_pandora_dump(stream(), {4, 3}, 1, path));
  const auto memory = read_file(path + ".dump").value();
  EXPECT_EQ(memory.size(), 0x32000u);
  EXPECT_EQ(memory[0xffff], 0);
  EXPECT_EQ(memory[0x10000], 0x90);
  EXPECT_EQ(read_at<isa::Tcs>(memory, 0x20000)->oentry, 0x10010u);
  EXPECT_TRUE(read_file(path + ".json").ok());
  std::filesystem::remove(path + ".dump");
  std::filesystem::remove(path + ".json");
  EXPECT_FALSE(write_pandora_dump(stream(), {4, 3}, 1, "/nonexistent/x"));
  EXPECT_FALSE(write_pandora_dump({}, {4, 3}, 1, path));
}

}  // namespace
}  // namespace sgxx::image
