// SPDX-License-Identifier: Apache-2.0
//
// Duties D1, D3, D4, D6: what EINIT accepts of our own images, what the measurement covers, and where they may lie.
#include <gtest/gtest.h>

#include "boundary/test_host.h"
#include "host/loader.h"
#include "image/sgxs.h"
#include "image/sigstruct.h"
#include "isa/xstate.h"

namespace sgxx::boundary {
namespace {

/// The software SGX with changes of a host's own to what is loaded.
class ChangingDevice final : public device::Device {
 public:
  std::function<void(isa::Secs&)> change_secs;
  std::function<void(isa::Tcs&)> change_tcs;
  std::function<void(EnclaveOffset, isa::SecInfo&)> change_info;

  Result<void> create(const isa::Secs& secs) override {
    isa::Secs changed = secs;
    if (change_secs) change_secs(changed);
    return device_->create(changed);
  }
  Result<void> add_pages(EnclaveOffset offset, device::PageSource source, isa::SecInfo info, device::Measure measure) override {
    if (change_info) change_info(offset, info);
    if (change_tcs && info.type() == isa::PageType::tcs) {
      const auto* bytes = std::get_if<ByteView>(&source);
      if (bytes != nullptr) {
        std::vector<isa::Tcs> pages(bytes->size() / kPageSize);
        std::memcpy(pages.data(), bytes->data(), bytes->size());
        for (isa::Tcs& tcs : pages) change_tcs(tcs);
        const auto* begin = reinterpret_cast<const u8*>(pages.data());
        return device_->add_pages(offset, ByteView(begin, bytes->size()), info, measure);
      }
    }
    return device_->add_pages(offset, source, info, measure);
  }
  Result<void> grow_on_demand(OffsetRange range) override { return device_->grow_on_demand(range); }
  Result<void> init(const isa::SigStruct& signature) override { return device_->init(signature); }
  Result<void> protect(OffsetRange range, Permission permission) override { return device_->protect(range, permission); }
  Result<void> attach_thread() override { return device_->attach_thread(); }
  device::Exit enter(isa::Enclu leaf, EnclaveOffset tcs, const device::Registers& registers) override {
    return device_->enter(leaf, tcs, registers);
  }
  void set_interrupt_handler(InterruptHandler handler, void* context) override {
    device_->set_interrupt_handler(handler, context);
  }
  Result<void> interrupt(unsigned long pthread) override { return device_->interrupt(pthread); }

 private:
  std::unique_ptr<device::Device> device_ = device::open_soft_device().value();
};

/// Whether the guest's image still initialises, and how often.
bool initialises(ChangingDevice& device) {
  const SignedGuest& guest = signed_guest(kProbe, {});
  return host::load(device, guest.built.stream.bytes, guest.signature).ok();
}

TEST(Identity, EveryAttributeBitIsPinned) {
  {
    ChangingDevice device;
    ASSERT_TRUE(initialises(device));
  }
  int refused = 0;
  for (int bit = 0; bit < 64; ++bit) {
    ChangingDevice device;
    device.change_secs = [bit](isa::Secs& secs) { secs.attributes.flags ^= u64{1} << bit; };
    EXPECT_FALSE(initialises(device)) << "ATTRIBUTES bit " << bit;
    ++refused;
  }
  EXPECT_EQ(refused, 64);
}

TEST(Identity, OnlyTheManifestsFreeXfrmBitsAreFree) {
  const SignedGuest& guest = signed_guest(kProbe, {});
  const u64 free = isa::xfrm::avx | isa::xfrm::avx512;
  EXPECT_EQ(~guest.signature.attribute_mask.xfrm, free);
  const u64 machine = host::processor_xcr0();
  for (u64 bits : {isa::xfrm::x87, isa::xfrm::sse, isa::xfrm::pkru, isa::xfrm::amx, u64{8}, u64{16}, u64{1} << 63}) {
    ChangingDevice device;
    device.change_secs = [bits](isa::Secs& secs) { secs.attributes.xfrm ^= bits; };
    EXPECT_FALSE(initialises(device)) << "XFRM bits " << std::hex << bits;
  }
  for (u64 xfrm :
       {isa::xfrm::legacy, isa::xfrm::legacy | isa::xfrm::avx, isa::xfrm::legacy | isa::xfrm::avx | isa::xfrm::avx512}) {
    if ((machine & xfrm) != xfrm) continue;
    ChangingDevice device;
    device.change_secs = [xfrm](isa::Secs& secs) { secs.attributes.xfrm = xfrm; };
    EXPECT_TRUE(initialises(device)) << "XFRM " << std::hex << xfrm;
  }
}

TEST(Identity, MiscselectFrameSizeAndTheThreadsFieldsAreFixed) {
  const auto refuses = [](const char* what, const auto& change) {
    ChangingDevice device;
    change(device);
    EXPECT_FALSE(initialises(device)) << what;
  };
  for (int bit = 0; bit < 32; ++bit)
    refuses("MISCSELECT", [bit](ChangingDevice& d) { d.change_secs = [bit](isa::Secs& s) { s.misc_select ^= 1u << bit; }; });
  refuses("SSAFRAMESIZE", [](ChangingDevice& d) { d.change_secs = [](isa::Secs& s) { ++s.ssa_frame_size; }; });
  refuses("SIZE", [](ChangingDevice& d) { d.change_secs = [](isa::Secs& s) { s.size *= 2; }; });
  refuses("NSSA", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { ++t.nssa; }; });
  refuses("NSSA", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { --t.nssa; }; });
  refuses("OSSA", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { t.ossa += kPageSize; }; });
  refuses("OENTRY", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { ++t.oentry; }; });
  refuses("OGSBASE", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { t.ogsbase += kPageSize; }; });
  refuses("OFSBASE", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { t.ofsbase += kPageSize; }; });
  refuses("TCS.FLAGS", [](ChangingDevice& d) { d.change_tcs = [](isa::Tcs& t) { t.flags ^= 1; }; });
  refuses("rights", [](ChangingDevice& d) {
    d.change_info = [](EnclaveOffset, isa::SecInfo& info) {
      if (info.type() == isa::PageType::reg && (info.flags & 7) == 1) info.flags |= 2;
    };
  });
}

