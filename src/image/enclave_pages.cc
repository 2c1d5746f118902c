// SPDX-License-Identifier: Apache-2.0
#include "image/enclave_pages.h"

#include <fmt/format.h>

#include <algorithm>

namespace sgxx::image {
namespace {

class Collector final : public StreamVisitor {
 public:
  Result<void> create(u32 ssa_frame_size, u64 size) override {
    pages_.ssa_frame_size = ssa_frame_size;
    pages_.size = size;
    return {};
  }

  Result<void> pages(const PageRange& range) override {
    auto& parts = pages_.parts;
    const bool continues = !parts.empty() && parts.back().range.end() == range.range.begin && parts.back().info == range.info &&
                           parts.back().contents == range.contents;
    if (!continues) parts.push_back({{range.range.begin, 0}, range.info, range.contents, {}});
    parts.back().range.length += range.range.length;
    parts.back().bytes.insert(parts.back().bytes.end(), range.bytes.begin(), range.bytes.end());
    return {};
  }

  EnclavePages take() { return std::move(pages_); }

 private:
  EnclavePages pages_;
};

struct Name {
  std::string group;
  std::string name;
};

OffsetRange range_of(const abi::Region& region) { return {EnclaveOffset(region.offset), region.length}; }

const char* kind_of(const isa::SecInfo& info) {
  if (info.type() == isa::PageType::tcs) return "TCS";
  switch (info.flags & 7) {
    case 7: return "writable code";
    case 5:
    case 4: return "code";
    case 3: return "data";
    case 1: return "constants";
    default: return "inaccessible";
  }
}

Name name_in_thread(const abi::EnclaveConfig& config, EnclaveOffset offset) {
  const abi::ThreadLayout& t = config.thread;
  const u64 within = offset.value - config.threads.offset;
  const u64 index = t.stride == 0 ? 0 : within / t.stride;
  const u64 place = t.stride == 0 ? 0 : within % t.stride;
  const char* what = place >= t.exception_stack ? "exception stack"
                     : place >= t.stack         ? "runtime stack"
                     : place > t.block          ? "saved registers"
                     : place == t.block         ? "state"
                     : place >= t.ssa           ? "SSA"
                                                : "TCS";
  return {"threads", fmt::format("thread {} {}", index, what)};
}

Name name_of(const abi::EnclaveConfig& config, EnclaveOffset offset, const isa::SecInfo& info) {
  const auto in = [&](const abi::Region& region) { return range_of(region).contains(offset); };
  if (in(config.threads)) return name_in_thread(config, offset);
  if (in(config.heap)) return {"heap", "heap"};
  if (in(config.main_stack)) return {"main stack", "main stack"};
  if (in(config.stack_slots)) {
    const u64 stride = std::max<u64>(config.stack_slot_stride, 1);
    return {"thread stacks", fmt::format("thread stack {}", (offset.value - config.stack_slots.offset) / stride)};
  }
  if (in(config.blob)) return {"data", "measured data"};
  if (in(config.unmeasured)) return {"data", "unmeasured data"};
  if (in(config.stubs)) return {"rewrite stubs", "rewrite stubs"};
  if (offset.value == config.config_offset) return {"runtime", "runtime configuration"};
  if (in(config.runtime)) return {"runtime", std::string("runtime ") + kind_of(info)};
  if (in(config.program)) return {"program", std::string("program ") + kind_of(info)};
  return {"other", kind_of(info)};
}

Backing backing_of(Contents contents) {
  switch (contents) {
    case Contents::zeroes: return Backing::zeroes;
    case Contents::unmeasured: return Backing::unmeasured;
    case Contents::measured: return Backing::measured;
  }
  return Backing::never;
}

bool within(const abi::Region& region, u64 size) { return fits(region.offset, region.length, size); }

/// `first`: the first pages of an enclave of `size` bytes.
std::optional<abi::EnclaveConfig> config_in(const PageRange& first, u64 size) {
  if (first.range.begin.value != abi::kLowestBackedOffset || first.contents != Contents::measured) return std::nullopt;
  const auto config = read_at<abi::EnclaveConfig>(first.bytes, 0);
  if (!config || config->magic != abi::kConfigMagic || config->abi_version != abi::kAbiVersion) return std::nullopt;
  if (config->config_offset != abi::kLowestBackedOffset || config->elrange_size != size) return std::nullopt;
  for (const abi::Region* region : {&config->runtime, &config->program, &config->stubs, &config->threads, &config->main_stack,
                                    &config->heap, &config->stack_slots, &config->blob, &config->unmeasured}) {
    if (!within(*region, size)) return std::nullopt;
  }
  return config;
}

}  // namespace

Result<EnclavePages> read_pages(ByteView stream) {
  Collector collector;
  TRY(visit_stream(stream, collector));
  return collector.take();
}

Stream write_pages(const EnclavePages& pages) {
  StreamWriter writer(pages.ssa_frame_size, pages.size);
  for (const EnclavePages::Part& part : pages.parts) {
    switch (part.contents) {
      case Contents::zeroes: writer.add_zeroes(part.range, part.info); break;
      case Contents::unmeasured: writer.add_unmeasured(part.range.begin, part.bytes, part.info); break;
      case Contents::measured: writer.add_measured(part.range.begin, part.bytes, part.info); break;
    }
  }
  return std::move(writer).finish();
}

std::optional<abi::EnclaveConfig> config_of(const EnclavePages& pages) {
  if (pages.parts.empty()) return std::nullopt;
  const EnclavePages::Part& first = pages.parts.front();
  return config_in({first.range, first.info, first.contents, first.bytes}, pages.size);
}

std::optional<abi::EnclaveConfig> config_of(ByteView stream) {
  struct : StreamVisitor {
    Result<void> create(u32, u64 bytes) override { return size = bytes, Result<void>(); }
    Result<void> pages(const PageRange& pages) override {
      config = config_in(pages, size);
      return bad_input("the first pages are enough");
    }
    u64 size = 0;
    std::optional<abi::EnclaveConfig> config;
  } visitor;
  (void)visit_stream(stream, visitor);
  return visitor.config;
}

Layout layout_of(const EnclavePages& pages) {
  const auto config = config_of(pages);
  Layout layout;
  layout.size = pages.size;
  layout.ssa_frame_size = pages.ssa_frame_size;
  u64 end = 0;
  const auto add_guard = [&](u64 until, const std::string& group) {
    if (until == end) return;
    layout.regions.push_back({group, "guard", {EnclaveOffset(end), until - end}, {0, {}}, Backing::never});
    end = until;
  };
  const std::vector<OffsetRange> dynamic = config ? dynamic_ranges(*config) : std::vector<OffsetRange>();
  auto next = dynamic.begin();
  // What lies between two parts: memory that comes later, and guards.
  const auto add_gap = [&](u64 until, const std::string& group) {
    for (; next != dynamic.end() && next->end().value <= until; ++next) {
      if (next->begin.value < end || next->empty()) continue;
      const isa::SecInfo info = isa::SecInfo::reg(Permission::rw());
      const Name name = name_of(*config, next->begin, info);
      add_guard(next->begin.value, name.group);
      layout.regions.push_back({name.group, name.name, *next, info, Backing::dynamic});
      end = next->end().value;
    }
    add_guard(until, group);
  };
  for (const EnclavePages::Part& part : pages.parts) {
    const Name name = config ? name_of(*config, part.range.begin, part.info) : Name{"pages", kind_of(part.info)};
    add_gap(part.range.begin.value, end == 0 ? "null pages" : name.group);
    layout.regions.push_back({name.group, name.name, part.range, part.info, backing_of(part.contents)});
    end = part.range.end().value;
  }
  add_gap(layout.size, "unused");
  return layout;
}

}  // namespace sgxx::image
