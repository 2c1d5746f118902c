// SPDX-License-Identifier: Apache-2.0
//
// The SGX device as one concept: what /dev/sgx_enclave's ioctls and __vdso_sgx_enter_enclave offer, no more. `linux/` is a thin
// wrapper of those; `soft/` implements them and the processor's side in software. The loader is written against this and
// cannot tell them apart.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <variant>

#include "base/address.h"
#include "base/error.h"
#include "isa/sgx.h"

namespace sgxx::device {

/// What to add at a range of pages: bytes (a multiple of the page size, page-aligned memory), or zeroes.
struct Zeroes {
  u64 length;
};
using PageSource = std::variant<ByteView, Zeroes>;

enum class Measure : bool { no, yes };

/// General registers that pass through EENTER and EEXIT.
struct Registers {
  u64 rdi = 0, rsi = 0, rdx = 0, r8 = 0, r9 = 0;
};

/// Why `enter` came back. For a fault the enclave is at CSSA = 1 and `vector`, `error_code`, `address` say what the kernel saw
/// (advice for the host; the enclave looks at its SSA). Kernel documentation: struct sgx_enclave_run.
struct Exit {
  enum class Kind { eexit, fault, refused } kind = Kind::eexit;  // refused: EENTER or ERESUME itself faulted
  Registers registers;
  u16 vector = 0;
  u16 error_code = 0;
  u64 address = 0;
};

/// Why the processor left the enclave by itself, as far as a device can tell.
#define SGXX_AEX_CAUSES(X)                                                              \
  X(interrupt, "interrupts: the enclave asked for one, or a signal came to the host")   \
  X(system_call, "syscall instructions that were not redirected")                       \
  X(cpuid, "cpuid instructions that were not redirected")                               \
  X(time_stamp, "rdtsc and rdtscp instructions that were not redirected")               \
  X(undefined, "other undefined instructions; the runtime has some to deliver signals") \
  X(page_fault, "page faults")                                                          \
  X(protection, "general protection faults")                                            \
  X(arithmetic, "arithmetic exceptions")                                                \
  X(other, "other exceptions")

enum class AexCause : u8 {
#define SGXX_X(name, text) name,
  SGXX_AEX_CAUSES(SGXX_X)
#undef SGXX_X
};
inline constexpr size_t kAexCauses = static_cast<size_t>(AexCause::other) + 1;

/// How often, by AexCause.
using AsynchronousExits = std::array<u64, kAexCauses>;

/// Ticks of the time stamp counter that transitions take in addition, so that software takes as long as hardware would.
struct TransitionCost {
  u64 eenter = 0, eexit = 0, aex = 0, eresume = 0;
};

class Device {
 public:
  virtual ~Device() = default;

  /// Reserves ELRANGE at `secs.base` (0 is a valid base; nothing is mapped below 64 KiB) and executes ECREATE.
  virtual Result<void> create(const isa::Secs& secs) = 0;

  /// EADD, and with Measure::yes EEXTEND of all 16 chunks, of every page of `source` at `offset`, in order.
  virtual Result<void> add_pages(EnclaveOffset offset, PageSource source, isa::SecInfo info, Measure measure) = 0;

  /// Pages of `range` may come later: where nothing has been added, the first access or EACCEPT of the enclave adds a page
  /// (EAUG), pending until the enclave accepts it. Before `init`. An error says what the kernel or the processor lacks.
  virtual Result<void> grow_on_demand(OffsetRange range) = 0;

  /// EINIT. The error of a refused enclave has kind `refused` and the SDM's code. Page tables then grant what the EPCM grants.
  virtual Result<void> init(const isa::SigStruct& signature) = 0;

  /// Page-table rights of a range of pages (mmap or mprotect of the device). Never more than EPCM grants.
  virtual Result<void> protect(OffsetRange range, Permission permission) = 0;

  /// Prepares the calling host thread to enter this enclave (alternate signal stack, dispatch of stray system calls). Idempotent.
  virtual Result<void> attach_thread() = 0;

  /// EENTER or ERESUME (`leaf`) on the TCS at `tcs`; returns after EEXIT or a fault. May be nested once from the interrupt
  /// handler (exception entry).
  virtual Exit enter(isa::Enclu leaf, EnclaveOffset tcs, const Registers& registers) = 0;

  /// `handler` runs on the interrupted thread, at its AEP, after `interrupt` found it inside the enclave and before ERESUME. It
  /// may call `enter` once (EENTER at CSSA = 1). It may run in signal context (the Linux device) or not (the software SGX): only
  /// async-signal-safe functions. An interrupt that finds the thread handling an exception is kept until a frame is free; one
  /// that finds it outside is kept until the next ERESUME and forgotten by the next EENTER at CSSA = 0, which looks for work
  /// itself.
  using InterruptHandler = void (*)(void* context, int signal_number, EnclaveOffset tcs);
  virtual void set_interrupt_handler(InterruptHandler handler, void* context) = 0;

  /// Asynchronous exits of the enclave so far; nothing where the device cannot see them.
  virtual std::optional<AsynchronousExits> asynchronous_exits() const { return std::nullopt; }

  /// Interrupts a thread (pthread_t) so that it leaves the enclave if it is inside: delivers the device's signal to it.
  virtual Result<void> interrupt(unsigned long pthread) = 0;
};

/// The driver's device, or an error that says what is missing (no file, no permission, no vDSO symbol).
Result<std::unique_ptr<Device>> open_linux_device();
/// What the software SGX refuses only when asked, because asking the kernel to refuse it costs time.
struct SoftOptions {
  /// CPUID inside is #UD. For images whose CPUID instructions were not redirected. Where the processor has no CPUID faulting,
  /// CPUID goes on to execute. Costs a write to a model-specific register at every switch to or from such a thread.
  bool trap_cpuid = false;
  /// RDTSC and RDTSCP inside are #UD, as on SGX1. The host's own clock_gettime then takes microseconds on attached threads.
  bool trap_tsc = false;
  /// Each transition spins for as long.
  TransitionCost cost = {};
};

/// The software SGX, or an error that says what is missing (fsgsbase, syscall user dispatch).
Result<std::unique_ptr<Device>> open_soft_device(SoftOptions options = {});

}  // namespace sgxx::device
