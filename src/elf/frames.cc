// SPDX-License-Identifier: Apache-2.0
//
// Reference: Linux Standard Base Core 5.0, "Exception Frames".
#include "elf/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "elf/cursor.h"

namespace sgxx::elf {
namespace {

struct Cie {
  u8 code_encoding = pointer_encoding::absolute;
  u8 table_encoding = pointer_encoding::omit;
  Frame::Kind kind = Frame::Kind::normal;
  enum class Augmented : bool { no, yes } augmented = Augmented::no;
};

std::optional<Cie> read_cie(Cursor cursor) {
  Cie cie;
  u8 version = cursor.read<u8>();
  if (version != 1 && version != 3) return std::nullopt;
  std::string augmentation;
  while (char letter = static_cast<char>(cursor.read<u8>())) augmentation.push_back(letter);
  cursor.uleb();  // code alignment
  cursor.sleb();  // data alignment
  if (version == 1) {
    cursor.read<u8>();  // return address register
  } else {
    cursor.uleb();
  }
  if (augmentation.empty()) return cursor.good() ? std::optional(cie) : std::nullopt;
  if (augmentation[0] != 'z') return std::nullopt;
  cie.augmented = Cie::Augmented::yes;
  cursor.uleb();  // length of the augmentation data
  for (char letter : augmentation.substr(1)) {
    switch (letter) {
      case 'R': cie.code_encoding = cursor.read<u8>(); break;
      case 'L': cie.table_encoding = cursor.read<u8>(); break;
      case 'P': cursor.pointer(cursor.read<u8>() & static_cast<u8>(~pointer_encoding::indirect)); break;
      case 'S': cie.kind = Frame::Kind::signal; break;
      case 'B': break;
      default: return std::nullopt;
    }
  }
  return cursor.good() ? std::optional(cie) : std::nullopt;
}

std::optional<Frame> read_fde(Cursor cursor, const Cie& cie) {
  Frame frame;
  frame.kind = cie.kind;
  frame.code.begin = Vaddr(cursor.pointer(cie.code_encoding));
  frame.code.length = cursor.pointer(cie.code_encoding & pointer_encoding::format_mask);
  if (cie.augmented == Cie::Augmented::yes) {
    Cursor data = cursor.sub(cursor.uleb());
    if (cie.table_encoding != pointer_encoding::omit) {
      u64 table = data.pointer(cie.table_encoding);
      if (table != 0) frame.exception_table = Vaddr(table);
      if (!data.good()) return std::nullopt;
    }
  }
  if (!cursor.good() || !checked_add(frame.code.begin.value, frame.code.length)) return std::nullopt;
  return frame;
}

}  // namespace

Result<std::vector<Frame>> read_frames(const File& file) {
  std::vector<Frame> frames;
  const Section* section = file.section(".eh_frame");
  if (section == nullptr) return frames;
  std::unordered_map<u64, Cie> cies;  // by offset in the section
  Cursor cursor(section->bytes, section->memory.begin);
  while (!cursor.at_end()) {
    u64 start = cursor.position();
    auto malformed = [&] { return bad_input(fmt::format("malformed .eh_frame at offset {:#x}", start)); };
    u64 length = cursor.read<u32>();
    if (length == 0 && cursor.good()) continue;  // a terminator; crtend.o's may stand before other files' records
    if (length == 0xffffffff) length = cursor.read<u64>();
    u64 id_position = cursor.position();
    Cursor record = cursor.sub(length);
    u64 id = record.read<u32>();
    if (!record.good()) return malformed();
    if (id == 0) {
      auto cie = read_cie(record);
      if (!cie) return malformed();
      cies.emplace(start, *cie);
      continue;
    }
    auto cie = cies.find(id_position - id);
    if (cie == cies.end()) return malformed();
    auto frame = read_fde(record, cie->second);
    if (!frame) return malformed();
    if (!frame->code.empty()) frames.push_back(*frame);
  }
  std::sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) { return a.code.begin < b.code.begin; });
  return frames;
}

}  // namespace sgxx::elf
