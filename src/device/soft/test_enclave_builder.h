// SPDX-License-Identifier: Apache-2.0
//
// For tests: builds and signs the enclave of test_enclave.S and enters it. Layout: code, data, two SSA frames, TCS.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <optional>

#include "device/device.h"
#include "device/soft/enclave.h"
#include "device/soft/observer.h"
#include "device/soft/test_enclave.h"
#include "device/soft/test_key.h"
#include "image/measurement.h"
#include "image/sigstruct.h"

extern "C" const sgxx::u8 test_enclave_code[];

namespace sgxx::device::soft {

class TestEnclave {
 public:
  static constexpr u64 kBase = 0x200000;
  static constexpr u64 kSize = 0x10000;
  static constexpr u64 kCode = 0x0000, kData = 0x1000, kSsa = 0x2000, kTcs = 0x4000;
  static constexpr OffsetRange kGrowing{EnclaveOffset(0x9000), 4 * kPageSize};  ///< dynamic memory
  static EnclaveOffset tcs() { return EnclaveOffset(kTcs); }

  static isa::Secs secs() {
    isa::Secs secs{};
    secs.base = kBase;
    secs.size = kSize;
    secs.ssa_frame_size = 1;
    secs.misc_select = isa::kMiscExinfo;
    secs.attributes = {isa::attribute::mode64 | isa::attribute::debug, 0xe7};
    return secs;
  }
  static isa::Tcs tcs_page() {
    isa::Tcs tcs{};
    tcs.ossa = kSsa;
    tcs.nssa = 2;
    tcs.oentry = kCode;
    tcs.ofsbase = tcs.ogsbase = kData;
    tcs.fslimit = tcs.gslimit = ~0u;
    return tcs;
  }
  static ByteView code() { return {test_enclave_code, kPageSize}; }

  /// A SIGSTRUCT for what `add_all` adds.
  static isa::SigStruct signature() {
    image::Measurement measurement;
    measurement.ecreate(1, kSize);
    const isa::Tcs tcs = tcs_page();
    measurement.eadd(EnclaveOffset(kCode), isa::SecInfo::reg(Permission::rx()));
    measurement.eextend_page(EnclaveOffset(kCode), image::PageView(test_enclave_code, kPageSize));
    for (u64 page = kData; page < kTcs; page += kPageSize)
      measurement.eadd(EnclaveOffset(page), isa::SecInfo::reg(Permission::rw()));
    measurement.eadd(EnclaveOffset(kTcs), isa::SecInfo::tcs());
    measurement.eextend_page(EnclaveOffset(kTcs), image::PageView(as_bytes_of(tcs).data(), kPageSize));
    image::SigStructOptions options;
    options.enclave_hash = measurement.finish();
    options.debug = true;
    options.xfrm_allowed = 0xe7;
    return image::sign(image::unsigned_sigstruct(options).value(), test_key()).value();
  }
  static Result<void> add_all(Device& device) {
    TRY(device.add_pages(EnclaveOffset(kCode), code(), isa::SecInfo::reg(Permission::rx()), Measure::yes));
    TRY(device.add_pages(EnclaveOffset(kData), Zeroes{kTcs - kData}, isa::SecInfo::reg(Permission::rw()), Measure::no));
    const isa::Tcs tcs = tcs_page();
    return device.add_pages(EnclaveOffset(kTcs), as_bytes_of(tcs), isa::SecInfo::tcs(), Measure::yes);
  }

  explicit TestEnclave(SoftOptions options = {}) : device_(open_soft_device(options).value()) {
    must(device_->create(secs()));
    must(add_all(*device_));
    must(device_->grow_on_demand(kGrowing));
    must(device_->init(signature()));
    must(device_->attach_thread());
    enclave_of(*device_)->accessible(kBase + kData, kSsa - kData + 2 * kPageSize, Permission::rw());  // tests look inside
  }

  Device& device() { return *device_; }
  Exit enter(const Registers& registers) { return device_->enter(isa::Enclu::eenter, tcs(), registers); }
  Exit resume() { return device_->enter(isa::Enclu::eresume, tcs(), {}); }

  /// EGETKEY, executed by the enclave; nothing when it answered with an error code or faulted.
  std::optional<isa::Key128> get_key(const isa::KeyRequest& request) {
    constexpr u64 kRequest = kBase + kData + 0x400, kKey = kBase + kData + 0x600;
    std::memcpy(reinterpret_cast<void*>(kRequest), &request, sizeof request);
    data(4) = kRequest;
    data(5) = kKey;
    const Exit exit = enter({TEST_LEAF, static_cast<u64>(isa::Enclu::egetkey)});
    if (exit.kind != Exit::Kind::eexit || exit.registers.rdi != 0) return std::nullopt;
    return read<isa::Key128>(kKey);
  }

  /// After a fault of ENCLU in TEST_LEAF: sends the thread on behind it, and out.
  static void forget_fault(TestEnclave& enclave) {
    auto* rip = reinterpret_cast<volatile u64*>(frame_end(0) - sizeof(isa::SsaGpr) + offsetof(isa::SsaGpr, rip));
    *rip = *rip + 3;
    EXPECT_EQ(enclave.resume().kind, Exit::Kind::eexit);
  }

  static bool contains(u64 address) { return address - kBase < kSize; }

  /// EACCEPT of a page with the SECINFO flags: through a redirected site, or through an ENCLU that traps.
  Exit accept(u64 address, u64 flags, bool redirected) {
    isa::SecInfo info{flags, {}};
    std::memcpy(reinterpret_cast<void*>(kSecInfo), &info, sizeof info);
    if (redirected) return enter({TEST_ACCEPT, address});
    data(4) = kSecInfo;
    data(5) = address;
    return enter({TEST_LEAF, static_cast<u64>(isa::Enclu::eaccept)});
  }
  static constexpr u64 kSecInfo = kBase + kData + 0x400;

  // The software SGX lets tests look inside.
  volatile u64& data(int index) { return data_at(8 * index); }
  volatile u64& data_at(int offset) {
    return *reinterpret_cast<volatile u64*>(kBase + kData + static_cast<u64>(static_cast<i64>(offset) & 0xfff));
  }
  isa::SsaGpr ssa_gpr(int frame) { return read<isa::SsaGpr>(frame_end(frame) - sizeof(isa::SsaGpr)); }
  isa::ExInfo ssa_exinfo(int frame) { return read<isa::ExInfo>(frame_end(frame) - sizeof(isa::SsaGpr) - sizeof(isa::ExInfo)); }

 private:
  static u64 frame_end(int frame) { return kBase + kSsa + (static_cast<u64>(frame) + 1) * kPageSize; }
  template <class T>
  static T read(u64 address) {
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
    return value;
  }
  static void must(const Result<void>& result) {
    if (!result.ok()) {
      std::fprintf(stderr, "%s\n", result.error().message().c_str());
      std::abort();
    }
  }

  std::unique_ptr<Device> device_;
};

}  // namespace sgxx::device::soft
