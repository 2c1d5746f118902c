// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "elf/static_pie.h"
#include "elf/test_image.h"

namespace sgxx::elf {
namespace {

using test::make_image;
namespace place = test::place;

Elf64_Ehdr& header(std::vector<u8>& image) { return *reinterpret_cast<Elf64_Ehdr*>(image.data()); }
Elf64_Phdr& program_header(std::vector<u8>& image, u64 index) {
  return reinterpret_cast<Elf64_Phdr*>(image.data() + place::headers)[index];
}
Elf64_Shdr& section_header(std::vector<u8>& image, u64 index) {
  return reinterpret_cast<Elf64_Shdr*>(image.data() + header(image).e_shoff)[index];
}
Elf64_Dyn& dynamic_entry(std::vector<u8>& image, u64 index) {
  return reinterpret_cast<Elf64_Dyn*>(image.data() + place::dynamic)[index];
}
Elf64_Rela& relocation(std::vector<u8>& image) { return *reinterpret_cast<Elf64_Rela*>(image.data() + place::relocations); }
/// Gives the image a DT_RELR table.
void use_relr(std::vector<u8>& image, std::vector<u64> words) {
  std::memcpy(image.data() + place::constants, words.data(), words.size() * 8);
  dynamic_entry(image, 2) = {36, {place::constants}};
  dynamic_entry(image, 3) = {35, {words.size() * 8}};
}
constexpr u64 kCode = 1, kData = 3, kDynamic = 4, kStack = 5, kTls = 6, kRelro = 7;  // program headers

/// Parses and checks, as the packer does.
Result<void> check(const std::vector<u8>& image) {
  File file = TRY(File::parse(image));
  return require_static_pie(file);
}

TEST(ElfFile, ReadsWhatIsThere) {
  auto image = make_image();
  auto parsed = File::parse(image);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  const File& file = *parsed;
  EXPECT_EQ(file.type(), ET_DYN);
  EXPECT_EQ(file.entry(), Vaddr(place::code));
  EXPECT_EQ(file.program_headers_address(), Vaddr(place::headers));
  EXPECT_EQ(file.program_header_count(), 8);
  ASSERT_EQ(file.segments().size(), 4u);
  EXPECT_EQ(file.segments()[0].permission, Permission::r());
  EXPECT_EQ(file.segments()[1].permission, Permission::rx());
  EXPECT_EQ(file.segments()[3].permission, Permission::rw());
  EXPECT_GT(file.segments()[3].memory.length, file.segments()[3].file_size);
  EXPECT_EQ(file.span().begin, Vaddr(0));
  EXPECT_EQ(file.span().length % kPageSize, 0u);
  ASSERT_NE(file.section(".text"), nullptr);
  EXPECT_EQ(file.section(".text")->bytes.size(), 2u);
  EXPECT_EQ(file.section(".nonsense"), nullptr);
  ASSERT_NE(file.symbol("_start"), nullptr);
  EXPECT_EQ(file.symbol("_start")->kind, SymbolKind::function);
  EXPECT_EQ(file.symbol("nobody"), nullptr);
  ASSERT_TRUE(file.dynamic());
  ASSERT_EQ(file.dynamic()->relocations.size(), 1u);
  EXPECT_EQ(file.dynamic()->relocations[0].addend, i64{place::code});
  ASSERT_TRUE(file.tls());
  EXPECT_EQ(file.tls()->memory.length, 16u);
  ASSERT_TRUE(file.relro());
  EXPECT_EQ(file.stack(), StackRequest::not_executable);
  EXPECT_FALSE(file.interpreter());
  EXPECT_EQ((*file.bytes_at(Vaddr(place::code), 2))[1], 0xc3);
  EXPECT_FALSE(file.bytes_at(Vaddr(place::code), 0x1001));
  EXPECT_FALSE(file.bytes_at(file.segments()[3].memory.end() - 1, 1)) << "zero-filled memory is not in the file";
  EXPECT_TRUE(check(image).ok());
}

TEST(ElfFile, ReadsPackedRelativeRelocations) {
  auto image = make_image();
  use_relr(image, {place::data + 8, 0b1011});
  std::memcpy(image.data() + place::data + 16, "\x34\x12", 2);
  auto file = File::parse(image);
  ASSERT_TRUE(file.ok()) << file.error().message();
  const auto& all = file->dynamic()->relocations;
  ASSERT_EQ(all.size(), 4u);  // one RELA, then three
  EXPECT_EQ(all[1].place, Vaddr(place::data + 8));
  EXPECT_EQ(all[2].place, Vaddr(place::data + 16));
  EXPECT_EQ(all[2].addend, 0x1234);
  EXPECT_EQ(all[3].place, Vaddr(place::data + 32));
  EXPECT_TRUE(check(image).ok());
}

struct Malformed {
  const char* name;
  std::function<void(std::vector<u8>&)> spoil;
  const char* message;  ///< part of the error
};

class MalformedElf : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedElf, IsRefusedWithOneLine) {
  auto image = make_image();
  GetParam().spoil(image);
  auto result = check(image);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind(), ErrorKind::bad_input);
  EXPECT_THAT(result.error().message(), testing::HasSubstr(GetParam().message));
  EXPECT_THAT(result.error().message(), testing::Not(testing::HasSubstr("\n")));
}

