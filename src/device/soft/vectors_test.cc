// SPDX-License-Identifier: Apache-2.0
//
// Enclaves and signatures that nobody here made (../shared/vectors beside the project), on the software SGX.
#include <gtest/gtest.h>

#include <cstring>

#include "device/soft/keys.h"
#include "device/soft/test_enclave.h"
#include "device/soft/test_enclave_builder.h"
#include "image/sgxs.h"
#include "image/test_vectors.h"

namespace sgxx::device::soft {
namespace {

using isa::SgxError;

/// Loads a stream into a device at a base of the test's choice.
class Loader final : public image::StreamVisitor {
 public:
  Loader(Device& device, u64 base, isa::Attributes attributes) : device_(device), base_(base), attributes_(attributes) {}

  Result<void> create(u32 ssa_frame_size, u64 size) override {
    isa::Secs secs{};
    secs.base = base_;
    secs.size = size;
    secs.ssa_frame_size = ssa_frame_size;
    secs.attributes = attributes_;
    secs.misc_select = misc_select;
    return device_.create(secs);
  }
  Result<void> pages(const image::PageRange& pages) override {
    if (pages.info.type() == isa::PageType::tcs) tcs.push_back(pages.range.begin);
    if (pages.contents == image::Contents::zeroes)
      return device_.add_pages(pages.range.begin, Zeroes{pages.range.length}, pages.info, Measure::no);
    std::vector<u8> copy(pages.bytes.begin(), pages.bytes.end());
    if (flip >= pages.range.begin.value && flip < pages.range.end().value) copy[flip - pages.range.begin.value] ^= 1;
    const Measure measure = pages.contents == image::Contents::measured ? Measure::yes : Measure::no;
    return device_.add_pages(pages.range.begin, ByteView(copy), pages.info, measure);
  }

  std::vector<EnclaveOffset> tcs;
  u64 flip = ~u64{0};  // offset of a byte to flip a bit in
  u32 misc_select = 0;

