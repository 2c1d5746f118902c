// SPDX-License-Identifier: Apache-2.0
//
// The Linux device against a stand-in for the kernel that checks every argument as the driver and its documentation demand
// (Documentation/arch/x86/sgx.rst and <asm/sgx.h> of Linux): what can be known without SGX hardware.
#include "device/linux/linux_device.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <alloca.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include "device/soft/test_key.h"
#include "image/sigstruct.h"

namespace sgxx::device::linux_driver {
namespace {

constexpr int kFd = 1234;
constexpr u64 kSize = 0x1000000;

struct Entry {
  u64 rdi, rsi, rdx, leaf, r8, r9;
  sgx_enclave_run* run;
  u64 rsp;
};

class StandIn;
StandIn* the = nullptr;

class StandIn final : public Kernel {
 public:
  StandIn() { the = this; }

  int open(const char* path) override {
    EXPECT_STREQ(path, "/dev/sgx_enclave");
    errno = open_error;
    return open_error == 0 ? kFd : -1;
  }
  int close(int fd) override {
    EXPECT_EQ(fd, kFd);
    ++closed;
    return 0;
  }
  u64 vdso_enter() override;

  void* mmap(void* address, size_t length, int protection, int flags, int fd) override {
    if (address == nullptr) return ::mmap(nullptr, length, protection, flags, fd, 0);
    const u64 at = reinterpret_cast<u64>(address);
    EXPECT_TRUE(is_aligned(at, kPageSize) && is_aligned(length, kPageSize));
    if (fd == -1) {
      EXPECT_EQ(protection, PROT_NONE);
      EXPECT_TRUE((flags & MAP_FIXED_NOREPLACE) != 0);
      EXPECT_FALSE(created) << "ELRANGE is reserved before it is created";
      EXPECT_EQ(at, 0x10000u) << "nothing can be mapped below";
      reserved = true;
      return address;
    }
    EXPECT_EQ(fd, kFd);
    EXPECT_EQ(flags, MAP_SHARED | MAP_FIXED);
    EXPECT_EQ(init_calls_left, 0) << "mapped after EINIT";
    for (u64 page = at; page < at + length; page += kPageSize) {
      const auto found = pages.find(page);
      if (found == pages.end() && allows_growth && protection == (PROT_READ | PROT_WRITE)) {  // EAUG adds pages with these rights
        ++growing;
        continue;
      }
      if (found == pages.end()) {
        ADD_FAILURE() << "no such page: " << std::hex << page;
        return MAP_FAILED;
      }
      const bool tcs = (found->second.flags >> 8) == 1;
      const u64 most = tcs ? 3 : found->second.flags & 7;  // the driver forces RW for a TCS
      EXPECT_EQ(static_cast<u64>(protection) & ~most, 0u);
      EXPECT_TRUE(!tcs || protection == (PROT_READ | PROT_WRITE));
      ++mapped;
    }
    return address;
  }
  int munmap(void* address, size_t length) override {
    return reinterpret_cast<u64>(address) < kSize ? 0 : ::munmap(address, length);
  }
  int mprotect(void* address, size_t, int protection) override {
    return last_protect = {reinterpret_cast<u64>(address), protection}, 0;
  }

  int ioctl(int fd, unsigned long request, void* argument) override {
    EXPECT_EQ(fd, kFd);
    switch (request) {
      case SGX_IOC_ENCLAVE_CREATE: return create(*static_cast<sgx_enclave_create*>(argument));
      case SGX_IOC_ENCLAVE_ADD_PAGES: return add(*static_cast<sgx_enclave_add_pages*>(argument));
      case SGX_IOC_ENCLAVE_INIT: return init(*static_cast<sgx_enclave_init*>(argument));
      case SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS:
        // sgx_ioc_sgx2_ready comes before any look at the arguments.
        EXPECT_TRUE(created && init_calls_left > 0) << "asked before EINIT, where the answer has no effect";
        return errno = sgx2_error, -1;
    }
    ADD_FAILURE() << "unknown ioctl";
    return -1;
  }

  struct Page {
    u64 flags;
    bool measured;
    u8 first_byte;
  };
  std::map<u64, Page> pages;
  std::vector<Entry> entries;
  void (*on_enter)(Entry&) = nullptr;
  std::pair<u64, int> last_protect;
  int open_error = 0, init_error = 0, init_calls_left = 2, closed = 0, mapped = 0, growing = 0, add_calls = 0;
  int sgx2_error = EINVAL;  // before EINIT on a machine that has it
  bool reserved = false, created = false, has_vdso = true, allows_growth = false;

