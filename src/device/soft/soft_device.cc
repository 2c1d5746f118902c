// SPDX-License-Identifier: Apache-2.0
//
// The software SGX behind the Device interface: one enclave, the calling host threads, and EENTER and ERESUME as
// __vdso_sgx_enter_enclave offers them.
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>

#include "device/device.h"
#include "device/soft/aex.h"
#include "device/soft/enclave.h"
#include "device/soft/signals.h"
#include "device/soft/threads.h"

namespace sgxx::device::soft {
namespace {

class SoftDevice final : public Device {
 public:
  Result<void> create(const isa::Secs& secs) override {
    if (enclave_) return bad_input("ECREATE: this device already has an enclave");
    enclave_ = TRY(Enclave::create(secs));
    return {};
  }

  Result<void> add_pages(EnclaveOffset offset, PageSource source, isa::SecInfo info, Measure measure) override {
    return TRY(enclave())->add_pages(offset, source, info, measure);
  }
  Result<void> init(const isa::SigStruct& signature) override { return TRY(enclave())->init(signature); }
  Result<void> protect(OffsetRange range, Permission permission) override { return TRY(enclave())->protect(range, permission); }

  Result<void> attach_thread() override {
    const Enclave* enclave = TRY(this->enclave());
    TRY(install_signal_handlers());
    TRY(attach_calling_thread(enclave->elrange()));
    return {};
  }

  Exit enter(isa::Enclu leaf, EnclaveOffset offset, const Registers& registers) override;

  void set_interrupt_handler(InterruptHandler handler, void* context) override {
    handler_ = handler;
    handler_context_ = context;
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

 private:
  Result<Enclave*> enclave() {
    if (!enclave_) return bad_input("no enclave has been created on this device");
    return enclave_.get();
  }

  std::unique_ptr<Enclave> enclave_;
  InterruptHandler handler_ = nullptr;
  void* handler_context_ = nullptr;
};

/// What `enter` adds to the structure that the microcode sees.
struct Entry : Transition {
  SoftDevice* device;
};

Exit refusal(u16 vector) { return {Exit::Kind::refused, {}, vector, 0, 0}; }

Exit SoftDevice::enter(isa::Enclu leaf, EnclaveOffset offset, const Registers& r) {
  ThreadRecord* record = calling_thread();
  if (record == nullptr || !enclave_ || !enclave_->initialised()) return refusal(isa::vector::gp);
  if (record->dispatched != enclave_->secs().base && !attach_thread().ok()) return refusal(isa::vector::gp);
  TcsState* tcs = enclave_->tcs_at(offset);
  if (tcs == nullptr) return refusal(is_aligned(offset.value, kPageSize) ? isa::vector::pf : isa::vector::gp);
  const bool resume = leaf == isa::Enclu::eresume;
  const u32 level = resume ? tcs->cssa - 1 : tcs->cssa;
  if ((!resume && leaf != isa::Enclu::eenter) || level >= kLevels) return refusal(isa::vector::gp);

  Entry entry{};
  static_cast<Transition&>(entry) = {record, tcs, tcs->address, static_cast<u32>(leaf), KIND_REFUSED, r.rdi, r.rsi, r.rdx, r.r8, r.r9,
                                     address_of(record->anchors[level].data() + record->anchors[level].size()), 0,
                                     isa::vector::gp, 0, 0};
  entry.device = this;
  if (!resume && tcs->cssa == 0) record->interrupt = record->deferred = 0;  // an entry looks for work by itself
  if (resume && !at_aep(entry)) return refusal(isa::vector::gp);
  sgxx_soft_enter(&entry);
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
  transition.kind = KIND_REFUSED;
  transition.vector = isa::vector::gp;
  return prepare_resume(record, *transition.tcs);
}

}  // namespace

/// From microcode.S at the AEP. 0: go on with ERESUME.
extern "C" int sgxx_soft_at_aep(Transition* transition) {
  auto* entry = static_cast<Entry*>(transition);
  return entry->device->at_aep(*entry) ? 0 : 1;
}

extern "C" void sgxx_soft_undo_resume(ThreadRecord* record) { undo_resume(*record); }

}  // namespace sgxx::device::soft

namespace sgxx::device {

Result<std::unique_ptr<Device>> open_soft_device() {
  constexpr unsigned long kFsgsbase = 1u << 1;  // HWCAP2_FSGSBASE
  if ((::getauxval(AT_HWCAP2) & kFsgsbase) == 0)
    return unsupported("the software SGX needs the FSGSBASE instructions: a processor since Ivy Bridge and Linux 5.9 or later");
  return std::unique_ptr<Device>(std::make_unique<soft::SoftDevice>());
}

}  // namespace sgxx::device
