// SPDX-License-Identifier: Apache-2.0
//
// Small functions assembled by hand, one for each reason to redirect a site or to leave it alone.
#include "rewrite/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf/test_image.h"
#include "rewrite/report.h"

namespace sgxx::rewrite {
namespace {

using elf::SymbolKind;
using elf::test::ImageSpec;
namespace place = elf::test::place;

const EnclaveOffset kProgram(0x100000);
const EnclaveOffset kStubs(0x200000);
const Targets kTargets = {EnclaveOffset(0x11000), EnclaveOffset(0x11100), EnclaveOffset(0x11200), EnclaveOffset(0x11300),
                          EnclaveOffset(0x11400)};

using Bytes = std::vector<u8>;

/// One function at place::code with these bytes.
ImageSpec function(Bytes code) {
  ImageSpec spec;
  spec.symbols = {{"f", place::code, code.size(), SymbolKind::function}};
  spec.code = std::move(code);
  return spec;
}

Plan plan_of(const ImageSpec& spec, Mode mode = Mode::redirect, EnclaveOffset stubs = kStubs) {
  auto image = elf::test::make_image(spec);
  auto file = elf::File::parse(image);
  if (!file.ok()) throw std::runtime_error(file.error().message());
  auto result = plan(*file, kTargets, kProgram, stubs, mode);
  if (!result.ok()) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

/// The decision on the only site.
Decision decision_of(const ImageSpec& spec) {
  Plan made = plan_of(spec);
  EXPECT_EQ(made.sites.size(), 1u);
  EXPECT_EQ(made.patches.size(), made.count(Decision::redirected));
  return made.sites.at(0).decision;
}

u32 field(const Bytes& bytes, u64 at) { return *read_at<u32>(bytes, at); }

/// Bytes with their hexadecimal digits, so that a failure can be read.
std::string hex(ByteView bytes) {
  std::string text;
  for (u8 byte : bytes) text += "0123456789abcdef"[byte >> 4], text += "0123456789abcdef"[byte & 15];
  return text;
}

TEST(Plan, MovesWhatIsBeforeAndResumesInTheProgram) {
  // mov $39, %eax; syscall; ret
  Plan made = plan_of(function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}));
  ASSERT_EQ(made.sites.size(), 1u);
  const Site& site = made.sites[0];
  EXPECT_EQ(site.decision, Decision::redirected);
  EXPECT_EQ(site.function, "f");
  EXPECT_EQ(site.function_offset, 5u);
  EXPECT_EQ(site.window, (VaddrRange{Vaddr(place::code), 7}));
  EXPECT_EQ(site.resume, Site::Resume::program);
  ASSERT_EQ(made.patches.size(), 1u);
  EXPECT_EQ(made.patches[0].at, kProgram + place::code);
  u64 window = kProgram.value + place::code;
  EXPECT_EQ(made.patches[0].bytes[0], 0xe9);
  EXPECT_EQ(field(made.patches[0].bytes, 1), static_cast<u32>(kStubs.value - (window + 5)));
  EXPECT_EQ(hex(made.patches[0].bytes).substr(10), "cccc");
  // mov $39, %eax; lea resume(%rip), %rcx; jmp runtime
  ASSERT_EQ(made.stubs.size(), 17u);
  EXPECT_EQ(hex({made.stubs.data(), 8}), "b827000000488d0d");
  EXPECT_EQ(field(made.stubs, 8), static_cast<u32>(window + 7 - (kStubs.value + 12)));
  EXPECT_EQ(made.stubs[12], 0xe9);
  EXPECT_EQ(field(made.stubs, 13), static_cast<u32>(kTargets.syscall.value - (kStubs.value + 17)));
  ASSERT_EQ(made.moved.size(), 3u);
  EXPECT_EQ(made.moved[0].stub, kStubs);
  EXPECT_EQ(made.moved[0].program, kProgram + place::code);
  for (u64 i : {1, 2}) {
    EXPECT_EQ(made.moved[i].stub, kStubs + (i == 1 ? 5 : 12));
    EXPECT_EQ(made.moved[i].program, kProgram + place::code + 5);
  }
}

TEST(Plan, MovesWhatIsAfterWhenTheSiteIsAJumpTarget) {
  // 0: jmp 2; 2: syscall; test %rax, %rax; js 0; ret
  Plan made = plan_of(function({0xeb, 0x00, 0x0f, 0x05, 0x48, 0x85, 0xc0, 0x78, 0xf7, 0xc3}));
  ASSERT_EQ(made.count(Decision::redirected), 1u) << report(made, Detail::every_site);
  const Site& site = made.sites[0];
  EXPECT_EQ(site.resume, Site::Resume::stub);
  EXPECT_EQ(site.window, (VaddrRange{Vaddr(place::code + 2), 5}));
  // lea resume(%rip), %rcx; jmp runtime; resume: test %rax, %rax; jmp back
  ASSERT_EQ(made.stubs.size(), 20u);
  EXPECT_EQ(field(made.stubs, 3), 5u);
  EXPECT_EQ(hex({made.stubs.data() + 12, 4}), "4885c0e9");
  EXPECT_EQ(field(made.stubs, 16), static_cast<u32>(kProgram.value + place::code + 7 - (kStubs.value + 20)));
  ASSERT_EQ(made.moved.size(), 4u);
  EXPECT_EQ(made.moved[2].stub, kStubs + 12);
  EXPECT_EQ(made.moved[2].program, kProgram + place::code + 4);
  EXPECT_EQ(made.moved[3].stub, kStubs + 15);
  EXPECT_EQ(made.moved[3].program, kProgram + place::code + 7);
}

TEST(Plan, EachKindHasItsEntryAndItsLinkRegister) {
  struct Row {
    Bytes instruction;
    SiteKind kind;
    u8 link;
    EnclaveOffset target;
  };
  for (const Row& row :
       {Row{{0x0f, 0x05}, SiteKind::syscall, 0x0d, kTargets.syscall}, Row{{0x0f, 0xa2}, SiteKind::cpuid, 0x15, kTargets.cpuid},
        Row{{0x0f, 0x31}, SiteKind::rdtsc, 0x15, kTargets.rdtsc},
        Row{{0x0f, 0x01, 0xf9}, SiteKind::rdtscp, 0x15, kTargets.rdtscp},
        Row{{0x0f, 0x01, 0xd0}, SiteKind::xgetbv, 0x15, kTargets.xgetbv}}) {
    Bytes code = {0xb8, 1, 0, 0, 0};
    code.insert(code.end(), row.instruction.begin(), row.instruction.end());
    code.push_back(0xc3);
    Plan made = plan_of(function(code));
    ASSERT_EQ(made.count(Decision::redirected), 1u) << name_of(row.kind);
    EXPECT_EQ(made.sites[0].kind, row.kind);
    EXPECT_EQ(made.stubs[7], row.link) << name_of(row.kind);
    EXPECT_EQ(field(made.stubs, 13), static_cast<u32>(row.target.value - (kStubs.value + 17)));
  }
}

struct MoveRow {
  const char* name;
  Bytes code;
  Decision decision;
  const char* stub;  ///< the stub's bytes without the distances to the runtime, or nullptr
};
class MovedNeighbour : public testing::TestWithParam<MoveRow> {};

TEST_P(MovedNeighbour, IsMovedOrRefused) {
  Plan made = plan_of(function(GetParam().code));
  ASSERT_GE(made.sites.size(), 1u);
  EXPECT_EQ(made.sites[0].decision, GetParam().decision) << report(made, Detail::every_site);
  if (GetParam().stub != nullptr) {
    EXPECT_THAT(hex(made.stubs), testing::StartsWith(GetParam().stub));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, MovedNeighbour,
    testing::Values(
        // mov 0x100(%rip), %eax: refers to code + 6 + 0x100 from the stub's first instruction
        MoveRow{"RipRelativeLoad", {0x8b, 0x05, 0, 1, 0, 0, 0x0f, 0x05, 0xc3}, Decision::redirected, "8b050011f0ff488d0d"},
        // cmpl $7, 0x100(%rip): an immediate behind the distance
        MoveRow{"RipRelativeWithImmediate",
                {0x83, 0x3d, 0, 1, 0, 0, 7, 0x0f, 0x05, 0xc3},
                Decision::redirected,
                "833d0011f0ff07488d0d"},
        MoveRow{"LeaRipRelative", {0x48, 0x8d, 0x3d, 0, 1, 0, 0, 0x0f, 0x05, 0xc3}, Decision::redirected, "488d3d0011f0ff488d0d"},
        // xor %eax, %eax; je +3 (over the syscall); syscall; nop; ret
        MoveRow{"ShortConditional", {0x31, 0xc0, 0x74, 3, 0x0f, 0x05, 0x90, 0xc3}, Decision::redirected, "31c00f84ff0ff0ff"},
        MoveRow{"LongConditional", {0x0f, 0x85, 3, 0, 0, 0, 0x0f, 0x05, 0x90, 0xc3}, Decision::redirected, "0f850310f0ff"},
        // target: syscall; nop; jmp target-less tail
        MoveRow{"ShortJumpAfter", {0xeb, 0, 0x0f, 0x05, 0x90, 0xeb, 1, 0x90, 0xc3}, Decision::redirected, nullptr},
        MoveRow{"ReturnAfter", {0xeb, 0, 0x0f, 0x05, 0x5b, 0x5d, 0xc3}, Decision::redirected, nullptr},
        MoveRow{"CallBefore", {0xe8, 0, 0, 0, 0, 0x0f, 0x05, 0xe8, 0, 0, 0, 0, 0xc3}, Decision::immovable_neighbour, nullptr},
        MoveRow{"IndirectCallBefore", {0xff, 0xd0, 0x0f, 0x05, 0xff, 0xd0, 0xc3}, Decision::immovable_neighbour, nullptr},
        MoveRow{"LoopBefore", {0x31, 0xc0, 0xe2, 0xfc, 0x0f, 0x05, 0xff, 0xd0, 0xc3}, Decision::immovable_neighbour, nullptr},
        MoveRow{"TooShort", {0x0f, 0x05, 0x90, 0xc3}, Decision::immovable_neighbour, nullptr},
        MoveRow{"AnotherSiteBefore", {0x0f, 0xa2, 0x0f, 0x05, 0xff, 0xd0, 0xc3}, Decision::immovable_neighbour, nullptr},
        MoveRow{"EndbrBefore", {0xf3, 0x0f, 0x1e, 0xfa, 0x0f, 0x05, 0xff, 0xd0, 0xc3}, Decision::immovable_neighbour, nullptr}),
    [](const auto& test_case) { return test_case.param.name; });

TEST(Plan, PrefersNeighboursThatCannotFault) {
  // mov (%rdi), %rdi; mov $39, %eax; syscall; ret: the second is enough
  Plan made = plan_of(function({0x48, 0x8b, 0x3f, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3}));
  EXPECT_EQ(made.sites[0].window, (VaddrRange{Vaddr(place::code + 3), 7}));
}

TEST(Plan, TwoSitesInARowShareNothing) {
  // mov $1, %eax; cpuid; mov $2, %eax; cpuid; ret
  Plan made = plan_of(function({0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0xb8, 2, 0, 0, 0, 0x0f, 0xa2, 0xc3}));
  ASSERT_EQ(made.count(Decision::redirected), 2u);
  EXPECT_EQ(made.sites[0].window.end(), made.sites[1].window.begin);
}

TEST(Plan, WhatMovedForOneSiteDoesNotMoveForTheNext) {
  // jmp 1f; 1: syscall; mov %eax, %ebx; nop; cpuid; call *%rax: the first site takes all that stands between the two
  Plan made = plan_of(function({0xeb, 0, 0x0f, 0x05, 0x89, 0xc3, 0x90, 0x0f, 0xa2, 0xff, 0xd0, 0xc3}));
  ASSERT_EQ(made.sites.size(), 2u);
  EXPECT_EQ(made.sites[0].decision, Decision::redirected);
  EXPECT_EQ(made.sites[1].decision, Decision::immovable_neighbour);
}

// --- reasons to leave a site alone ---

const Bytes kPlain = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};  // mov $39, %eax; syscall; ret

TEST(LeftAlone, InAnObject) {
  ImageSpec spec = function(kPlain);
  spec.symbols.push_back({"table", place::code + 5, 2, SymbolKind::object});
  EXPECT_EQ(decision_of(spec), Decision::in_object);
}

TEST(LeftAlone, NeighbourInAnObject) {
  ImageSpec spec = function(kPlain);
  spec.symbols.push_back({"constant", place::code, 5, SymbolKind::object});
  EXPECT_EQ(decision_of(spec), Decision::in_object);
}

TEST(LeftAlone, InAnObjectThatBeginsOutsideTheCode) {
  ImageSpec spec = function(kPlain);
  spec.symbols.push_back({"table", place::code - 8, 16, SymbolKind::object});
  EXPECT_EQ(decision_of(spec), Decision::in_object);
}

TEST(LeftAlone, UnknownExceptionTable) {
  // An FDE for the function, whose exception table is in no format that we know.
  ImageSpec spec = function(kPlain);
  spec.frames = {16,   0, 0, 0, 0,  0, 0, 0, 1,    'z',  'L',  'R',  0, 1, 0x78, 16, 2, 0x1b, 0x1b, 0,  // CIE
                 20,   0, 0, 0, 24, 0, 0, 0, 0xe4, 0xe7, 0xff, 0xff, 8, 0, 0,    0,  4, 0xdb, 0xf7, 0xff,
                 0xff, 0, 0, 0, 0,  0, 0, 0};
  spec.constants = {0x55, 0xaa};
  EXPECT_EQ(decision_of(spec), Decision::unresolved_jump);
}

TEST(LeftAlone, OutsideFunctions) {
  ImageSpec spec = function(kPlain);
  spec.symbols = {{"f", place::code, 0, SymbolKind::function}};
  EXPECT_EQ(decision_of(spec), Decision::outside_functions);
}

TEST(LeftAlone, SignalTrampoline) {
  EXPECT_EQ(decision_of(function({0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05, 0xc3})), Decision::signal_trampoline);
}

TEST(LeftAlone, PartOfAnotherInstruction) {
  // mov $0x0000050f, %eax
  EXPECT_EQ(decision_of(function({0xb8, 0x0f, 0x05, 0, 0, 0xc3})), Decision::not_an_instruction);
}

TEST(LeftAlone, Prefixed) {
  // rep syscall
  EXPECT_EQ(decision_of(function({0xb8, 39, 0, 0, 0, 0xf3, 0x0f, 0x05, 0xc3})), Decision::not_an_instruction);
}

TEST(LeftAlone, DataBehindAReturn) {
  // ret; then a table whose bytes read as mov, syscall
  EXPECT_EQ(decision_of(function({0xc3, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3})), Decision::not_reached);
}

TEST(LeftAlone, SweepsThatDisagree) {
  // jmp over one byte of data that a linear sweep takes for the beginning of an instruction: jmp +1; .byte 0xb8; mov $39, %eax;
  // syscall
  ImageSpec spec = function({0xeb, 1, 0xb8, 0x31, 0xc0, 0x0f, 0x05, 0x90, 0x90, 0x90, 0xc3});
  Decision decision = decision_of(spec);
  EXPECT_TRUE(decision == Decision::doubtful_code) << name_of(decision);
}

TEST(LeftAlone, OverlappingInstructions) {
  // je into the last byte of the mov, where control flow sees add %cl, (%rdi), which overlaps the syscall
  EXPECT_EQ(decision_of(function({0x74, 4, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3, 0x90, 0x90, 0x90, 0x90, 0xc3})),
            Decision::doubtful_code);
}

TEST(LeftAlone, BranchIntoTheWindow) {
  // mov $39, %eax; L: syscall; jns L; ret, with too little behind to move
  EXPECT_EQ(decision_of(function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xeb, 0xfa})), Decision::branch_into_window);
}