 private:
  int create(const sgx_enclave_create& a) {
    EXPECT_TRUE(reserved);
    EXPECT_TRUE(is_aligned(a.src, kPageSize)) << "SECS source";
    const auto& secs = *reinterpret_cast<const isa::Secs*>(a.src);
    EXPECT_TRUE(is_power_of_two(secs.size) && is_aligned(secs.base, secs.size));
    EXPECT_EQ(secs.size, kSize);
    created = true;
    return 0;
  }

  // The driver may stop after any page when a signal is pending, and fails with EINTR when that is before the first.
  int add(sgx_enclave_add_pages& a) {
    EXPECT_TRUE(created);
    EXPECT_TRUE(is_aligned(a.src, kPageSize) && is_aligned(a.offset, kPageSize) && is_aligned(a.length, kPageSize));
    EXPECT_GT(a.length, 0u);
    EXPECT_LE(a.offset + a.length, kSize);
    EXPECT_EQ(a.flags & ~u64{SGX_PAGE_MEASURE}, 0u);
    const auto& info = *reinterpret_cast<const isa::SecInfo*>(a.secinfo);
    EXPECT_EQ(info.flags & ~u64{0x707}, 0u);
    for (u8 byte : info.reserved) EXPECT_EQ(byte, 0);
    const u64 type = info.flags >> 8, rights = info.flags & 7;
    EXPECT_TRUE(type == 1 || type == 2);
    EXPECT_TRUE(type == 2 || rights == 0);
    EXPECT_FALSE((rights & 2) != 0 && (rights & 1) == 0) << "W without R";
    ++add_calls;
    if (add_calls % 5 == 1) return errno = EINTR, -1;
    const u64 limit = add_calls % 5 == 2 ? kPageSize : a.length;
    for (u64 done = 0; done < limit; done += kPageSize) {
      EXPECT_EQ(pages.count(a.offset + done), 0u) << "page added twice";
      pages[a.offset + done] = {info.flags, (a.flags & SGX_PAGE_MEASURE) != 0, *reinterpret_cast<const u8*>(a.src + done)};
    }
    a.count = limit;
    return 0;
  }

  int init(const sgx_enclave_init& a) {
    if (--init_calls_left > 0) return errno = EINTR, -1;
    EXPECT_EQ(reinterpret_cast<const isa::SigStruct*>(a.sigstruct)->exponent, 3u);
    errno = init_error;
    return init_error == 0 ? 0 : -1;
  }
};

extern "C" void stand_in_vdso_enter();
extern "C" int stand_in_enter(Entry* entry) {
  EXPECT_EQ(entry->rsp % 16, 8u) << "the ABI's stack alignment at a call";
  u64 flags = 0;
  asm("pushfq; pop %0" : "=r"(flags));
  EXPECT_EQ(flags & 0x400, 0u) << "DF";
  for (u8 byte : entry->run->reserved) EXPECT_EQ(byte, 0);
  EXPECT_EQ(entry->run->user_handler, 0u);
  the->entries.push_back(*entry);
  the->on_enter(*entry);
  return 0;
}
u64 StandIn::vdso_enter() { return has_vdso ? reinterpret_cast<u64>(&stand_in_vdso_enter) : 0; }

isa::SigStruct signature() { return image::sign(image::unsigned_sigstruct({}).value(), soft::test_key()).value(); }

isa::Secs secs() {
  isa::Secs s{};
  s.size = kSize;
  s.ssa_frame_size = 1;
  s.attributes = {isa::attribute::mode64, 3};
  return s;
}

constexpr EnclaveOffset kTcs(0x40000);

/// A loaded and initialised enclave.
struct Loaded {
  StandIn kernel;
  std::unique_ptr<Device> device = open_device(kernel).value();