 private:
  Device& device_;
  u64 base_;
  isa::Attributes attributes_;
};

constexpr u64 kBase = 0x10000000;
constexpr isa::Attributes kProduction = {isa::attribute::mode64, 3};

unsigned code_of(const Result<void>& result) {
  return result.ok() ? 0 : result.error().kind() == ErrorKind::refused ? result.error().code() : 0xffff;
}

unsigned code(SgxError error) { return static_cast<unsigned>(error); }

unsigned load_and_init(ByteView stream, const isa::SigStruct& signature, isa::Attributes attributes = kProduction,
                       u64 flip = ~u64{0}, u32 misc = 0) {
  const auto device = open_soft_device().value();
  Loader loader(*device, kBase, attributes);
  loader.flip = flip;
  loader.misc_select = misc;
  const auto loaded = image::visit_stream(stream, loader);
  if (!loaded.ok()) return 0xffff;
  return code_of(device->init(signature));
}

TEST(Vectors, ProductionEnclavePassesEinit) {
  SGXX_VECTOR(stream, "sgxs/test_enclave.sgxs");
  SGXX_VECTOR(signature_bytes, "sgxs/test_enclave.sig");
  EXPECT_EQ(load_and_init(stream, image::read_sigstruct(signature_bytes).value()), 0u);
}

TEST(Vectors, AFlippedBitInAnyChunkIsAnotherMeasurement) {
  SGXX_VECTOR(stream, "sgxs/test_enclave.sgxs");
  SGXX_VECTOR(signature_bytes, "sgxs/test_enclave.sig");
  const auto signature = image::read_sigstruct(signature_bytes).value();
  const auto device = open_soft_device().value();
  struct Extent final : image::StreamVisitor {
    std::vector<u64> chunks;
    Result<void> create(u32, u64) override { return {}; }
    Result<void> pages(const image::PageRange& p) override {
      // A flipped bit in a TCS may already be refused by EADD.
      if (p.contents == image::Contents::measured && p.info.type() == isa::PageType::reg)
        for (u64 at = p.range.begin.value; at < p.range.end().value; at += 256) chunks.push_back(at);
      return {};
    }
  } extent;
  ASSERT_TRUE(image::visit_stream(stream, extent).ok());
  EXPECT_GE(extent.chunks.size(), 100u);
  for (u64 chunk : extent.chunks)
    ASSERT_EQ(load_and_init(stream, signature, kProduction, chunk + chunk / 256 % 256), code(SgxError::invalid_measurement))
        << std::hex << chunk;
}

TEST(Vectors, EveryBitOfASigStructMatters) {
  SGXX_VECTOR(stream, "sgxs/test_enclave.sgxs");
  SGXX_VECTOR(signature_bytes, "sgxs/test_enclave.sig");
  const auto good = image::read_sigstruct(signature_bytes).value();
  const auto device = open_soft_device().value();
  Loader loader(*device, kBase, kProduction);
  ASSERT_TRUE(image::visit_stream(stream, loader).ok());
  const auto fixed = [](size_t byte) {
    return byte < 20 || (byte >= 24 && byte < 40) || (byte >= 44 && byte < 128) || (byte >= 512 && byte < 516) ||
           (byte >= 910 && byte < 912) || (byte >= 992 && byte < 1008) || byte >= 1028;
  };
  for (size_t bit = 0; bit < 8 * sizeof good; ++bit) {
    auto bad_bytes = signature_bytes;
    bad_bytes[bit / 8] ^= static_cast<u8>(1 << bit % 8);
    const unsigned found = code_of(device->init(image::read_sigstruct(bad_bytes).value()));
    const bool quotient = bit / 8 >= 1040;
    ASSERT_EQ(found, code(fixed(bit / 8) && !quotient ? SgxError::invalid_sig_struct : SgxError::invalid_signature))
        << "bit " << bit;
  }
  EXPECT_EQ(code_of(device->init(good)), 0u) << "EINIT may be tried again";
}

TEST(Vectors, AFlippedAttributeIsRefused) {
  SGXX_VECTOR(stream, "sgxs/test_enclave.sgxs");
  SGXX_VECTOR(signature_bytes, "sgxs/test_enclave.sig");
  const auto signature = image::read_sigstruct(signature_bytes).value();
  unsigned refused_by_einit = 0;
  for (unsigned bit = 0; bit < 128; ++bit) {
    isa::Attributes attributes = kProduction;
    (bit < 64 ? attributes.flags : attributes.xfrm) ^= u64{1} << bit % 64;
    const u64 mask = bit < 64 ? signature.attribute_mask.flags : signature.attribute_mask.xfrm;
    const unsigned found = load_and_init(stream, signature, attributes);
    if (found == 0) {
      EXPECT_EQ(mask >> bit % 64 & 1, 0u) << "bit " << bit << " is enforced by the signer";
    }
    if (found != 0 && found != 0xffff) {
      EXPECT_EQ(found, code(SgxError::invalid_attribute)) << "bit " << bit;
      ++refused_by_einit;
    }
  }
  EXPECT_GT(refused_by_einit, 0u) << "DEBUG at least";
  EXPECT_EQ(load_and_init(stream, signature, kProduction, ~u64{0}, isa::kMiscExinfo),
            signature.misc_mask & 1 ? code(SgxError::invalid_attribute) : 0u);
}

// The report enclave reports to TestEnclave, which asks EGETKEY for its report key.
TEST(Vectors, AReportVerifiesWithTheTargetsKey) {
  SGXX_VECTOR(stream, "sgxs/report.sgxs");
  auto device = open_soft_device().value();
  Loader loader(*device, kBase, {isa::attribute::mode64 | isa::attribute::debug, 3});
  ASSERT_TRUE(image::visit_stream(stream, loader).ok());

  TestEnclave target;
  isa::TargetInfo target_info{};
  target_info.measurement = TestEnclave::signature().enclave_hash;
  target_info.attributes = TestEnclave::secs().attributes;
  target_info.attributes.flags |= isa::attribute::init;
  target_info.misc_select = TestEnclave::secs().misc_select;
  alignas(kPageSize) std::array<u8, kPageSize> page{};
  std::memcpy(page.data(), &target_info, sizeof target_info);
  for (u8 i = 0; i < 64; ++i) page[0x200 + i] = i;  // REPORTDATA
  ASSERT_TRUE(device->add_pages(EnclaveOffset(0x3000), ByteView(page), isa::SecInfo::reg(Permission::rw()), Measure::no).ok());

  image::SigStructOptions options;
  options.debug = true;
  options.misc_select = 0;
  const auto published = "d40c35b716c9ef1715d26100bb5e152d5045543017dacfcb492697028985cb7c";
  for (size_t i = 0; i < 32; ++i)
    options.enclave_hash[i] = static_cast<u8>(std::stoul(std::string(published + 2 * i, 2), nullptr, 16));
  ASSERT_EQ(code_of(device->init(image::sign(image::unsigned_sigstruct(options).value(), test_key()).value())), 0u)
      << "MRENCLAVE as a real processor found it";

  isa::Report report{};
  ASSERT_TRUE(device->attach_thread().ok());
  Registers registers;
  registers.rdi = address_of(&report);
  ASSERT_EQ(device->enter(isa::Enclu::eenter, loader.tcs.at(0), registers).kind, Exit::Kind::eexit);
  EXPECT_EQ(image::hex(report.body.mr_enclave), published);
  EXPECT_EQ(report.body.attributes.flags, isa::attribute::init | isa::attribute::debug | isa::attribute::mode64);
  EXPECT_EQ(report.body.report_data[63], 63);

  isa::KeyRequest request{};
  request.key_name = isa::KeyName::report;
  request.key_id = report.key_id;
  const isa::Key128 key = target.get_key(request).value();
  EXPECT_EQ(aes_cmac(key, as_bytes_of(report.body)), report.mac);
  report.body.isv_svn ^= 1;
  EXPECT_NE(aes_cmac(key, as_bytes_of(report.body)), report.mac);
}

}  // namespace
}  // namespace sgxx::device::soft
