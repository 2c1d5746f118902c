// SPDX-License-Identifier: Apache-2.0
#include "image/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace sgxx::image {
namespace {

constexpr u64 kSmallestHeap = u64{1} << 20;
constexpr const char* kDataGroup = "data";

isa::SecInfo no_info() { return {0, {}}; }

std::string size_text(u64 bytes) {
  if (bytes % (u64{1} << 20) == 0) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{} KiB", (bytes + 1023) >> 10);
}

// Appends regions; whatever lies between one and the next becomes a region that is never backed.
class Placer {
 public:
  explicit Placer(Layout& layout) : layout_(layout) {}

  u64 end() const { return layout_.regions.empty() ? 0 : layout_.regions.back().range.end().value; }

  void add(std::string group, std::string name, u64 offset, u64 length, const isa::SecInfo& info, Backing backing) {
    if (length == 0) return;
    skip_to(offset, group);
    layout_.regions.push_back({std::move(group), std::move(name), {EnclaveOffset(offset), length}, info, backing});
  }

  void skip_to(u64 offset, const std::string& group) {
    const u64 begin = end();
    if (offset > begin)
      layout_.regions.push_back({group, "guard", {EnclaveOffset(begin), offset - begin}, no_info(), Backing::never});
  }

 private:
  Layout& layout_;
};

Result<void> check(const Manifest& manifest) {
  if (!isa::is_legal_xfrm(manifest.xfrm_allowed)) {
    return bad_input(fmt::format("XFRM {:#x} is not a combination that a processor accepts", manifest.xfrm_allowed));
  }
  if (manifest.threads == 0 || manifest.threads > kMostThreads) {
    return bad_input(fmt::format("threads: {} is not possible; expected 1 to {}", manifest.threads, kMostThreads));
  }
  const auto check_size = [](const char* name, u64 size, u64 smallest) -> Result<void> {
    if (!is_aligned(size, kPageSize)) return bad_input(fmt::format("{}: {} bytes is not a multiple of 4096", name, size));
    if (size < smallest)
      return bad_input(fmt::format("{}: {} is too small; expected at least {}", name, size_text(size), size_text(smallest)));
    if (size > kLargestElrange)
      return bad_input(
          fmt::format("{}: {} does not fit; an enclave has at most {}", name, size_text(size), size_text(kLargestElrange)));
    return {};
  };
  TRY(check_size("heap", manifest.heap, kSmallestHeap));
  TRY(check_size("stack", manifest.stack, 4 * kPageSize));
  return check_size("thread_stack", manifest.thread_stack, 4 * kPageSize);
}

// The runtime keeps one byte for each page of ELRANGE at the start of the heap.
Result<void> check_heap(u64 heap, u64 elrange) {
  const u64 smallest = elrange / kPageSize + kSmallestHeap;
  if (heap >= smallest) return {};
  return bad_input(fmt::format("heap: {} is too small for an enclave of {}; expected at least {}", size_text(heap),
                               size_text(elrange), size_text(align_up(smallest, u64{1} << 20))));
}

void add_threads(Placer& placer, u64 begin, const Manifest& manifest, abi::EnclaveConfig& config) {
  const isa::SecInfo rw = isa::SecInfo::reg(Permission::rw());
  const abi::ThreadLayout& t = config.thread;
  for (u32 i = 0; i < manifest.threads; ++i) {
    const u64 at = begin + i * t.stride;
    const auto add = [&](const char* name, u64 offset, u64 length, const isa::SecInfo& info, Backing backing) {
      placer.add("threads", fmt::format("thread {} {}", i, name), at + offset, length, info, backing);
    };
    add("TCS", t.tcs, kPageSize, isa::SecInfo::tcs(), Backing::measured);
    add("SSA", t.ssa, t.block - t.ssa, rw, Backing::zeroes);
    add("state", t.block, kThreadBlockHeader, rw, Backing::measured);
    add("saved registers", t.block + kThreadBlockHeader, t.block_length - kThreadBlockHeader, rw, Backing::zeroes);
    add("runtime stack", t.stack, t.stack_length, rw, Backing::zeroes);
    add("exception stack", t.exception_stack, t.exception_stack_length, rw, Backing::zeroes);
    placer.skip_to(at + t.stride, "threads");
  }
  config.threads = {begin, manifest.threads * t.stride};
  config.thread_count = manifest.threads;
}

Backing backing_of_memory(const Manifest& manifest) { return manifest.dynamic_memory ? Backing::dynamic : Backing::zeroes; }

void add_thread_stacks(Placer& placer, u64 begin, const Manifest& manifest, abi::EnclaveConfig& config) {
  const u64 stride = manifest.thread_stack + kPageSize;
  const u64 count = manifest.threads - 1;
  for (u64 i = 0; i < count; ++i) {
    placer.add("thread stacks", fmt::format("thread stack {}", i), begin + i * stride + kPageSize, manifest.thread_stack,
               isa::SecInfo::reg(Permission::rw()), backing_of_memory(manifest));
  }
  config.stack_slots = {begin, count * stride};
  config.stack_slot_stride = stride;
  config.stack_slot_count = count;
  config.thread_stack_default = manifest.thread_stack;
}

void add_pieces(Placer& placer, const char* group, const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    placer.add(group, piece.name, piece.range.begin.value, piece.range.length, isa::SecInfo::reg(piece.permission),
               Backing::measured);
  }
}

}  // namespace

Permission permission_of(const LayoutRegion& region) {
  if (region.info.type() != isa::PageType::reg) return Permission::none();
  switch (region.info.flags & 7) {
    case 1: return Permission::r();
    case 3: return Permission::rw();
    case 5: return Permission::rx();
    default: return Permission::none();
  }
}