  Loaded() {
    alignas(kPageSize) static std::array<u8, 3 * kPageSize> code{};
    for (size_t i = 0; i < 3; ++i) code[i * kPageSize] = static_cast<u8>(i + 1);
    alignas(kPageSize) isa::Tcs tcs{};
    tcs.nssa = 2;
    EXPECT_TRUE(device->create(secs()).ok());
    EXPECT_TRUE(
        device->add_pages(EnclaveOffset(0x10000), ByteView(code), isa::SecInfo::reg(Permission::rx()), Measure::yes).ok());
    EXPECT_TRUE(device->add_pages(kTcs, as_bytes_of(tcs), isa::SecInfo::tcs(), Measure::yes).ok());
    EXPECT_TRUE(
        device->add_pages(EnclaveOffset(0x100000), Zeroes{0x280000}, isa::SecInfo::reg(Permission::rw()), Measure::no).ok());
    EXPECT_TRUE(device->init(signature()).ok());
    EXPECT_TRUE(device->attach_thread().ok());
  }
};

void eexit(Entry& e) {
  e.run->function = 4;
  e.rdi += 100;
  e.r9 = 9;
}
void page_fault(Entry& e) {
  e.run->function = 3;
  e.run->exception_vector = 14;
  e.run->exception_error_code = 6;
  e.run->exception_addr = 0x5000;
}

TEST(LinuxDevice, LoadsPagesAsTheDriverDemands) {
  Loaded enclave;
  EXPECT_EQ(enclave.kernel.pages.size(), 3 + 1 + 0x280u);
  EXPECT_EQ(enclave.kernel.mapped, 3 + 1 + 0x280) << "every page is mapped";
  for (u64 i = 0; i < 3; ++i) {
    EXPECT_EQ(enclave.kernel.pages[0x10000 + i * kPageSize].first_byte, i + 1);
    EXPECT_TRUE(enclave.kernel.pages[0x10000 + i * kPageSize].measured);
  }
  EXPECT_EQ(enclave.kernel.pages[0x37f000].first_byte, 0);
  EXPECT_FALSE(enclave.kernel.pages[0x37f000].measured);
  ASSERT_TRUE(enclave.device->protect({EnclaveOffset(0x100000), 0x2000}, Permission::r()).ok());
  EXPECT_EQ(enclave.kernel.last_protect, (std::pair<u64, int>(0x100000, PROT_READ)));
  enclave.device.reset();
  EXPECT_EQ(enclave.kernel.closed, 1);
}

TEST(LinuxDevice, DynamicMemoryIsMappedReadableAndWritable) {
  StandIn kernel;
  kernel.allows_growth = true;
  auto device = open_device(kernel).value();
  ASSERT_TRUE(device->create(secs()).ok());
  ASSERT_TRUE(device->grow_on_demand({EnclaveOffset(0x400000), 0x100000}).ok());
  EXPECT_FALSE(device->grow_on_demand({EnclaveOffset(0x400000), 0x100}).ok());
  EXPECT_FALSE(device->grow_on_demand({EnclaveOffset(kSize), kPageSize}).ok());
  EXPECT_EQ(kernel.growing, 0) << "the driver adds nothing before EINIT";
  ASSERT_TRUE(device->init(signature()).ok());
  EXPECT_EQ(kernel.growing, 0x100);
}

TEST(LinuxDevice, DynamicMemoryThatIsNotThereIsRefusedWithAdvice) {
  for (const auto& [reason, text] : {std::pair{ENOTTY, "Linux 6.0"}, std::pair{ENODEV, "SGX2"}}) {
    StandIn kernel;
    kernel.sgx2_error = reason;
    auto device = open_device(kernel).value();
    ASSERT_TRUE(device->create(secs()).ok());
    const auto result = device->grow_on_demand({EnclaveOffset(0x400000), 0x100000});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind(), ErrorKind::unsupported);
    EXPECT_NE(result.error().message().find(text), std::string::npos);
    EXPECT_NE(result.error().message().find("memory = \"static\""), std::string::npos);
  }
}

TEST(LinuxDevice, EnterPassesRegistersBothWays) {
  Loaded enclave;
  enclave.kernel.on_enter = eexit;
  const Exit exit = enclave.device->enter(isa::Enclu::eenter, kTcs, {1, 2, 3, 8, 7});
  EXPECT_EQ(exit.kind, Exit::Kind::eexit);
  EXPECT_EQ(exit.registers.rdi, 101u);
  EXPECT_EQ(exit.registers.rsi, 2u);
  EXPECT_EQ(exit.registers.r9, 9u);
  const Entry& entry = enclave.kernel.entries.at(0);
  EXPECT_EQ(entry.leaf, 2u);
  EXPECT_EQ(entry.run->tcs, kTcs.value);
  EXPECT_EQ(entry.rdx, 3u);
  EXPECT_EQ(entry.r8, 8u);
}

TEST(LinuxDevice, AFaultIsReportedAndResumedOnTheSameStack) {
  Loaded enclave;
  Device& device = *enclave.device;
  enclave.kernel.on_enter = page_fault;
  const Exit fault = device.enter(isa::Enclu::eenter, kTcs, {});
  EXPECT_EQ(fault.kind, Exit::Kind::fault);
  EXPECT_EQ(fault.vector, 14);
  EXPECT_EQ(fault.error_code, 6);
  EXPECT_EQ(fault.address, 0x5000u);
  enclave.kernel.on_enter = eexit;
  EXPECT_EQ(device.enter(isa::Enclu::eenter, kTcs, {}).kind, Exit::Kind::eexit);  // exception entry
  auto* deeper = static_cast<volatile u8*>(alloca(5000));
  deeper[0] = 1;
  EXPECT_EQ(device.enter(isa::Enclu::eresume, kTcs, {}).kind, Exit::Kind::eexit);
  const auto& entries = enclave.kernel.entries;
  EXPECT_EQ(entries.at(2).rsp, entries.at(0).rsp) << "ERESUME does not write URSP: it must happen where the EENTER did";
  EXPECT_NE(entries.at(1).rsp, entries.at(0).rsp) << "an entry at CSSA = 1 must leave that stack alone";
}

TEST(LinuxDevice, AFaultOfEenterItselfIsARefusal) {
  Loaded enclave;
  enclave.kernel.on_enter = [](Entry& e) { e.run->function = 2, e.run->exception_vector = 13; };
  EXPECT_EQ(enclave.device->enter(isa::Enclu::eenter, kTcs, {}).kind, Exit::Kind::refused);
  EXPECT_EQ(enclave.device->enter(isa::Enclu::eenter, EnclaveOffset(0x41000), {}).kind, Exit::Kind::refused) << "no TCS";
  EXPECT_EQ(enclave.device->enter(isa::Enclu::eresume, kTcs, {}).kind, Exit::Kind::refused) << "nothing to resume";
}

TEST(LinuxDevice, AnInterruptOutsideIsKeptUntilEresume) {
  Loaded enclave;
  Device& device = *enclave.device;
  int calls = 0;
  device.set_interrupt_handler([](void* count, int, EnclaveOffset) { ++*static_cast<int*>(count); }, &calls);
  enclave.kernel.on_enter = page_fault;
  device.enter(isa::Enclu::eenter, kTcs, {});
  ASSERT_TRUE(device.interrupt(pthread_self()).ok());
  EXPECT_EQ(calls, 0);
  enclave.kernel.on_enter = eexit;
  device.enter(isa::Enclu::eresume, kTcs, {});
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(device.interrupt(pthread_self()).ok());
  device.enter(isa::Enclu::eenter, kTcs, {});
  EXPECT_EQ(calls, 1) << "an entry at CSSA = 0 looks for work itself";
}

TEST(LinuxDevice, ErrorsSayWhatToDo) {
  const auto message = [](StandIn& kernel) {
    auto device = open_device(kernel);
    return device.ok() ? std::string() : device.error().message();
  };
  StandIn absent;
  absent.open_error = ENOENT;
  EXPECT_NE(message(absent).find("no /dev/sgx_enclave"), std::string::npos);
  StandIn forbidden;
  forbidden.open_error = EACCES;
  EXPECT_NE(message(forbidden).find("group"), std::string::npos);
  StandIn old;
  old.has_vdso = false;
  EXPECT_NE(message(old).find("vDSO"), std::string::npos);
  EXPECT_EQ(old.closed, 1);

  StandIn refusing;
  refusing.init_error = EPERM;
  auto device = open_device(refusing).value();
  ASSERT_TRUE(device->create(secs()).ok());
  auto result = device->init(signature());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind(), ErrorKind::refused);
  EXPECT_EQ(result.error().code(), static_cast<unsigned>(isa::SgxError::invalid_measurement));
  auto broken = signature();
  broken.signature[5] ^= 1;
  EXPECT_EQ(device->init(broken).error().code(), static_cast<unsigned>(isa::SgxError::invalid_signature));
}

TEST(Vdso, SymbolsAreFound) {
  const auto* image = reinterpret_cast<const u8*>(::getauxval(AT_SYSINFO_EHDR));
  if (image == nullptr) GTEST_SKIP() << "no vDSO here";
  const u64 address = find_vdso_symbol(image, "__vdso_clock_gettime");
  ASSERT_NE(address, 0u);
  timespec now{};
  EXPECT_EQ(reinterpret_cast<int (*)(clockid_t, timespec*)>(address)(CLOCK_MONOTONIC, &now), 0);
  EXPECT_GT(now.tv_sec + now.tv_nsec, 0);
  EXPECT_EQ(find_vdso_symbol(image, "__vdso_no_such_function"), 0u);
}

}  // namespace
}  // namespace sgxx::device::linux_driver