using Image = std::vector<u8>;
const Malformed kMalformed[] = {
    {"Empty", [](Image& i) { i.clear(); }, "not an ELF file"},
    {"Script",
     [](Image& i) {
       i.assign({'#', '!', '/', 'b', 'i', 'n', '/', 's', 'h'});
     },
     "not an ELF file"},
    {"MagicOnly", [](Image& i) { i.resize(4); }, "truncated"},
    {"HalfHeader", [](Image& i) { i.resize(40); }, "truncated"},
    {"Class32", [](Image& i) { i[EI_CLASS] = ELFCLASS32; }, "without -mx32"},
    {"I386",
     [](Image& i) {
       i[EI_CLASS] = ELFCLASS32;
       header(i).e_machine = EM_386;
     },
     "without -m32"},
    {"Arm", [](Image& i) { header(i).e_machine = EM_AARCH64; }, "AArch64): expected x86-64"},
    {"BigEndian", [](Image& i) { i[EI_DATA] = ELFDATA2MSB; }, "big-endian"},
    {"Version", [](Image& i) { i[EI_VERSION] = 7; }, "unknown ELF version"},
    {"Object", [](Image& i) { header(i).e_type = ET_REL; }, "link it with g++ -static-pie"},
    {"Core", [](Image& i) { header(i).e_type = ET_CORE; }, "core dump"},
    {"Interpreter",
     [](Image& i) {
       auto& h = program_header(i, kStack);
       std::memcpy(i.data() + place::constants, "/lib64/ld.so", 13);
       h.p_type = PT_INTERP, h.p_offset = place::constants, h.p_filesz = 13;
     },
     "dynamically linked (it asks for /lib64/ld.so): link with -static-pie"},
    {"Needed", [](Image& i) { dynamic_entry(i, 3).d_tag = DT_NEEDED; }, "link with -static-pie"},
    {"NotPie", [](Image& i) { header(i).e_type = ET_EXEC; }, "link with -static-pie instead of -static"},
    {"NoDynamic", [](Image& i) { program_header(i, kDynamic).p_type = PT_NULL; }, "link with -static-pie"},
    {"NoEntry", [](Image& i) { header(i).e_entry = 0; }, "no entry point"},
    {"EntryInData", [](Image& i) { header(i).e_entry = place::data; }, "not in an executable segment"},
    {"Stripped", [](Image& i) { section_header(i, 3).sh_type = SHT_PROGBITS; }, "remove -s"},
    {"StrippedSections", [](Image& i) { header(i).e_shnum = 0; }, "remove -s"},
    {"ExecutableStack", [](Image& i) { program_header(i, kStack).p_flags |= PF_X; }, "executable stack"},
    {"RelrOutside",
     [](Image& i) {
       dynamic_entry(i, 2) = {36, {0x900000}};
       dynamic_entry(i, 3) = {35, {8}};
     },
     "DT_RELR lies outside"},
    {"RelrPlaceOutside", [](Image& i) { use_relr(i, {0x900000}); }, "relocation at 0x900000 lies outside"},
    {"RelrDescends",
     [](Image& i) {
       use_relr(i, {place::data + 8, place::data});
     },
     "does not ascend"},
    {"RelrEndless",
     [](Image& i) {
       use_relr(i, {place::data, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}});
     },
     "lies outside the loaded segments"},
    {"RelrInText", [](Image& i) { use_relr(i, {place::code}); }, "remove -Wl,-z,notext"},
    {"Rel", [](Image& i) { dynamic_entry(i, 3).d_tag = DT_REL; }, "REL relocations"},
    {"RelocationType", [](Image& i) { relocation(i).r_info = ELF64_R_INFO(1, R_X86_64_GLOB_DAT); }, "relocation of type 6"},
    {"RelocationOutside", [](Image& i) { relocation(i).r_offset = 0x100000; }, "outside the loaded segments"},
    {"RelocationWraps", [](Image& i) { relocation(i).r_offset = ~u64{0} - 3; }, "outside the loaded segments"},
    {"RelocationInText", [](Image& i) { relocation(i).r_offset = place::code; }, "remove -Wl,-z,notext"},
    {"RelocationTableOutside", [](Image& i) { dynamic_entry(i, 0).d_un.d_ptr = 0x900000; }, "DT_RELA lies outside"},
    {"RelocationTableLength", [](Image& i) { dynamic_entry(i, 1).d_un.d_val = ~u64{0}; }, "DT_RELA lies outside"},
    {"RelocationEntrySize", [](Image& i) { dynamic_entry(i, 2).d_un.d_val = 8; }, "unknown size"},
    {"NoHeaders", [](Image& i) { header(i).e_phnum = 0; }, "no program headers"},
    {"ManyHeaders", [](Image& i) { header(i).e_phnum = 60000; }, "at most 128"},
    {"HeaderSize", [](Image& i) { header(i).e_phentsize = 32; }, "program headers of 32 bytes"},
    {"HeadersBeyond", [](Image& i) { header(i).e_phoff = ~u64{0} - 8; }, "truncated"},
    {"NothingLoaded",
     [](Image& i) {
       for (u64 h = 0; h < 4; ++h) program_header(i, h).p_type = PT_NULL;
     },
     "no loadable segment"},
    {"SegmentBeyondFile", [](Image& i) { program_header(i, kData).p_filesz = program_header(i, kData).p_memsz = 0x100000; },
     "truncated"},
    {"SegmentOffsetWraps", [](Image& i) { program_header(i, kData).p_offset = ~u64{0} - 0xfff; }, "truncated"},
    {"SegmentWraps", [](Image& i) { program_header(i, kData).p_vaddr = ~u64{0} - 0xfff; }, "wraps"},
    {"SegmentFileBiggerThanMemory", [](Image& i) { program_header(i, kData).p_memsz = 1; }, "more bytes in the file"},
    {"SegmentHuge", [](Image& i) { program_header(i, kData).p_memsz = u64{1} << 45; }, "bytes long"},
    {"SegmentFar", [](Image& i) { program_header(i, kData).p_vaddr = u64{1} << 45; }, "an enclave holds at most"},
    {"SegmentsOverlap", [](Image& i) { program_header(i, kCode).p_memsz = 0x1001; }, "overlaps a page"},
    {"SegmentsDescend", [](Image& i) { std::swap(program_header(i, kCode), program_header(i, kData)); }, "higher address"},
    {"SegmentMisaligned",
     [](Image& i) {
       program_header(i, kCode).p_offset += 8;
       program_header(i, kCode).p_filesz = 8;
     },
     "misaligned"},
    {"SegmentNotPaged", [](Image& i) { program_header(i, kCode).p_align = 8; }, "remove -n"},
    {"SegmentAlignment", [](Image& i) { program_header(i, kCode).p_align = 0x1800; }, "not aligned to pages"},
    {"WritableAndExecutable", [](Image& i) { program_header(i, kCode).p_flags |= PF_W; }, "writable and executable"},
    {"TlsOutside", [](Image& i) { program_header(i, kTls).p_vaddr = 0x700000; }, "PT_TLS lies outside"},
    {"TlsImpossible", [](Image& i) { program_header(i, kTls).p_memsz = 1; }, "impossible PT_TLS"},
    {"RelroOutside", [](Image& i) { program_header(i, kRelro).p_memsz = 0x700000; }, "PT_GNU_RELRO lies outside"},
    {"RelroWraps", [](Image& i) { program_header(i, kRelro).p_memsz = ~u64{0}; }, "PT_GNU_RELRO wraps"},
    {"DynamicOutside", [](Image& i) { program_header(i, kDynamic).p_vaddr = 0x700000; }, "PT_DYNAMIC lies outside"},
    {"HeadersNotLoaded",
     [](Image& i) {
       program_header(i, 0).p_type = PT_NULL;
       program_header(i, kDynamic).p_type = PT_DYNAMIC;
     },
     "lies outside"},
    {"SectionsBeyond", [](Image& i) { header(i).e_shoff = i.size(); }, "section headers lie beyond"},
    {"SectionHeaderSize", [](Image& i) { header(i).e_shentsize = 8; }, "section headers of 8 bytes"},
    {"SectionBeyond", [](Image& i) { section_header(i, 1).sh_size = ~u64{0}; }, "lies beyond the end"},
    {"SectionNames", [](Image& i) { header(i).e_shstrndx = 77; }, "table of section names"},
    {"SectionName", [](Image& i) { section_header(i, 1).sh_name = 0xffffff; }, "name outside"},
    {"SymbolSize", [](Image& i) { section_header(i, 3).sh_entsize = 1; }, "malformed symbol table"},
    {"SymbolStrings", [](Image& i) { section_header(i, 3).sh_link = 99; }, "malformed symbol table"},
    {"SymbolNameUnterminated", [](Image& i) { section_header(i, 4).sh_size = 4; }, "outside its string table"},
};

INSTANTIATE_TEST_SUITE_P(Table, MalformedElf, testing::ValuesIn(kMalformed),
                         [](const auto& test_case) { return test_case.param.name; });

TEST(ElfFile, EveryTruncationIsRefused) {
  const auto image = make_image();
  for (u64 length = 0; length < image.size(); ++length) {
    std::vector<u8> cut(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(length));
    ASSERT_FALSE(check(cut).ok()) << length;
  }
}

}  // namespace
}  // namespace sgxx::elf
