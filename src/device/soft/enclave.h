// SPDX-License-Identifier: Apache-2.0
//
// One enclave of the software SGX: its memory, its EPCM, its SECS. ECREATE, EADD, EEXTEND and EINIT (SDM vol. 3D, "SGX
// Instruction References") with the checks that those leaves and the Linux driver make. Nothing here knows of threads.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "device/device.h"
#include "device/soft/lazy_array.h"
#include "device/soft/records.h"
#include "image/measurement.h"

namespace sgxx::device::soft {

class KeyDeriver;

/// An EPCM entry, as far as software can observe it, and what the page tables grant beside it.
struct EpcmEntry {
  u8 valid : 1;
  u8 permission : 3;  // Permission::bits
  u8 type : 4;        // isa::PageType
  u8 table;           // Permission::bits
};
static_assert(sizeof(EpcmEntry) == 2);

/// ERESUME, AEX and the leaves look at these after EINIT; nothing changes them any more.
struct Identity {
  isa::Secs secs;
  std::array<u8, 16> isv_family_id;
  std::array<u8, 16> isv_ext_prod_id;
};

class Enclave {
 public:
  /// ECREATE. Reserves ELRANGE without backing it.
  static Result<std::unique_ptr<Enclave>> create(const isa::Secs& secs);
  ~Enclave();
  Enclave(const Enclave&) = delete;
  Enclave& operator=(const Enclave&) = delete;

  Result<void> add_pages(EnclaveOffset offset, PageSource source, const isa::SecInfo& info, Measure measure);
  Result<void> init(const isa::SigStruct& signature);
  Result<void> protect(OffsetRange range, Permission permission);

  bool initialised() const { return initialised_; }
  const isa::Secs& secs() const { return identity_.secs; }
  const Identity& identity() const { return identity_; }
  /// After EINIT.
  const KeyDeriver& keys() const { return *keys_; }
  EnclaveRange elrange() const { return {EnclaveAddr(secs().base), secs().size}; }
  bool contains(u64 address) const { return address - secs().base < secs().size; }
  bool in_thunk(u64 rip) const { return rip - thunk_ < kPageSize; }

  /// The TCS at `offset`, or null.
  TcsState* tcs_at(EnclaveOffset offset);
  /// The EPCM entry of the page at a linear address within ELRANGE; invalid for any other address.
  EpcmEntry epcm_at(u64 address) const;
  /// True when [address, address + length) lies in valid PT_REG pages where EPCM and page tables grant `permission`.
  bool accessible(u64 address, u64 length, Permission permission) const;

  std::atomic<u64> stray_system_calls{0};

 private:
  /// Pages and what the page tables shall grant there.
  struct Run {
    OffsetRange range;
    int protection;  // PROT_*
  };

  explicit Enclave(const isa::Secs& secs);
  Result<void> add_tcs(EnclaveOffset offset, ByteView page);
  Result<void> place(u64 address, PageSource source, Measure measure);
  void record_pages(EnclaveOffset offset, PageSource source, const isa::SecInfo& info, Measure measure);
  void join_runs();
  Result<void> apply_rights();
  void count_usable_frames(TcsState& tcs);
  Result<void> redirect_enclu_sites();
  Result<void> make_thunk();

  Identity identity_{};
  image::Measurement measurement_;
  LazyArray<EpcmEntry> epcm_;
  LazyArray<TcsState*> tcs_by_page_;
  LazyArray<TcsState*> tcs_by_gs_page_;
  std::vector<std::unique_ptr<TcsState>> tcs_;
  std::vector<Run> added_;  // until EINIT
  std::unique_ptr<KeyDeriver> keys_;
  EexitTable eexit_table_{};
  u64 thunk_ = 0;
  u8 filler_;
  bool measured_ = false;  // EINIT has been tried: MRENCLAVE is final
  bool initialised_ = false;
};

}  // namespace sgxx::device::soft
