// SPDX-License-Identifier: Apache-2.0
//
// The driver's ABI is <asm/sgx.h> and the kernel's documentation of SGX. What the driver checks is not checked again here, except
// where its errno would not tell a person what to do.
#include "device/linux/linux_device.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "image/sigstruct.h"

namespace sgxx::device::linux_driver {

/// What enter.S reads and writes.
struct VdsoCall {
  u64 function;
  sgx_enclave_run* run;
  u64 anchor;
  u64 host_rsp;
  u32 leaf;
  i32 result;
  u64 rdi, rsi, rdx, r8, r9;
};
static_assert(offsetof(VdsoCall, anchor) == 16 && offsetof(VdsoCall, leaf) == 32 && offsetof(VdsoCall, rdi) == 40 &&
              offsetof(VdsoCall, r9) == 72);
extern "C" void sgxx_linux_enter(VdsoCall* call);

namespace {

constexpr u64 kLowestMapped = 0x10000;
constexpr u32 kLevels = 4;
constexpr u64 kAnchorStack = 64 * 1024;  // signal handlers run on it, too
constexpr u64 kZeroChunk = 1024 * 1024;
constexpr u32 kEexit = static_cast<u32>(isa::Enclu::eexit), kEenter = static_cast<u32>(isa::Enclu::eenter),
              kEresume = static_cast<u32>(isa::Enclu::eresume);

int interrupt_signal() { return SIGRTMAX - 1; }

int protection_of(u64 bits) {
  return ((bits & 1) != 0 ? PROT_READ : 0) | ((bits & 2) != 0 ? PROT_WRITE : 0) | ((bits & 4) != 0 ? PROT_EXEC : 0);
}

/// The device's own view of a TCS: the processor's CSSA cannot be read from outside.
struct TcsTrack {
  u32 nssa;
  u32 cssa;
};

class LinuxDevice;

/// A host thread: anchors, and which TCS it is entering.
struct HostThread {
  u8* stacks = nullptr;
  LinuxDevice* device = nullptr;
  TcsTrack* tcs = nullptr;
  EnclaveOffset tcs_offset{};
  volatile bool deferred = false;

  ~HostThread() {
    if (stacks != nullptr) ::munmap(stacks, kLevels * kAnchorStack);
  }
  u64 anchor(u32 level) const { return reinterpret_cast<u64>(stacks) + (level + u64{1}) * kAnchorStack; }
};
thread_local HostThread thread;

class LinuxDevice final : public Device {
 public:
  LinuxDevice(Kernel& kernel, int fd, u64 function) : kernel_(kernel), fd_(fd), function_(function) {}
  ~LinuxDevice() override {
    if (zeroes_ != nullptr) kernel_.munmap(zeroes_, kZeroChunk);
    if (elrange_.length != 0) kernel_.munmap(lowest(), mapped_length());
    kernel_.close(fd_);
  }

  Result<void> create(const isa::Secs& secs) override;
  Result<void> add_pages(EnclaveOffset offset, PageSource source, isa::SecInfo info, Measure measure) override;
  Result<void> grow_on_demand(OffsetRange range) override;
  Result<void> init(const isa::SigStruct& signature) override;
  Result<void> protect(OffsetRange range, Permission permission) override;
  Result<void> attach_thread() override;
  Exit enter(isa::Enclu leaf, EnclaveOffset offset, const Registers& registers) override;
  void set_interrupt_handler(InterruptHandler handler, void* context) override {
    handler_ = handler;
    handler_context_ = context;
  }
  Result<void> interrupt(unsigned long pthread) override {
    errno = ::pthread_kill(pthread, interrupt_signal());
    if (errno != 0) return system_error("cannot interrupt a thread");
    return {};
  }

  /// In signal context or before ERESUME, with the thread's TCS at CSSA.
  void run_handler(int signal) {
    if (thread.tcs->cssa >= thread.tcs->nssa) {
      thread.deferred = true;
      return;
    }
    thread.deferred = false;
    TcsTrack* const tcs = thread.tcs;
    const EnclaveOffset offset = thread.tcs_offset;
    if (handler_ != nullptr) handler_(handler_context_, signal, offset);
    thread.tcs = tcs;
    thread.tcs_offset = offset;
  }

