// SPDX-License-Identifier: Apache-2.0
//
// Redirects whole programs, checks what changed in them, and runs them to see that nothing else did.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "elf/static_pie.h"
#include "rewrite/instruction.h"
#include "rewrite/native_image.h"
#include "rewrite/report.h"

namespace sgxx::rewrite {
namespace {

std::vector<u8> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  std::string output;
  int status = 0;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (std::size_t count = fread(buffer, 1, sizeof(buffer), pipe)) outcome.output.append(buffer, count);
  outcome.status = pclose(pipe);
  return outcome;
}

class RealProgram : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    bytes_ = read_file(GetParam());
    auto parsed = elf::File::parse(bytes_);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    auto accepted = elf::require_static_pie(*parsed);
    ASSERT_TRUE(accepted.ok()) << accepted.error().message();
    auto made = test::make_native(bytes_);
    ASSERT_TRUE(made.ok()) << made.error().message();
    file_.emplace(std::move(*parsed));
    image_ = std::move(*made);
  }

  std::vector<u8> bytes_;
  std::optional<elf::File> file_;
  test::NativeImage image_;
};

TEST_P(RealProgram, EverySiteIsRedirected) {
  const Plan& plan = image_.plan;
  std::printf("%s", report(plan, Detail::summary).c_str());
  EXPECT_GE(plan.count(Decision::redirected), 150u);
  // What is left is no instruction or must stay; of the doubtful reasons none occurs.
  for (const Site& site : plan.sites) {
    EXPECT_THAT(site.decision, testing::AnyOf(Decision::redirected, Decision::not_an_instruction, Decision::in_object,
                                              Decision::signal_trampoline, Decision::outside_functions))
        << std::hex << site.address.value << " in " << site.function << ": " << describe(site.decision);
  }
}

TEST_P(RealProgram, OnlyWindowsChange) {
  std::vector<u8> changed = bytes_;
  for (const Site& site : image_.plan.sites) {
    if (site.decision != Decision::redirected) continue;
    auto original = file_->bytes_at(site.window.begin, site.window.length);
    ASSERT_TRUE(original);
    EXPECT_TRUE(site.window.contains(VaddrRange{site.address, length_of(site.kind)}));
    // The window is whole instructions, the site one of them.
    std::vector<u64> starts;
    for (u64 offset = 0; offset < original->size();) {
      starts.push_back(site.window.begin.value + offset);
      Instruction instruction = decode(original->subspan(offset), site.window.begin + offset);
      ASSERT_TRUE(instruction.exists());
      offset += instruction.length;
      ASSERT_LE(offset, original->size());
    }
    EXPECT_THAT(starts, testing::Contains(site.address.value));
    for (const elf::Symbol& symbol : file_->symbols()) {
      if (symbol.kind != elf::SymbolKind::object) continue;
      EXPECT_FALSE((VaddrRange{symbol.value, symbol.size}).overlaps(site.window)) << symbol.name;
    }
  }
  EXPECT_EQ(image_.plan.patches.size(), image_.plan.count(Decision::redirected));
}

/// Tables among the code that no symbol calls data must be told from code too.
TEST_P(RealProgram, DataIsLeftAloneWithoutObjectSymbols) {
  const elf::Section* table = nullptr;
  for (const elf::Section& section : file_->sections()) {
    if (section.type == SHT_SYMTAB) table = &section;
  }
  ASSERT_NE(table, nullptr);
  auto spoiled = bytes_;
  u64 begin = static_cast<u64>(table->bytes.data() - bytes_.data());
  for (u64 at = begin; at < begin + table->bytes.size(); at += sizeof(Elf64_Sym)) {
    u8& info = spoiled[at + offsetof(Elf64_Sym, st_info)];
    if (ELF64_ST_TYPE(info) == STT_OBJECT) info = static_cast<u8>(ELF64_ST_INFO(ELF64_ST_BIND(info), STT_NOTYPE));
  }
  auto made = test::make_native(spoiled);
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made->plan.sites.size(), image_.plan.sites.size());
  for (std::size_t i = 0; i < made->plan.sites.size(); ++i) {
    const Site& site = made->plan.sites[i];
    EXPECT_EQ(site.decision == Decision::redirected, image_.plan.sites[i].decision == Decision::redirected)
        << std::hex << site.address.value << ": " << describe(site.decision);
  }
}

TEST_P(RealProgram, ThePlanIsTheSameEachTime) {
  auto again = test::make_native(bytes_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->elf, image_.elf);
  EXPECT_EQ(report(again->plan, Detail::every_site), report(image_.plan, Detail::every_site));
}

TEST_P(RealProgram, RunsAsBefore) {
  std::string path = testing::TempDir() + "/redirected-" + std::to_string(getpid());
  {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(image_.elf.data()), static_cast<std::streamsize>(image_.elf.size()));
  }
  chmod(path.c_str(), 0755);
  Outcome expected = run(GetParam()), got = run(path);
  std::filesystem::remove(path);
  EXPECT_EQ(got.output, expected.output);
  EXPECT_EQ(got.status, expected.status);
  EXPECT_TRUE(WIFEXITED(got.status)) << got.status;
}

INSTANTIATE_TEST_SUITE_P(Samples, RealProgram, testing::ValuesIn(std::vector<std::string>{SGXX_SAMPLE_PROGRAMS}),
                         [](const auto& test_case) {
                           return std::filesystem::path(test_case.param).filename().string().substr(15);
                         });

}  // namespace
}  // namespace sgxx::rewrite
