// SPDX-License-Identifier: Apache-2.0
//
// The software SGX behind the Device interface: one enclave, the calling host threads, and EENTER and ERESUME as
// __vdso_sgx_enter_enclave offers them.
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>

#include <algorithm>
#include <utility>

#include "device/device.h"
#include "device/soft/aex.h"
#include "device/soft/enclave.h"
#include "device/soft/observer.h"
#include "device/soft/signals.h"
#include "device/soft/threads.h"

namespace sgxx::device::soft {
namespace {

class SoftDevice final : public Device {
 public:
  explicit SoftDevice(SoftOptions options) : options_(options) {}

  Result<void> create(const isa::Secs& secs) override {
    if (enclave_) return bad_input("ECREATE: this device already has an enclave");
    enclave_ = TRY(Enclave::create(secs));
    enclave_->aex_cost = options_.cost.aex;
    return {};
  }

  Result<void> add_pages(EnclaveOffset offset, PageSource source, isa::SecInfo info, Measure measure) override {
    return TRY(enclave())->add_pages(offset, source, info, measure);
  }
  Result<void> init(const isa::SigStruct& signature) override { return TRY(enclave())->init(signature); }
  Result<void> grow_on_demand(OffsetRange range) override { return TRY(enclave())->grow_on_demand(range); }
  Result<void> protect(OffsetRange range, Permission permission) override { return TRY(enclave())->protect(range, permission); }

  Result<void> attach_thread() override {
    const Enclave* enclave = TRY(this->enclave());
    TRY(install_signal_handlers());
    TRY(attach_calling_thread(enclave->elrange(), options_));
    return {};
  }

  Exit enter(isa::Enclu leaf, EnclaveOffset offset, const Registers& registers) override;

  void set_interrupt_handler(InterruptHandler handler, void* context) override {
    handler_ = handler;
    handler_context_ = context;
  }

  std::optional<AsynchronousExits> asynchronous_exits() const override {
    AsynchronousExits exits{};
    if (enclave_) std::copy(enclave_->asynchronous_exits.begin(), enclave_->asynchronous_exits.end(), exits.begin());
    return exits;
  }

  Result<void> interrupt(unsigned long pthread) override {
    if (const int error = ::pthread_kill(pthread, interrupt_signal()); error != 0) {
      errno = error;
      return system_error("cannot interrupt a thread");
    }
    return {};
  }

  /// Runs at the AEP, and before every ERESUME: interrupts that arrived, then ERESUME's own checks.
  bool at_aep(Transition& transition);

  /// Null before ECREATE.
  Enclave* created() { return enclave_.get(); }

 private:
  Result<Enclave*> enclave() {
    if (!enclave_) return bad_input("no enclave has been created on this device");
    return enclave_.get();
  }

