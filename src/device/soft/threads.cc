// SPDX-License-Identifier: Apache-2.0
#include "device/soft/threads.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>
#include <vector>

extern "C" {
sgxx::u64 sgxx_soft_arena_begin = 0;
sgxx::u64 sgxx_soft_arena_length = 0;
thread_local sgxx::device::soft::ThreadRecord* sgxx_soft_thread = nullptr;
}

namespace sgxx::device::soft {
namespace {

constexpr u64 kSlots = 4096;
constexpr u64 kRecordPages = 0x5000;  // the record, then a guard page, then the stack
static_assert(sizeof(ThreadRecord) <= kRecordPages - kPageSize);

constexpr int kDispatch = 59, kDispatchOn = 1, kDispatchInclusive = 2;  // PR_SET_SYSCALL_USER_DISPATCH

/// Slots of SLOT_SIZE bytes, reserved once for the life of the process and handed out again when a thread ends.
class Arena {
 public:
  Result<ThreadRecord*> take() {
    const std::lock_guard lock(mutex_);
    TRY(reserve());
    u64 slot = 0;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    } else {
      if (used_ == kSlots) return unsupported("too many threads: the software SGX serves 4096 at once");
      slot = sgxx_soft_arena_begin + used_ * SLOT_SIZE;
      void* record = reinterpret_cast<void*>(slot);
      void* stack = reinterpret_cast<void*>(slot + kRecordPages);
      if (::mprotect(record, kRecordPages - kPageSize, PROT_READ | PROT_WRITE) != 0 ||
          ::mprotect(stack, SLOT_SIZE - kRecordPages, PROT_READ | PROT_WRITE) != 0)
        return system_error("cannot map a signal stack");
      ++used_;
    }
    return new (reinterpret_cast<void*>(slot)) ThreadRecord{};
  }

  void give_back(ThreadRecord* record) {
    const std::lock_guard lock(mutex_);
    free_.push_back(address_of(record));
  }

 private:
  Result<void> reserve() {
    if (sgxx_soft_arena_begin != 0) return {};
    void* memory = ::mmap(nullptr, (kSlots + 1) * SLOT_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return system_error("cannot reserve signal stacks");
    sgxx_soft_arena_begin = align_up(address_of(memory), SLOT_SIZE);
    sgxx_soft_arena_length = kSlots * SLOT_SIZE;
    return {};
  }

  std::mutex mutex_;
  std::vector<u64> free_;
  u64 used_ = 0;
};

u64 read_fs_base() {
  u64 base = 0;
  asm("rdfsbase %0" : "=r"(base));
  return base;
}
u64 read_gs_base() {
  u64 base = 0;
  asm("rdgsbase %0" : "=r"(base));
  return base;
}

enum class Allowed : bool { no, yes };

// Without CPUID faulting the kernel says ENODEV, and CPUID goes on to execute.
void let_cpuid(Allowed allowed) {
  constexpr long kSetCpuid = 0x1012;  // ARCH_SET_CPUID
  ::syscall(SYS_arch_prctl, kSetCpuid, allowed == Allowed::yes ? 1 : 0);
}
void let_tsc(Allowed allowed) { ::prctl(PR_SET_TSC, allowed == Allowed::yes ? PR_TSC_ENABLE : PR_TSC_SIGSEGV, 0, 0, 0); }

Arena& arena() {
  static auto* the = new Arena;  // outlives every thread
  return *the;
}

/// Gives the slot back when the thread ends. The alternate stack goes first: it lies in the slot.
struct Attachment {
  ThreadRecord* record = nullptr;
  EnclaveRange dispatched{};
  ~Attachment() {
    if (record == nullptr) return;
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    ::sigaltstack(&off, nullptr);
    ::prctl(kDispatch, 0, 0, 0, 0);
    arena().give_back(record);
  }
};
thread_local Attachment attachment;

// System calls from ELRANGE are dispatched to us, all others go to the kernel. The older interface names the range that is
// exempt instead: everything above, which is everything when nothing of the host's lies below.
Result<void> dispatch_system_calls(EnclaveRange elrange) {
  if (elrange == attachment.dispatched) return {};
  if (::prctl(kDispatch, kDispatchInclusive, elrange.begin.value, elrange.length, 0) != 0) {
    const u64 end = elrange.end().value;
    if (::prctl(kDispatch, kDispatchOn, end, (u64{1} << 63) - end, 0) != 0)
      return system_error("cannot dispatch system calls: Syscall User Dispatch (Linux 5.11 or later) is needed");
  }
  attachment.dispatched = elrange;
  attachment.record->dispatched = elrange.begin.value;
  return {};
}

}  // namespace

Result<ThreadRecord*> attach_calling_thread(EnclaveRange elrange, SoftOptions options) {
  if (attachment.record == nullptr) {
    ThreadRecord* record = TRY(arena().take());
    record->host_fs = read_fs_base();
    record->host_gs = read_gs_base();
    stack_t stack{};
    stack.ss_sp = reinterpret_cast<void*>(address_of(record) + kRecordPages);
    stack.ss_size = SLOT_SIZE - kRecordPages;
    if (::sigaltstack(&stack, nullptr) != 0) {
      arena().give_back(record);
      return system_error("cannot set the signal stack");
    }
    attachment.record = sgxx_soft_thread = record;
  }
  TRY(dispatch_system_calls(elrange));
  if (options.trap_cpuid) let_cpuid(Allowed::no);
  if (options.trap_tsc) let_tsc(Allowed::no);
  return attachment.record;
}

bool execute_for_host(ucontext_t& context) {
  greg_t* regs = context.uc_mcontext.gregs;
  const auto* at = reinterpret_cast<const u8*>(regs[REG_RIP]);
  const auto put = [regs](u32 a, u32 d) {
    regs[REG_RAX] = a;
    regs[REG_RDX] = d;
  };
  if (at[0] != 0x0f) return false;
  u32 a = static_cast<u32>(regs[REG_RAX]), b = 0, c = static_cast<u32>(regs[REG_RCX]), d = 0;
  if (at[1] == 0xa2) {
    let_cpuid(Allowed::yes);
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    let_cpuid(Allowed::no);
    put(a, d);
    regs[REG_RBX] = b;
    regs[REG_RCX] = c;
    regs[REG_RIP] += 2;
    return true;
  }
  const bool rdtsc = at[1] == 0x31, rdtscp = at[1] == 0x01 && at[2] == 0xf9;
  if (!rdtsc && !rdtscp) return false;
  let_tsc(Allowed::yes);
  asm volatile("rdtscp" : "=a"(a), "=d"(d), "=c"(c));
  let_tsc(Allowed::no);
  put(a, d);
  if (rdtscp) regs[REG_RCX] = c;
  regs[REG_RIP] += rdtscp ? 3 : 2;
  return true;
}

ThreadRecord* calling_thread() { return attachment.record; }

}  // namespace sgxx::device::soft