u32 ssa_frame_pages(u64 xfrm_allowed) {
  const u64 bytes = isa::xsave_size(xfrm_allowed) + sizeof(isa::ExInfo) + sizeof(isa::SsaGpr);
  return static_cast<u32>(align_up(bytes, kPageSize) / kPageSize);
}

abi::ThreadLayout thread_layout(u64 xfrm_allowed, u64 runtime_stack) {
  abi::ThreadLayout t{};
  t.tcs = 0;
  t.ssa = t.tcs + kPageSize;
  t.block = t.ssa + u64{kSsaFrames} * ssa_frame_pages(xfrm_allowed) * kPageSize;
  t.block_length = kThreadBlockHeader + align_up(isa::xsave_size(xfrm_allowed), kPageSize);
  t.stack = t.block + t.block_length + kPageSize;
  t.stack_length = runtime_stack;
  t.exception_stack = t.stack + t.stack_length + kPageSize;
  t.exception_stack_length = kExceptionStack;
  t.stride = t.exception_stack + t.exception_stack_length + kPageSize;
  return t;
}

Result<Layout> lay_out(const LayoutRequest& request, const Manifest& manifest, abi::EnclaveConfig& config) {
  TRY(check(manifest));
  Layout layout;
  layout.ssa_frame_size = ssa_frame_pages(manifest.xfrm_allowed);
  config.ssa_frame_size = layout.ssa_frame_size;
  config.xfrm_allowed = manifest.xfrm_allowed;
  if (manifest.dynamic_memory) config.flags |= abi::config_flag::dynamic_memory;
  const auto is_volume = [](const Mount& mount) { return mount.type == Mount::Type::encrypted; };
  const bool has_volume = std::any_of(manifest.mounts.begin(), manifest.mounts.end(), is_volume);
  config.thread = thread_layout(manifest.xfrm_allowed, has_volume ? kVolumeStack : kRuntimeStack);

  Placer placer(layout);
  placer.skip_to(abi::kLowestBackedOffset, "null pages");
  add_pieces(placer, "runtime", request.runtime);
  add_pieces(placer, "program", request.program);
  const u64 stubs_length = align_up(request.stubs_length, kPageSize);
  placer.add("rewrite stubs", "rewrite stubs", request.stubs, stubs_length, isa::SecInfo::reg(Permission::rx()),
             Backing::measured);
  config.stubs = {stubs_length == 0 ? 0 : request.stubs, stubs_length};

  const isa::SecInfo rw = isa::SecInfo::reg(Permission::rw());
  const auto next = [&] { return placer.end() + kPageSize; };
  add_threads(placer, next(), manifest, config);
  config.main_stack = {next(), manifest.stack};
  placer.add("main stack", "main stack", config.main_stack.offset, config.main_stack.length, rw, backing_of_memory(manifest));
  config.heap = {next(), manifest.heap};
  placer.add("heap", "heap", config.heap.offset, config.heap.length, rw, backing_of_memory(manifest));
  add_thread_stacks(placer, placer.end(), manifest, config);
  TRY(lay_out_data(layout, request.measured_length, request.unmeasured_length, config));
  return layout;
}

std::vector<OffsetRange> dynamic_ranges(const abi::EnclaveConfig& config) {
  if ((config.flags & abi::config_flag::dynamic_memory) == 0) return {};
  std::vector<OffsetRange> ranges = {{EnclaveOffset(config.main_stack.offset), config.main_stack.length},
                                     {EnclaveOffset(config.heap.offset), config.heap.length}};
  const u64 most = config.stack_slot_stride == 0 ? 0 : config.stack_slots.length / config.stack_slot_stride;
  for (u64 i = 0; i < std::min({config.stack_slot_count, most, u64{kMostThreads}}) && config.stack_slot_stride > kPageSize; ++i)
    ranges.push_back({EnclaveOffset(config.stack_slots.offset + i * config.stack_slot_stride + kPageSize),
                      config.stack_slot_stride - kPageSize});
  return ranges;
}

Result<void> lay_out_data(Layout& layout, u64 measured_length, u64 unmeasured_length, abi::EnclaveConfig& config) {
  const isa::SecInfo r = isa::SecInfo::reg(Permission::r());
  if (measured_length > kLargestElrange || unmeasured_length > kLargestElrange) {
    return bad_input(fmt::format("the data does not fit; an enclave has at most {}", size_text(kLargestElrange)));
  }
  while (!layout.regions.empty() && layout.regions.back().group == kDataGroup) layout.regions.pop_back();
  Placer placer(layout);
  const auto place = [&](const char* name, u64 length, Backing backing) -> abi::Region {
    if (length == 0) return {0, 0};
    const u64 offset = placer.end() + kPageSize;
    placer.add(kDataGroup, name, offset, align_up(length, kPageSize), r, backing);
    return {offset, align_up(length, kPageSize)};
  };
  config.blob = place("measured data", measured_length, Backing::measured);
  config.unmeasured = place("unmeasured data", unmeasured_length, Backing::unmeasured);
  config.unmeasured_length = unmeasured_length;
  const u64 needed = placer.end();
  if (needed > kLargestElrange) {
    return bad_input(fmt::format("the enclave needs {}, more than the {} that are possible; make heap, threads or data smaller",
                                 size_text(needed), size_text(kLargestElrange)));
  }
  layout.size = std::bit_ceil(needed);
  config.elrange_size = layout.size;
  placer.skip_to(layout.size, kDataGroup);
  return check_heap(config.heap.length, layout.size);
}

}  // namespace sgxx::image