TEST(LeftAlone, BranchFromAnotherFunction) {
  // g (behind f) jumps to the syscall with a 32-bit distance
  ImageSpec spec = function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xc3, 0xe9, 0xf6, 0xff, 0xff, 0xff});
  spec.symbols = {{"f", place::code, 10, SymbolKind::function}, {"g", place::code + 10, 5, SymbolKind::function}};
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

TEST(LeftAlone, ShortBranchFromAnotherFunction) {
  ImageSpec spec = function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xc3, 0xeb, 0xf9});
  spec.symbols = {{"f", place::code, 10, SymbolKind::function}, {"g", place::code + 10, 2, SymbolKind::function}};
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

TEST(LeftAlone, AddressTakenByLea) {
  // lea syscall(%rip), %rdx stands in front
  EXPECT_EQ(decision_of(function({0x48, 0x8d, 0x15, 5, 0, 0, 0, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xc3})),
            Decision::branch_into_window);
}

TEST(LeftAlone, AddressInARelocation) {
  ImageSpec spec = function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xc3});
  spec.relocations.push_back({Vaddr(place::data + 8), 8, i64{place::code + 5}});
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

TEST(LeftAlone, NamedInTheMiddle) {
  ImageSpec spec = function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xc3});
  spec.symbols.push_back({"entry", place::code + 5, 0, SymbolKind::notype});
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

