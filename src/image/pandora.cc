// SPDX-License-Identifier: Apache-2.0
#include "image/pandora.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "image/enclave_pages.h"

namespace sgxx::image {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSecsEntry = 0;
constexpr int kTcsEntry = 1;
constexpr int kPagesEntry = 2;

std::string rights_of(const isa::SecInfo& info) {
  return {(info.flags & 1) != 0 ? 'R' : '-', (info.flags & 2) != 0 ? 'W' : '-', (info.flags & 4) != 0 ? 'X' : '-'};
}

Json pages_entry(const EnclavePages::Part& part, OffsetRange range) {
  const bool measured = part.contents == Contents::measured;
  const bool is_tcs = part.info.type() == isa::PageType::tcs;
  return {{"entry_type", kPagesEntry},           {"src", 0},  // readers add it to the offset: ELRANGE begins at 0
          {"offset", range.begin.value},         {"length", range.length},
          {"secinfo", part.info.flags},          {"flags", measured ? 1 : 0},
          {"measured", measured ? 1 : 0},        {"count", range.length},
          {"permissions", rights_of(part.info)}, {"type", is_tcs ? "PT_TCS" : "PT_REG"}};
}

Json tcs_entry(const isa::Tcs& tcs) {
  return {{"entry_type", kTcsEntry}, {"state", tcs.reserved1}, {"flags", tcs.flags},         {"ssa_offset", tcs.ossa},
          {"ssa_index", tcs.cssa},   {"ssa_num", tcs.nssa},    {"entry_offset", tcs.oentry}, {"exit_addr", tcs.aep},
          {"fs_base", tcs.ofsbase},  {"gs_base", tcs.ogsbase}};
}

std::string json_of(const EnclavePages& pages, const isa::Attributes& attributes, u32 misc_select) {
  Json list = Json::array();
  list.push_back({{"entry_type", kSecsEntry},
                  {"size", pages.size},
                  {"base", 0},
                  {"ssa_frame_size", pages.ssa_frame_size},
                  {"miscselect", misc_select},
                  {"attributes", attributes.flags},
                  {"xfrm", attributes.xfrm}});
  for (const EnclavePages::Part& part : pages.parts) {
    if (part.info.type() != isa::PageType::tcs) {
      list.push_back(pages_entry(part, part.range));
      continue;
    }
    for (u64 i = 0; i < part.range.length; i += kPageSize) {
      list.push_back(pages_entry(part, {part.range.begin + i, kPageSize}));
      list.push_back(tcs_entry(read_at<isa::Tcs>(part.bytes, i).value_or(isa::Tcs{})));
    }
  }
  return list.dump(1) + "\n";
}

// A descriptor that is closed at the end of the scope.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<void> write_memory(const EnclavePages& pages, const std::string& path) {
  const OpenFile file(path);
  if (file.get() < 0) return system_error(path + ": cannot write");
  u64 end = 0;
  for (const EnclavePages::Part& part : pages.parts) {
    end = part.range.end().value;
    for (u64 done = 0; done < part.bytes.size();) {
      const auto offset = static_cast<off_t>(part.range.begin.value + done);
      const ssize_t count = pwrite(file.get(), part.bytes.data() + done, part.bytes.size() - done, offset);
      if (count <= 0) return system_error(path + ": cannot write");
      done += static_cast<u64>(count);
    }
  }
  if (ftruncate(file.get(), static_cast<off_t>(end)) != 0) return system_error(path + ": cannot write");
  return {};
}

}  // namespace

Result<std::string> pandora_json(ByteView stream, const isa::Attributes& attributes, u32 misc_select) {
  return json_of(TRY(read_pages(stream)), attributes, misc_select);
}

Result<void> write_pandora_dump(ByteView stream, const isa::Attributes& attributes, u32 misc_select, const std::string& path) {
  const EnclavePages pages = TRY(read_pages(stream));
  TRY(write_memory(pages, path + ".dump"));
  return write_file(path + ".json", bytes_of(json_of(pages, attributes, misc_select)));
}

}  // namespace sgxx::image