 private:
  Result<void> add_bytes(u64 offset, ByteView bytes, isa::SecInfo& info, Measure measure);
  void* lowest() const { return reinterpret_cast<void*>(std::max(elrange_.begin.value, kLowestMapped)); }
  u64 mapped_length() const { return elrange_.end().value - std::max(elrange_.begin.value, kLowestMapped); }
  struct Mapping {
    u64 offset, length;
    int protection;
  };

  Kernel& kernel_;
  int fd_;
  u64 function_;
  EnclaveRange elrange_{};
  void* zeroes_ = nullptr;
  bool knows_sgx2_ = false;
  std::vector<Mapping> mappings_;
  std::unordered_map<u64, TcsTrack> tcs_;
  InterruptHandler handler_ = nullptr;
  void* handler_context_ = nullptr;
};

Result<void> LinuxDevice::create(const isa::Secs& secs) {
  if (elrange_.length != 0) return bad_input("this device already has an enclave");
  if (!is_power_of_two(secs.size) || !is_aligned(secs.base, secs.size))
    return bad_input("ELRANGE must be a power of two at a multiple of itself");
  elrange_ = {EnclaveAddr(secs.base), secs.size};
  void* got =
      kernel_.mmap(lowest(), mapped_length(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1);
  if (got != lowest()) {
    elrange_ = {};
    return system_error("cannot reserve the enclave's address range");
  }
  alignas(kPageSize) isa::Secs page = secs;
  sgx_enclave_create argument = {reinterpret_cast<u64>(&page)};
  if (kernel_.ioctl(fd_, SGX_IOC_ENCLAVE_CREATE, &argument) != 0)
    return system_error("the SGX driver refused to create the enclave");
  return {};
}

Result<void> LinuxDevice::add_pages(EnclaveOffset offset, PageSource source, isa::SecInfo info, Measure measure) {
  const auto* bytes = std::get_if<ByteView>(&source);
  const u64 length = bytes != nullptr ? bytes->size() : std::get<Zeroes>(source).length;
  if (length == 0 || !is_aligned(length, kPageSize) || !is_aligned(offset.value, kPageSize) ||
      !fits(offset.value, length, elrange_.length))
    return bad_input("pages to add must be whole and lie within ELRANGE");
  if (bytes != nullptr && !is_aligned(reinterpret_cast<u64>(bytes->data()), kPageSize))
    return bad_input("page contents must be page-aligned in memory");
  if (bytes != nullptr) {
    TRY(add_bytes(offset.value, *bytes, info, measure));
  } else {
    if (zeroes_ == nullptr) {
      void* memory = kernel_.mmap(nullptr, kZeroChunk, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
      if (memory == MAP_FAILED) return system_error("cannot map a page of zeroes");
      zeroes_ = memory;
    }
    for (u64 done = 0; done < length; done += kZeroChunk)
      TRY(add_bytes(offset.value + done, {static_cast<const u8*>(zeroes_), std::min(kZeroChunk, length - done)}, info, measure));
  }
  const bool is_tcs = info.type() == isa::PageType::tcs;
  if (is_tcs && bytes != nullptr)
    for (u64 page = 0; page < length; page += kPageSize) tcs_[offset.value + page] = {read_at<isa::Tcs>(*bytes, page)->nssa, 0};
  // The driver wants TCS pages mapped readable and writable, although nobody can access them.
  mappings_.push_back({offset.value, length, is_tcs ? PROT_READ | PROT_WRITE : protection_of(info.flags & 7)});
  return {};
}

// The driver stops early when a signal is pending: it says how far it came, or fails with EINTR when it came nowhere.
Result<void> LinuxDevice::add_bytes(u64 offset, ByteView bytes, isa::SecInfo& info, Measure measure) {
  u64 done = 0;
  while (done < bytes.size()) {
    sgx_enclave_add_pages argument = {reinterpret_cast<u64>(bytes.data() + done),
                                      offset + done,
                                      bytes.size() - done,
                                      reinterpret_cast<u64>(&info),
                                      measure == Measure::yes ? u64{SGX_PAGE_MEASURE} : 0,
                                      0};
    const int result = kernel_.ioctl(fd_, SGX_IOC_ENCLAVE_ADD_PAGES, &argument);
    const int reason = errno;
    done += argument.count;
    if (result == 0 || reason == EINTR) continue;
    errno = reason;
    if (reason == ENOMEM) return system_error("the machine's protected memory (EPC) is full");
    return system_error("the SGX driver refused to add a page");
  }
  return {};
}

// The driver adds a page by itself (EAUG) when the enclave touches one that is not there. Drivers that can (Linux 6.0) have the
// ioctls of SGX2: before EINIT they say ENODEV where the processor lacks SGX2, and EINVAL where it has it.
Result<void> LinuxDevice::grow_on_demand(OffsetRange range) {
  if (range.empty() || !is_aligned(range.begin.value, kPageSize) || !is_aligned(range.length, kPageSize) ||
      !fits(range.begin.value, range.length, elrange_.length))
    return bad_input("dynamic memory must be whole pages within ELRANGE");
  if (!knows_sgx2_) {
    sgx_enclave_restrict_permissions nothing = {};
    if (kernel_.ioctl(fd_, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &nothing) != 0 && errno == ENOTTY)
      return unsupported("dynamic memory needs Linux 6.0 or later; pack the program with memory = \"static\" in its manifest");
    if (errno == ENODEV)
      return unsupported("dynamic memory needs a processor with SGX2; pack the program with memory = \"static\" in its manifest");
    knows_sgx2_ = true;
  }
  mappings_.push_back({range.begin.value, range.length, PROT_READ | PROT_WRITE});
  return {};
}

Result<void> LinuxDevice::init(const isa::SigStruct& signature) {
  isa::SigStruct copy = signature;
  sgx_enclave_init argument = {reinterpret_cast<u64>(&copy)};
  int result = 0;
  do result = kernel_.ioctl(fd_, SGX_IOC_ENCLAVE_INIT, &argument);
  while (result != 0 && errno == EINTR);
  if (result != 0) {
    const int reason = errno;
    TRY(image::verify(signature));  // the driver says EPERM for every code of EINIT: find out what can be found out
    if (reason == EPERM)
      return refused(static_cast<unsigned>(isa::SgxError::invalid_measurement),
                     "EINIT refused the enclave: its contents or attributes are not those that were signed");
    errno = reason;
    if (reason == EACCES) return system_error("the SGX driver does not grant the provisioning key; leave that attribute out");
    return system_error("the SGX driver refused to initialise the enclave");
  }
  for (const Mapping& m : mappings_) {
    void* address = reinterpret_cast<void*>(elrange_.begin.value + m.offset);
    if (kernel_.mmap(address, m.length, m.protection, MAP_SHARED | MAP_FIXED, fd_) != address)
      return system_error("cannot map enclave pages (is /dev mounted noexec?)");
  }
  mappings_.clear();
  return {};
}

Result<void> LinuxDevice::protect(OffsetRange range, Permission permission) {
  if (!is_aligned(range.begin.value, kPageSize) || !is_aligned(range.length, kPageSize) ||
      !fits(range.begin.value, range.length, elrange_.length))
    return bad_input("pages to protect must be whole and lie within ELRANGE");
  void* address = reinterpret_cast<void*>(elrange_.begin.value + range.begin.value);
  if (kernel_.mprotect(address, range.length, protection_of(permission.bits())) != 0)
    return system_error("cannot change the rights of enclave pages");
  return {};
}

// After an AEX the host sees the synthetic state at the AEP: RAX = ERESUME, RBX = TCS, RIP at ENCLU. FS is the host's.
void on_interrupt(int signal, siginfo_t*, void* raw) {
  if (thread.tcs == nullptr) {
    thread.deferred = true;
    return;
  }
  const auto& regs = static_cast<ucontext_t*>(raw)->uc_mcontext.gregs;
  const auto* rip = reinterpret_cast<const u8*>(regs[REG_RIP]);
  const bool at_aep = regs[REG_RAX] == kEresume && rip[0] == 0x0f && rip[1] == 0x01 && rip[2] == 0xd7;
  if (!at_aep) {
    thread.deferred = true;
    return;
  }
  const int saved_errno = errno;
  ++thread.tcs->cssa;
  thread.device->run_handler(signal);
  --thread.tcs->cssa;
  errno = saved_errno;
}

Result<void> LinuxDevice::attach_thread() {
  static std::once_flag once;
  static bool installed = false;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_sigaction = on_interrupt;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    installed = ::sigaction(interrupt_signal(), &action, nullptr) == 0;
  });
  if (!installed) return unsupported("cannot install the interrupt's signal handler");
  if (thread.stacks != nullptr) return {};
  void* memory =
      ::mmap(nullptr, kLevels * kAnchorStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return system_error("cannot map a stack for enclave entries");
  thread.stacks = static_cast<u8*>(memory);
  return {};
}

Exit LinuxDevice::enter(isa::Enclu leaf, EnclaveOffset offset, const Registers& r) {
  const auto refusal = Exit{Exit::Kind::refused, {}, isa::vector::gp, 0, 0};
  const auto found = tcs_.find(offset.value);
  if (found == tcs_.end() || thread.stacks == nullptr) return refusal;
  TcsTrack& tcs = found->second;
  const bool resume = leaf == isa::Enclu::eresume;
  if (resume && tcs.cssa == 0) return refusal;
  thread.device = this;
  thread.tcs_offset = offset;
  if (!resume && tcs.cssa == 0) thread.deferred = false;  // an entry looks for work by itself
  if (resume && thread.deferred) {
    thread.tcs = &tcs;
    run_handler(interrupt_signal());
  }
  const u32 level = resume ? tcs.cssa - 1 : tcs.cssa;
  if (level >= kLevels) return refusal;

  sgx_enclave_run run{};
  run.tcs = elrange_.begin.value + offset.value;
  VdsoCall call = {function_, &run, thread.anchor(level), 0, static_cast<u32>(leaf), 0, r.rdi, r.rsi, r.rdx, r.r8, r.r9};
  TcsTrack* outer = thread.tcs;
  tcs.cssa = level;
  thread.tcs = &tcs;
  sgxx_linux_enter(&call);
  thread.tcs = outer;
  if (call.result == 0 && run.function == kEexit)
    return {Exit::Kind::eexit, {call.rdi, call.rsi, call.rdx, call.r8, call.r9}, 0, 0, 0};
  // `function` is RAX at the exception: still EENTER when EENTER itself faulted, ERESUME after an AEX. An ERESUME that faulted
  // itself looks like an AEX; the caller finds out when it enters.
  if (call.result != 0 || run.function == kEenter) {
    if (resume) ++tcs.cssa;
    return {Exit::Kind::refused, {}, run.exception_vector, run.exception_error_code, run.exception_addr};
  }
  ++tcs.cssa;
  return {Exit::Kind::fault, {}, run.exception_vector, run.exception_error_code, run.exception_addr};
}

}  // namespace

Result<std::unique_ptr<Device>> open_device(Kernel& kernel) {
  const int fd = kernel.open("/dev/sgx_enclave");
  if (fd < 0) {
    if (errno == ENOENT)
      return unsupported("no /dev/sgx_enclave: SGX is absent, switched off in the firmware, or the kernel is older than 5.11");
    if (errno == EACCES)
      return unsupported("no permission for /dev/sgx_enclave: add yourself to its group, for example `usermod -aG sgx NAME`");
    return system_error("cannot open /dev/sgx_enclave");
  }
  const u64 function = kernel.vdso_enter();
  if (function == 0) {
    kernel.close(fd);
    return unsupported("this kernel's vDSO has no __vdso_sgx_enter_enclave");
  }
  return std::unique_ptr<Device>(std::make_unique<LinuxDevice>(kernel, fd, function));
}

}  // namespace sgxx::device::linux_driver

namespace sgxx::device {

Result<std::unique_ptr<Device>> open_linux_device() { return linux_driver::open_device(linux_driver::real_kernel()); }

}  // namespace sgxx::device