/// lea table(%rip), %rdx; movslq (%rdx,%rdi,4), %rax; add %rdx, %rax; jmp *%rax; then mov $39, %eax; syscall; call *%rax; ret
Bytes switch_code() {
  constexpr u64 kTable = place::constants - (place::code + 7);
  return {0x48,
          0x8d,
          0x15,
          kTable & 0xff,
          (kTable >> 8) & 0xff,
          0,
          0,
          0x48,
          0x63,
          0x04,
          0xba,
          0x48,
          0x01,
          0xd0,
          0xff,
          0xe0,
          0xb8,
          39,
          0,
          0,
          0,
          0x0f,
          0x05,
          0xff,
          0xd0,
          0xc3};
}
Bytes table_to(std::initializer_list<u64> addresses) {
  Bytes table;
  for (u64 address : addresses) {
    u32 distance = static_cast<u32>(address - place::constants);
    for (int shift = 0; shift < 32; shift += 8) table.push_back(static_cast<u8>(distance >> shift));
  }
  return table;
}

TEST(JumpTable, ReachesItsTargets) {
  ImageSpec spec = function(switch_code());
  spec.constants = table_to({place::code + 16, place::code + 25});
  EXPECT_EQ(decision_of(spec), Decision::redirected);
}

TEST(JumpTable, TargetInTheWindow) {
  ImageSpec spec = function(switch_code());
  spec.constants = table_to({place::code + 16, place::code + 21});
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

TEST(JumpTable, EntriesInAColdPartDoNotEndIt) {
  ImageSpec spec = function(switch_code());
  spec.code.resize(0x200, 0xcc);  // the first entry leads behind the function
  spec.symbols.push_back({"f.cold", place::code + 0x180, 1, SymbolKind::function});
  spec.constants = table_to({place::code + 0x180, place::code + 16, place::code + 21});
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

TEST(JumpTable, DistancesBetweenLabels) {
  // lea label(%rip), %rcx; lea table(%rip), %rdx; movslq (%rdx,%rdi,4), %rax; add %rcx, %rax; jmp *%rax;
  // label: mov $39, %eax; syscall; call *%rax; ret
  constexpr u64 kTable = place::constants - (place::code + 14);
  ImageSpec spec = function({0x48, 0x8d, 0x0d, 16,   0,    0,    0,    0x48, 0x8d, 0x15, kTable & 0xff, (kTable >> 8) & 0xff,
                             0,    0,    0x48, 0x63, 0x04, 0xba, 0x48, 0x01, 0xc8, 0xff, 0xe0,          0xb8,
                             39,   0,    0,    0,    0x0f, 0x05, 0xff, 0xd0, 0xc3});
  spec.constants = {0, 0, 0, 0};
  EXPECT_EQ(decision_of(spec), Decision::redirected);
  spec.constants = {0, 0, 0, 0, 5, 0, 0, 0};
  EXPECT_EQ(decision_of(spec), Decision::branch_into_window);
}

TEST(JumpTable, NotUnderstood) {
  // The table holds nothing that leads into the function, and the site is reached by other means: je over the jump.
  ImageSpec spec =
      function({0x74, 0x10, 0x48, 0x8d, 0x15, 0xf7, 0x0f, 0,    0,    0x48, 0x63, 0x04, 0xba, 0x48, 0x01, 0xd0, 0xff, 0xe0,  //
                0xb8, 39,   0,    0,    0,    0x0f, 0x05, 0xff, 0xd0, 0xc3});
  spec.constants = table_to({0, 0});
  EXPECT_EQ(decision_of(spec), Decision::unresolved_jump);
}

TEST(JumpTable, TailCallThroughAPointerIsHarmless) {
  // je +5; mov (%rdi), %rax; jmp *%rax; mov $39, %eax; syscall; ret
  EXPECT_EQ(decision_of(function({0x74, 5, 0x48, 0x8b, 0x07, 0xff, 0xe0, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3})),
            Decision::redirected);
}

TEST(LeftAlone, OutOfReach) {
  Plan made = plan_of(function(kPlain), Mode::redirect, EnclaveOffset(u64{1} << 33));
  EXPECT_EQ(made.sites[0].decision, Decision::out_of_reach);
  EXPECT_TRUE(made.stubs.empty() || made.patches.empty());
}

TEST(LeftAlone, WithNoRewriting) {
  Plan made = plan_of(function(kPlain), Mode::report_only);
  EXPECT_EQ(made.sites[0].decision, Decision::rewriting_off);
  EXPECT_TRUE(made.patches.empty());
  EXPECT_TRUE(made.stubs.empty());
}

TEST(LeftAlone, SysenterAndInt80) {
  Plan made = plan_of(function({0xb8, 1, 0, 0, 0, 0x0f, 0x34, 0xb8, 1, 0, 0, 0, 0xcd, 0x80, 0xc3}));
  ASSERT_EQ(made.sites.size(), 2u);
  EXPECT_EQ(made.sites[0].decision, Decision::never_redirected);
  EXPECT_EQ(made.sites[1].decision, Decision::never_redirected);
}

TEST(Report, SaysWhatAndWhy) {
  std::string text = report(plan_of(function({0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xb8, 0x0f, 0x05, 0, 0, 0xc3})), Detail::every_site);
  EXPECT_THAT(text, testing::HasSubstr("2 sites: 1 redirected, 1 left alone"));
  EXPECT_THAT(text, testing::HasSubstr("f+0x5"));
  EXPECT_THAT(text, testing::HasSubstr("left alone: part of another instruction"));
}

}  // namespace
}  // namespace sgxx::rewrite