  SoftOptions options_;
  std::unique_ptr<Enclave> enclave_;
  InterruptHandler handler_ = nullptr;
  void* handler_context_ = nullptr;
};

/// What `enter` adds to the structure that the microcode sees.
struct Entry : Transition {
  SoftDevice* device;
};

Exit refusal(u16 vector) { return {Exit::Kind::refused, {}, vector, 0, 0}; }

// Single steps from here to the end of the scope, which is to be around sgxx_soft_enter and nothing else.
class Steps {
 public:
  explicit Steps(ThreadRecord& record, bool wanted) : record_(record), wanted_(wanted), outer_(record.stepping) {
    record_.stepping = wanted;
    if (wanted_) asm volatile("pushfq; orl $0x100, (%%rsp); popfq" ::: "memory", "cc");
  }
  ~Steps() {
    if (wanted_) asm volatile("pushfq; andl $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    record_.stepping = outer_;
  }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

 private:
  ThreadRecord& record_;
  bool wanted_;
  bool outer_;
};

Exit SoftDevice::enter(isa::Enclu leaf, EnclaveOffset offset, const Registers& r) {
  ThreadRecord* record = calling_thread();
  if (record == nullptr || !enclave_ || !enclave_->initialised()) return refusal(isa::vector::gp);
  if (record->dispatched != enclave_->secs().base && !attach_thread().ok()) return refusal(isa::vector::gp);
  TcsState* tcs = enclave_->tcs_at(offset);
  if (tcs == nullptr) return refusal(is_aligned(offset.value, kPageSize) ? isa::vector::pf : isa::vector::gp);
  if (__atomic_load_n(&tcs->frames_mapped, __ATOMIC_ACQUIRE) == 0) enclave_->map_frames(*tcs);
  const bool resume = leaf == isa::Enclu::eresume;
  if (!resume && leaf != isa::Enclu::eenter) return refusal(isa::vector::gp);

  Entry entry{};
  entry.record = record;
  entry.tcs = tcs;
  entry.tcs_address = tcs->address;
  entry.leaf = resume ? LEAF_ERESUME : LEAF_EENTER;
  entry.kind = KIND_REFUSED;
  entry.vector = isa::vector::gp;
  entry.rdi = r.rdi;
  entry.rsi = r.rsi;
  entry.rdx = r.rdx;
  entry.r8 = r.r8;
  entry.r9 = r.r9;
  entry.device = this;
  Transition* const outer = record->transition;
  record->transition = &entry;
  if (!resume && tcs->cssa == 0) record->interrupt = record->deferred = 0;  // an entry looks for work by itself
  Observer* const instrument = observer();
  bool allowed = true;
  const bool steps_wanted = instrument != nullptr && instrument->wants_steps();
  if (resume) {
    const bool outer_steps = std::exchange(record->stepping, steps_wanted);  // the state that ERESUME loads has TF
    allowed = at_aep(entry);
    record->stepping = outer_steps;
  } else if (instrument != nullptr && prepare_poisoned_enter(entry, *instrument, allowed)) {
    entry.leaf = LEAF_POISONED_EENTER;
  }
  if (allowed) {
    if (!resume) spin(options_.cost.eenter);
    const Steps steps(*record, steps_wanted);
    sgxx_soft_enter(&entry);
  }
  record->transition = outer;
  if (entry.kind == KIND_EEXIT) spin(options_.cost.eexit);
  switch (entry.kind) {
    case KIND_EEXIT: return {Exit::Kind::eexit, {entry.rdi, entry.rsi, entry.rdx, entry.r8, entry.r9}, 0, 0, 0};
    case KIND_FAULT: return {Exit::Kind::fault, {}, entry.vector, entry.error_code, entry.address};
    default: return refusal(entry.vector);
  }
}

bool SoftDevice::at_aep(Transition& transition) {
  ThreadRecord& record = *transition.record;
  while (__atomic_exchange_n(&record.interrupt, 0, __ATOMIC_ACQ_REL) != 0) record.deferred = 1;
  if (record.deferred != 0 && transition.tcs->cssa < transition.tcs->usable_frames) {
    record.deferred = 0;
    const EnclaveOffset tcs(transition.tcs->address - enclave_->secs().base);
    if (handler_ != nullptr) handler_(handler_context_, interrupt_signal(), tcs);
  }
  spin(options_.cost.eresume);
  transition.kind = KIND_REFUSED;
  transition.vector = isa::vector::gp;
  transition.leaf = LEAF_ERESUME;
  return prepare_resume(record, *transition.tcs);
}

}  // namespace

Enclave* enclave_of(Device& device) {
  auto* soft = dynamic_cast<SoftDevice*>(&device);
  return soft == nullptr ? nullptr : soft->created();
}

/// From microcode.S at the AEP. 0: go on with ERESUME.
extern "C" int sgxx_soft_at_aep(Transition* transition) {
  auto* entry = static_cast<Entry*>(transition);
  return entry->device->at_aep(*entry) ? 0 : 1;
}

extern "C" void sgxx_soft_undo_resume(ThreadRecord* record) { undo_resume(*record); }

}  // namespace sgxx::device::soft

namespace sgxx::device {

Result<std::unique_ptr<Device>> open_soft_device(SoftOptions options) {
  constexpr unsigned long kFsgsbase = 1u << 1;  // HWCAP2_FSGSBASE
  if ((::getauxval(AT_HWCAP2) & kFsgsbase) == 0)
    return unsupported("the software SGX needs the FSGSBASE instructions: a processor since Ivy Bridge and Linux 5.9 or later");
  return std::unique_ptr<Device>(std::make_unique<soft::SoftDevice>(options));
}

}  // namespace sgxx::device