/// Pages of a stream, to be written again with changes.
struct Pages : image::StreamVisitor {
  struct Page {
    u64 offset;
    isa::SecInfo info;
    image::Contents contents;
    std::vector<u8> bytes;
  };
  Result<void> create(u32 frames, u64 bytes) override { return ssa_frame_size = frames, size = bytes, Result<void>(); }
  Result<void> pages(const image::PageRange& p) override {
    for (u64 i = 0; i < p.range.length; i += kPageSize) {
      Page page{p.range.begin.value + i, p.info, p.contents, {}};
      if (!p.bytes.empty())
        page.bytes.assign(p.bytes.begin() + static_cast<i64>(i), p.bytes.begin() + static_cast<i64>(i + kPageSize));
      all.push_back(std::move(page));
    }
    return {};
  }
  isa::Hash256 measure() const {
    image::Measurement measurement;
    measurement.ecreate(ssa_frame_size, size);
    for (const Page& page : all) {
      measurement.eadd(EnclaveOffset(page.offset), page.info);
      if (page.contents == image::Contents::measured)
        measurement.eextend_page(EnclaveOffset(page.offset), image::PageView(page.bytes.data(), kPageSize));
    }
    return measurement.finish();
  }
  u32 ssa_frame_size = 0;
  u64 size = 0;
  std::vector<Page> all;
};

TEST(Identity, TheWholeLayoutIsMeasured) {
  const SignedGuest& guest = signed_guest(kProbe, {});
  Pages pages;
  ASSERT_TRUE(image::visit_stream(guest.built.stream.bytes, pages).ok());
  const isa::Hash256 expected = guest.built.stream.mr_enclave;
  ASSERT_EQ(pages.measure(), expected);
  u64 measured = 0;
  for (size_t i = 0; i < pages.all.size(); i += 5) {
    Pages::Page& page = pages.all[i];
    if (page.contents == image::Contents::measured) {
      ++measured;
      const size_t at = (i * 997) % kPageSize;
      page.bytes[at] ^= 1;
      EXPECT_NE(pages.measure(), expected) << "a byte of page 0x" << std::hex << page.offset;
      page.bytes[at] ^= 1;
    } else {
      // Not measured: nobody may count on its contents, so it must be writable data.
      EXPECT_EQ(page.info.flags & 7, 3u) << "page 0x" << std::hex << page.offset;
    }
    page.info.flags ^= 2;
    EXPECT_NE(pages.measure(), expected) << "rights of page 0x" << std::hex << page.offset;
    page.info.flags ^= 2;
    if (i + 1 < pages.all.size() && i % 25 == 0) {
      std::swap(pages.all[i], pages.all[i + 1]);
      EXPECT_NE(pages.measure(), expected) << "order of page 0x" << std::hex << page.offset;
      std::swap(pages.all[i], pages.all[i + 1]);
      const Pages::Page removed = pages.all[i];
      pages.all.erase(pages.all.begin() + static_cast<i64>(i));
      EXPECT_NE(pages.measure(), expected) << "without page 0x" << std::hex << removed.offset;
      pages.all.insert(pages.all.begin() + static_cast<i64>(i), removed);
    }
  }
  EXPECT_GT(measured, 5u);
  ++pages.ssa_frame_size;
  EXPECT_NE(pages.measure(), expected);
}

TEST(Identity, TheImageRunsWhereverItLies) {
  for (u64 base : {u64{0}, u64{0x100000000}, u64{0x500000000000}, u64{0x7e0000000000}}) {
    for (Mode mode : {Mode::threads, Mode::calls, Mode::bases, Mode::signals}) {
      GuestOptions options;
      options.base = base;
      TestHost host(kProbe, options);
      EXPECT_EQ(host.run(mode), exited(0)) << "base 0x" << std::hex << base << ", mode " << static_cast<char>(mode);
    }
  }
}

}  // namespace
}  // namespace sgxx::boundary
