// SPDX-License-Identifier: Apache-2.0
//
// Reads any bytes as an SGX stream. What is accepted keeps the reader's promises, measures to one value however it is measured,
// and is written back to a stream of the same enclave.
#include <cstring>

#include "fuzz/target.h"
#include "image/data.h"
#include "image/enclave_pages.h"

namespace {

using namespace sgxx;
using namespace sgxx::image;

void require(bool promise) {
  if (!promise) std::abort();
}

class PromiseKeeper final : public StreamVisitor {
 public:
  Result<void> create(u32 ssa_frame_size, u64 size) override {
    require(size_ == 0 && ssa_frame_size != 0 && is_power_of_two(size));
    size_ = size;
    return {};
  }
  Result<void> pages(const PageRange& pages) override {
    const OffsetRange& range = pages.range;
    require(!range.empty() && is_aligned(range.begin.value, kPageSize) && is_aligned(range.length, kPageSize));
    require(range.begin.value >= end_ && fits(range.begin.value, range.length, size_));
    require(pages.bytes.size() == (pages.contents == Contents::zeroes ? 0 : range.length));
    u64 sum = 0;
    for (u8 byte : pages.bytes) sum += byte;
    sum_ = sum;
    end_ = range.end().value;
    return {};
  }

 private:
  u64 size_ = 0;
  u64 end_ = 0;
  volatile u64 sum_ = 0;
};

void check_layout(const EnclavePages& pages) {
  u64 end = 0;
  const Layout layout = layout_of(pages);
  for (const LayoutRegion& region : layout.regions) {
    require(region.range.begin.value == end && !region.range.empty() && !region.name.empty());
    end = region.range.end().value;
  }
  require(end == pages.size);
}

// An enclave with a configuration, so that mutations reach what reads it.
std::vector<u8> configured() {
  Manifest manifest;
  manifest.heap = u64{1} << 20;
  manifest.stack = manifest.thread_stack = 4 * kPageSize;
  manifest.threads = 2;
  manifest.heap += kPageSize * 16;
  abi::EnclaveConfig config{};
  config.magic = abi::kConfigMagic;
  config.abi_version = abi::kAbiVersion;
  config.config_offset = abi::kLowestBackedOffset;
  config.runtime = {abi::kLowestBackedOffset, kPageSize};
  config.measured_data_length = 10;
  LayoutRequest request;
  request.runtime = {{"runtime configuration", {EnclaveOffset(abi::kLowestBackedOffset), kPageSize}, Permission::r()}};
  request.measured_length = 10;
  request.unmeasured_length = 10;
  const Layout layout = lay_out(request, manifest, config).value();
  EnclavePages pages = {layout.ssa_frame_size, layout.size, {}};
  for (const LayoutRegion& region : layout.regions) {
    if (!is_added(region.backing)) continue;
    const auto contents = static_cast<Contents>(static_cast<int>(region.backing) - 1);
    std::vector<u8> bytes(contents == Contents::zeroes ? 0 : region.range.length);
    pages.parts.push_back({region.range, region.info, contents, std::move(bytes)});
  }
  std::memcpy(pages.parts.front().bytes.data(), &config, sizeof config);
  return write_pages(pages).bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView stream(data, size);
  PromiseKeeper keeper;
  const auto visited = visit_stream(stream, keeper);
  const auto pages = read_pages(stream);
  require(visited.ok() == pages.ok());
  if (!visited.ok()) {
    require(!visited.error().message().empty() && visited.error().message().find('\n') == std::string::npos);
    return 0;
  }
  const auto hash = measure_stream(stream);
  require(hash.ok() && write_pages(*pages).mr_enclave == *hash);
  check_layout(*pages);
  const u8 more[] = {1, 2, 3};
  const auto appended = append_data(stream, {more, more});
  if (appended.ok()) require(measure_stream(appended->bytes).value() == appended->mr_enclave);
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  StreamWriter writer(1, 0x100000);
  writer.add_measured(EnclaveOffset(0), std::vector<u8>(kPageSize, 0x90), isa::SecInfo::reg(Permission::rx()));
  writer.add_measured(EnclaveOffset(0x1000), std::vector<u8>(kPageSize), isa::SecInfo::tcs());
  writer.add_zeroes({EnclaveOffset(0x2000), 0x8000}, isa::SecInfo::reg(Permission::rw()));
  writer.add_unmeasured(EnclaveOffset(0x10000), std::vector<u8>(kPageSize, 5), isa::SecInfo::reg(Permission::r()));
  return {std::move(writer).finish().bytes, configured()};
}
