// SPDX-License-Identifier: Apache-2.0
#include "image/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "elf/static_pie.h"
#include "image/blob.h"
#include "image/sigstruct.h"
#include "isa/sgx.h"

namespace sgxx::image {
namespace {

// Bytes of measured regions by offset, a whole number of pages each. Measured regions that are not here are zero.
using ContentsByOffset = std::map<u64, std::vector<u8>>;

// An ELF file and where it goes.
struct Placed {
  elf::File file;
  u64 base;  // of virtual address 0; wraps for a file that is linked above where it lies

  u64 offset_of(elf::Vaddr address) const { return base + address.value; }
  OffsetRange pages_of(const elf::Segment& segment) const {
    const u64 begin = align_down(offset_of(segment.memory.begin), kPageSize);
    return {EnclaveOffset(begin), align_up(offset_of(segment.memory.end()), kPageSize) - begin};
  }
  abi::Region region() const { return {offset_of(file.span().begin), file.span().length}; }
};

const char* kind_of(Permission permission) {
  if (permission.executable()) return "code";
  return permission.writable() ? "data" : "constants";
}

bool is_backed(const elf::Segment& segment) { return segment.permission != Permission::none(); }

std::vector<Piece> pieces_of(const Placed& placed, const std::string& name) {
  std::vector<Piece> pieces;
  for (const elf::Segment& segment : placed.file.segments()) {
    if (!is_backed(segment)) continue;
    pieces.push_back({name + " " + kind_of(segment.permission), placed.pages_of(segment), segment.permission});
  }
  return pieces;
}

void copy_segments(const Placed& placed, ContentsByOffset& contents) {
  for (const elf::Segment& segment : placed.file.segments()) {
    if (!is_backed(segment)) continue;
    const OffsetRange pages = placed.pages_of(segment);
    std::vector<u8> bytes(pages.length);
    const ByteView from_file = placed.file.bytes_of(segment);
    std::copy(from_file.begin(), from_file.end(),
              bytes.begin() + static_cast<i64>(placed.offset_of(segment.memory.begin) - pages.begin.value));
    contents[pages.begin.value] = std::move(bytes);
  }
}

Result<Placed> place_runtime(ByteView bytes) {
  elf::File file = TRY(elf::File::parse(bytes));
  if (file.dynamic() && !file.dynamic()->relocations.empty()) {
    return bad_input("the runtime has relocations; it must be linked without any");
  }
  const elf::Section* config = file.section(".config");
  if (config == nullptr || config->memory.begin != file.span().begin || config->memory.length != kPageSize) {
    return bad_input("not an sgxx runtime: its first page is not a section .config of 4096 bytes");
  }
  return Placed{std::move(file), abi::kLowestBackedOffset - file.span().begin.value};
}

Result<Placed> place_program(ByteView bytes, u64 lowest) {
  elf::File file = TRY(elf::File::parse(bytes));
  TRY(elf::require_static_pie(file));
  u64 alignment = kPageSize;
  for (const elf::Segment& segment : file.segments()) alignment = std::max(alignment, segment.alignment);
  if (alignment > kLargestAlignment) {
    return bad_input(
        fmt::format("a segment is aligned to {:#x}; an enclave offers at most {:#x}: link with -Wl,-z,max-page-size=4096",
                    alignment, kLargestAlignment));
  }
  const u64 begin = file.span().begin.value;
  const u64 base = begin >= lowest ? 0 : align_up(lowest - begin, alignment);
  if (!fits(begin, file.span().length, kLargestElrange - base)) {
    return bad_input(fmt::format("the program's addresses reach {:#x}; an enclave ends at {:#x}", begin + file.span().length,
                                 kLargestElrange));
  }
  return Placed{std::move(file), base};
}

Result<u64> runtime_symbol(const Placed& runtime, std::string_view name) {
  const elf::Symbol* symbol = runtime.file.symbol(name);
  if (symbol == nullptr) return bad_input(fmt::format("not an sgxx runtime of this version: it has no symbol {}", name));
  return runtime.offset_of(symbol->value);
}

Result<rewrite::Targets> targets_in(const Placed& runtime) {
  rewrite::Targets targets;
  targets.syscall = EnclaveOffset(TRY(runtime_symbol(runtime, "runtime_syscall")));
  targets.cpuid = EnclaveOffset(TRY(runtime_symbol(runtime, "runtime_cpuid")));
  targets.rdtsc = EnclaveOffset(TRY(runtime_symbol(runtime, "runtime_rdtsc")));
  targets.rdtscp = EnclaveOffset(TRY(runtime_symbol(runtime, "runtime_rdtscp")));
  targets.xgetbv = EnclaveOffset(TRY(runtime_symbol(runtime, "runtime_xgetbv")));
  return targets;
}

Result<void> apply(const std::vector<rewrite::Patch>& patches, const Placed& program, ContentsByOffset& contents) {
  for (const rewrite::Patch& patch : patches) {
    const elf::Vaddr address(patch.at.value - program.base);
    const elf::Segment* segment = program.file.segment_at(address);
    if (segment == nullptr || !segment->permission.executable() || !program.file.bytes_at(address, patch.bytes.size())) {
      return bad_input(fmt::format("a patch at {:#x} lies outside the program's code", address.value));
    }
    const u64 page = program.pages_of(*segment).begin.value;
    std::copy(patch.bytes.begin(), patch.bytes.end(), contents[page].begin() + static_cast<i64>(patch.at.value - page));
  }
  return {};
}

Result<void> describe_runtime(const Placed& runtime, abi::EnclaveConfig& config) {
  config.runtime = runtime.region();
  config.config_offset = config.runtime.offset;
  for (const elf::Segment& segment : runtime.file.segments()) {
    if (!segment.permission.executable()) continue;
    if (config.runtime_code.length != 0) return bad_input("not an sgxx runtime: it has two executable segments");
    const OffsetRange pages = runtime.pages_of(segment);
    config.runtime_code = {pages.begin.value, pages.length};
  }
  return {};
}

Result<void> describe_program(const Placed& program, abi::EnclaveConfig& config) {
  config.program = program.region();
  config.program_entry = program.offset_of(program.file.entry());
  config.program_headers = program.offset_of(*program.file.program_headers_address());
  config.program_header_count = program.file.program_header_count();
  size_t count = 0;
  for (const elf::Segment& segment : program.file.segments()) {
    if (!is_backed(segment)) continue;
    if (count == config.segments.size()) {
      return bad_input(
          fmt::format("the program has more than {} segments; link it without a linker script", config.segments.size()));
    }
    const OffsetRange pages = program.pages_of(segment);
    config.segments[count++] = {pages.begin.value, pages.length, segment.permission.bits()};
  }
  return {};
}

/// The stubs, and behind them what each of their instructions stands for.
std::vector<u8> stubs_with_table(const rewrite::Plan& plan, u64 begin, abi::EnclaveConfig& config) {
  std::vector<u8> bytes = plan.stubs;
  bytes.resize(align_up(bytes.size(), sizeof(abi::MovedAddress)));
  config.moved = begin + bytes.size();
  config.moved_count = plan.moved.size();
  for (const rewrite::MovedAddress& moved : plan.moved) {
    const abi::MovedAddress entry{moved.stub.value, moved.program.value};
    const ByteView view = as_bytes_of(entry);
    bytes.insert(bytes.end(), view.begin(), view.end());
  }
  return bytes;
}

isa::Tcs make_tcs(const abi::EnclaveConfig& config, u64 entry, u64 block_begin) {
  isa::Tcs tcs{};
  tcs.ossa = block_begin + config.thread.ssa;
  tcs.nssa = kSsaFrames;
  tcs.oentry = entry;
  tcs.ofsbase = block_begin + config.thread.block;  // until the entry code sets FS, fs:0x28 is memory of the enclave
  tcs.ogsbase = block_begin + config.thread.block;
  tcs.fslimit = ~u32{0};
  tcs.gslimit = ~u32{0};
  return tcs;
}

void put(ContentsByOffset& contents, u64 offset, ByteView bytes) {
  if (bytes.empty()) return;
  std::vector<u8> pages(bytes.begin(), bytes.end());
  pages.resize(align_up(pages.size(), kPageSize));
  contents[offset] = std::move(pages);
}

Stream write(const Layout& layout, const ContentsByOffset& contents) {
  StreamWriter writer(layout.ssa_frame_size, layout.size);
  u64 pages = 0;
  u64 pages_with_bytes = 0;
  for (const LayoutRegion& region : layout.regions) {
    const u64 count = region.range.length / kPageSize;
    if (is_added(region.backing)) pages += count;
    if (region.backing == Backing::measured || region.backing == Backing::unmeasured) pages_with_bytes += count;
  }
  writer.reserve(pages, pages_with_bytes);
  const std::vector<u8> zero_page(kPageSize);
  for (const LayoutRegion& region : layout.regions) {
    const auto found = contents.find(region.range.begin.value);
    switch (region.backing) {
      case Backing::never:
      case Backing::dynamic: break;
      case Backing::zeroes: writer.add_zeroes(region.range, region.info); break;
      case Backing::unmeasured: writer.add_unmeasured(region.range.begin, found->second, region.info); break;
      case Backing::measured:
        if (found != contents.end()) {
          writer.add_measured(region.range.begin, found->second, region.info);
        } else {
          for (u64 i = 0; i < region.range.length; i += kPageSize)
            writer.add_measured(region.range.begin + i, zero_page, region.info);
        }
        break;
    }
  }
  return std::move(writer).finish();
}

}  // namespace

Result<BuiltEnclave> build(const BuildInput& input, const Manifest& manifest) {
  const Placed runtime = TRY(place_runtime(input.runtime));
  const Placed program = TRY(place_program(input.program, runtime.region().end() + kPageSize));
  const u64 entry = TRY(runtime_symbol(runtime, "runtime_entry"));
  const EnclaveOffset stubs(program.region().end() + kPageSize);
  const auto mode = manifest.rewrite ? rewrite::Mode::redirect : rewrite::Mode::report_only;
  const rewrite::Targets targets = TRY(targets_in(runtime));
  rewrite::Plan plan = TRY(rewrite::plan(program.file, targets, EnclaveOffset(program.base), stubs, mode));

  abi::EnclaveConfig config{};
  config.magic = abi::kConfigMagic;
  config.abi_version = abi::kAbiVersion;
  config.grants = manifest.grants;
  if (manifest.exitless) config.flags |= abi::config_flag::exitless;
  config.host_signals = manifest.signals;
  config.cpu_count = manifest.cpus;
  TRY(describe_runtime(runtime, config));
  TRY(describe_program(program, config));
  const std::vector<u8> stub_bytes = stubs_with_table(plan, stubs.value, config);
  const std::vector<u8> blob = make_blob(manifest, input.tree, input.measured_data, config);

  LayoutRequest request;
  request.runtime = pieces_of(runtime, "runtime");
  request.runtime.front().name = "runtime configuration";
  request.program = pieces_of(program, "program");
  request.stubs = stubs.value;
  request.stubs_length = stub_bytes.size();
  request.measured_length = blob.size();
  request.unmeasured_length = input.unmeasured_data.size();
  Layout layout = TRY(lay_out(request, manifest, config));

  ContentsByOffset contents;
  copy_segments(runtime, contents);
  copy_segments(program, contents);
  TRY(apply(plan.patches, program, contents));
  put(contents, stubs.value, stub_bytes);
  for (u32 i = 0; i < manifest.threads; ++i) {
    const u64 block = config.threads.offset + i * config.thread.stride;
    put(contents, block + config.thread.tcs, as_bytes_of(make_tcs(config, entry, block)));
  }
  put(contents, config.blob.offset, blob);
  put(contents, config.unmeasured.offset, input.unmeasured_data);
  put(contents, config.config_offset, as_bytes_of(config));

  Stream stream = write(layout, contents);
  return BuiltEnclave{std::move(stream), std::move(layout), config, std::move(plan)};
}

Result<isa::SigStruct> unsigned_sigstruct_of(const BuiltEnclave& built, const Manifest& manifest, u32 date) {
  SigStructOptions options;
  options.enclave_hash = built.stream.mr_enclave;
  options.debug = manifest.debug;
  options.kss = manifest.kss;
  options.xfrm_allowed = manifest.xfrm_allowed;
  options.isv_prod_id = manifest.product_id;
  options.isv_svn = manifest.version;
  options.isv_family_id = manifest.family_id;
  options.isv_ext_prod_id = manifest.extended_product_id;
  options.date = date;
  return unsigned_sigstruct(options);
}

}  // namespace sgxx::image
