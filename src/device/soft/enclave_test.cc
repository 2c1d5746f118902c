// SPDX-License-Identifier: Apache-2.0
//
// What ECREATE, EADD and the driver refuse: "works in simulation, fails on hardware" begins with a check that is missing here.
#include "device/soft/enclave.h"

#include <gtest/gtest.h>

#include "device/soft/observer.h"
#include "device/soft/test_enclave_builder.h"

namespace sgxx::device::soft {
namespace {

bool creates(void (*change)(isa::Secs&)) {
  isa::Secs secs = TestEnclave::secs();
  change(secs);
  return open_soft_device().value()->create(secs).ok();
}

TEST(Ecreate, RefusesWhatTheProcessorRefuses) {
  EXPECT_TRUE(creates([](isa::Secs&) {}));
  EXPECT_FALSE(creates([](isa::Secs& s) { s.size = 0x18000; })) << "not a power of two";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.size = 0x1000; })) << "one page";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.base = TestEnclave::kBase + 0x1000; })) << "not naturally aligned";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.base = u64{1} << 47; })) << "not canonical";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.ssa_frame_size = 0; }));
  EXPECT_FALSE(creates([](isa::Secs& s) { s.misc_select = 2; }));
  EXPECT_FALSE(creates([](isa::Secs& s) { s.attributes.flags |= isa::attribute::init; }));
  EXPECT_FALSE(creates([](isa::Secs& s) { s.attributes.flags |= isa::attribute::cet; })) << "the driver reserves it";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.attributes.flags &= ~isa::attribute::mode64; }));
  EXPECT_FALSE(creates([](isa::Secs& s) { s.attributes.xfrm = 1; })) << "XFRM without SSE";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.attributes.xfrm = 0x63; })) << "AVX-512 in part";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.config_svn = 1; })) << "CONFIGSVN without KSS";
  EXPECT_FALSE(creates([](isa::Secs& s) { s.reserved4[3000] = 1; }));
  EXPECT_FALSE(creates([](isa::Secs& s) { s.isv_svn = 1; })) << "EINIT sets it";
}

Result<void> add_tcs(void (*change)(isa::Tcs&)) {
  auto device = open_soft_device().value();
  TRY(device->create(TestEnclave::secs()));
  alignas(kPageSize) isa::Tcs tcs = TestEnclave::tcs_page();
  change(tcs);
  return device->add_pages(TestEnclave::tcs(), as_bytes_of(tcs), isa::SecInfo::tcs(), Measure::yes);
}

TEST(Eadd, RefusesATcsThatTheProcessorRefuses) {
  EXPECT_TRUE(add_tcs([](isa::Tcs&) {}).ok());
  EXPECT_FALSE(add_tcs([](isa::Tcs& t) { t.cssa = 1; }).ok());
  EXPECT_FALSE(add_tcs([](isa::Tcs& t) { t.flags = 1; }).ok()) << "DBGOPTIN is for debuggers, later";
  EXPECT_FALSE(add_tcs([](isa::Tcs& t) { t.ossa += 8; }).ok());
  EXPECT_FALSE(add_tcs([](isa::Tcs& t) { t.ofsbase += 8; }).ok());
  EXPECT_FALSE(add_tcs([](isa::Tcs& t) { t.reserved2[4000] = 1; }).ok());
}

TEST(Eadd, RefusesPagesThatTheProcessorRefuses) {
  auto device = open_soft_device().value();
  ASSERT_TRUE(device->create(TestEnclave::secs()).ok());
  const auto add = [&](u64 offset, u64 length, isa::SecInfo info) {
    return device->add_pages(EnclaveOffset(offset), Zeroes{length}, info, Measure::no).ok();
  };
  const auto rw = isa::SecInfo::reg(Permission::rw());
  EXPECT_FALSE(add(0x800, kPageSize, rw)) << "unaligned";
  EXPECT_FALSE(add(TestEnclave::kSize, kPageSize, rw)) << "outside";
  EXPECT_FALSE(add(TestEnclave::kSize - kPageSize, 2 * kPageSize, rw)) << "reaches outside";
  EXPECT_FALSE(add(0, ~u64{0xfff}, rw)) << "wraps";
  EXPECT_FALSE(add(0, 0, rw));
  EXPECT_FALSE(add(0, kPageSize, {0x202, {}})) << "W without R";
  EXPECT_FALSE(add(0, kPageSize, {0x20b, {}})) << "PENDING";
  EXPECT_FALSE(add(0, kPageSize, {0x003, {}})) << "PT_SECS";
  EXPECT_FALSE(add(0, kPageSize, {0x303, {}})) << "PT_VA";
  isa::SecInfo reserved = rw;
  reserved.reserved[55] = 1;
  EXPECT_FALSE(add(0, kPageSize, reserved));
  EXPECT_TRUE(add(0, kPageSize, rw));
  EXPECT_FALSE(add(0, kPageSize, rw)) << "twice";
}

TEST(Protect, NeverGrantsMoreThanTheEpcm) {
  TestEnclave enclave;
  Device& device = enclave.device();
  const OffsetRange code{EnclaveOffset(TestEnclave::kCode), kPageSize}, data{EnclaveOffset(TestEnclave::kData), kPageSize};
  EXPECT_FALSE(device.protect(code, Permission::rw()).ok());
  EXPECT_FALSE(device.protect({EnclaveOffset(0x8000), kPageSize}, Permission::r()).ok()) << "never backed";
  EXPECT_FALSE(device.protect({TestEnclave::tcs(), kPageSize}, Permission::none()).ok());
  ASSERT_TRUE(device.protect(data, Permission::none()).ok());
  const Exit exit = enclave.enter({TEST_LOAD, TestEnclave::kBase + TestEnclave::kData});
  EXPECT_EQ(exit.kind, Exit::Kind::fault);
  EXPECT_EQ(exit.vector, isa::vector::pf);
}

TEST(Eenter, NeedsAReadableAndWritableSaveArea) {
  TestEnclave enclave;
  ASSERT_TRUE(enclave.device().protect({EnclaveOffset(TestEnclave::kSsa), kPageSize}, Permission::r()).ok());
  const Exit exit = enclave.enter({TEST_ADD_ONE, 1});
  EXPECT_EQ(exit.kind, Exit::Kind::refused);
  EXPECT_EQ(exit.vector, isa::vector::pf);
  ASSERT_TRUE(enclave.device().protect({EnclaveOffset(TestEnclave::kSsa), kPageSize}, Permission::rw()).ok());
  EXPECT_EQ(enclave.enter({TEST_ADD_ONE, 1}).registers.rdi, 2u) << "the TCS is free";
}

TEST(Filler, WhatIsUnmeasuredIsTheHosts) {
  set_filler_of_unmeasured_pages(0x5a);
  TestEnclave enclave;
  set_filler_of_unmeasured_pages(0);
  EXPECT_EQ(enclave.data(100), 0x5a5a5a5a5a5a5a5au);
}

}  // namespace
}  // namespace sgxx::device::soft
