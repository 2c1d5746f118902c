// SPDX-License-Identifier: Apache-2.0
#include "host/loader.h"

#include <cpuid.h>

#include <algorithm>

#include "image/layout.h"
#include "image/sgxs.h"
#include "isa/xstate.h"

namespace sgxx::host {
namespace {

/// Feeds the pages of a stream to the device as they come.
class Loader : public image::StreamVisitor {
 public:
  Loader(device::Device& device, const isa::SigStruct& signature, const LaunchConfiguration& configuration)
      : device_(device), signature_(signature), configuration_(configuration) {}

  Result<void> create(u32 ssa_frame_size, u64 size) override {
    isa::Secs secs{};
    secs.size = size;
    secs.ssa_frame_size = ssa_frame_size;
    secs.misc_select = signature_.misc_select;
    secs.attributes.flags = signature_.attributes.flags & ~isa::attribute::init;
    const u64 free = ~signature_.attribute_mask.xfrm;
    secs.attributes.xfrm = signature_.attributes.xfrm | (processor_xcr0() & free);
    secs.config_id = configuration_.id;
    secs.config_svn = configuration_.version;
    loaded_.size = size;
    loaded_.attributes = secs.attributes;
    return device_.create(secs);
  }

  Result<void> pages(const image::PageRange& pages) override {
    if (pages.range.begin.value == abi::kLowestBackedOffset) TRY(read_configuration(pages.bytes));
    keep_mounts(pages);
    const bool tcs = pages.info.type() == isa::PageType::tcs;
    if (tcs) {
      for (u64 at = 0; at < pages.range.length; at += kPageSize) loaded_.threads.push_back(pages.range.begin + at);
    }
    const device::PageSource source = pages.contents == image::Contents::zeroes
                                          ? device::PageSource(device::Zeroes{pages.range.length})
                                          : device::PageSource(pages.bytes);
    const device::Measure measure = pages.contents == image::Contents::measured ? device::Measure::yes : device::Measure::no;
    return device_.add_pages(pages.range.begin, source, pages.info, measure);
  }

  LoadedEnclave take() && {
    loaded_.folders = folders_in(mount_records_);
    return std::move(loaded_);
  }

 private:
  /// The runtime's configuration, the first page of an enclave of ours, says what it will ask for. A wrong answer to that ends
  /// in the enclave: nothing here needs to be checked.
  Result<void> read_configuration(ByteView first) {
    const auto config = read_at<abi::EnclaveConfig>(first, 0);
    if (!config || config->magic != abi::kConfigMagic) return {};
    loaded_.heap = config->heap;
    mounts_ = {config->blob.offset + config->mounts, config->mounts_length};
    for (const OffsetRange& range : image::dynamic_ranges(*config)) TRY(device_.grow_on_demand(range));
    return {};
  }

  /// The mount records come in pieces, in ascending order.
  void keep_mounts(const image::PageRange& pages) {
    const u64 begin = pages.range.begin.value;
    for (u64 at = std::max(begin, mounts_.offset); at < std::min(begin + pages.bytes.size(), mounts_.end()); ++at) {
      mount_records_.push_back(pages.bytes[at - begin]);
    }
  }

  device::Device& device_;
  const isa::SigStruct& signature_;
  const LaunchConfiguration& configuration_;
  LoadedEnclave loaded_;
  abi::Region mounts_{};  // where the mount records lie
  std::vector<u8> mount_records_;
};

}  // namespace

u64 processor_xcr0() {
  u32 eax = 0, edx = 0;
  asm("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return u64{edx} << 32 | eax;
}

Result<LoadedEnclave> load(device::Device& device, ByteView stream, const isa::SigStruct& signature,
                           const LaunchConfiguration& configuration) {
  if (configuration != LaunchConfiguration{} && (signature.attributes.flags & isa::attribute::kss) == 0) {
    return bad_input("a configuration id needs an enclave with KSS: set kss = true in its manifest");
  }
  Loader loader(device, signature, configuration);
  TRY(image::visit_stream(stream, loader));
  TRY(device.init(signature));
  LoadedEnclave loaded = std::move(loader).take();
  if (loaded.threads.empty()) return bad_input("the image has no TCS page: nothing can enter it");
  return loaded;
}

}  // namespace sgxx::host
