// SPDX-License-Identifier: Apache-2.0
//
// One enclave of the software SGX: its memory, its EPCM, its SECS. ECREATE, EADD, EEXTEND and EINIT (SDM vol. 3D, "SGX
// Instruction References") with the checks that those leaves and the Linux driver make. Nothing here knows of threads.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <optional>
#include <vector>

#include "device/device.h"
#include "device/soft/lazy_array.h"
#include "device/soft/records.h"
#include "image/measurement.h"

namespace sgxx::device::soft {

class KeyDeriver;

/// vm.mmap_min_addr on every distribution, and the abi's lowest backed offset.
inline constexpr u64 kLowestMapped = 0x10000;

/// MADV_POPULATE_WRITE: all the page faults at once; Linux 5.14.
inline constexpr int kPopulateWrite = 23;

/// True when there are no other bytes than zeroes, and one at least.
bool is_zero(ByteView bytes);

/// PROT_* for Permission::bits. What is executable is readable: x86 page tables without protection keys cannot say less.
int protection_of(u8 permission);

/// An EPCM entry, as far as software can observe it, and what the page tables grant beside it.
struct EpcmEntry {
  u8 valid : 1;
  u8 permission : 3;  // Permission::bits
  u8 type : 4;        // isa::PageType
  u8 table : 3;       // Permission::bits: what the host has asked for
  u8 pending : 1;     // added by EAUG and not accepted yet
  u8 growing : 1;     // not there; the kernel adds it when the enclave touches it
  u8 dynamic : 1;     // added by EAUG
  u8 mapped : 1;      // the machine's page table grants `permission` and `table`
  u8 lazy : 1;        // it does from the first access on, not before

  bool allows(Permission wanted) const {
    return valid != 0 && pending == 0 && type == static_cast<u8>(isa::PageType::reg) &&
           (permission & table & wanted.bits()) == wanted.bits();
  }
  u16 bits() const { return std::bit_cast<u16>(*this); }
  static EpcmEntry of(u16 bits) { return std::bit_cast<EpcmEntry>(bits); }
};
static_assert(sizeof(EpcmEntry) == 2);
/// What EACCEPT's fast path (microcode.S) takes and makes, and what it wants of SECINFO's page.
inline constexpr EpcmEntry kGrowing = {
    .valid = 0, .permission = 0, .type = 0, .table = 3, .pending = 0, .growing = 1, .dynamic = 1, .mapped = 0, .lazy = 1};
inline constexpr EpcmEntry kAccepted = {
    .valid = 1, .permission = 3, .type = 2, .table = 3, .pending = 0, .growing = 0, .dynamic = 1, .mapped = 0, .lazy = 1};
static_assert(std::bit_cast<u16>(kGrowing) == EPCM_GROWING && std::bit_cast<u16>(kAccepted) == EPCM_ACCEPTED);
static_assert(isa::SecInfo::pending().flags == SECINFO_PENDING);
static_assert(std::bit_cast<u16>(EpcmEntry{1, 1, 2, 1, 0, 0, 0, 0, 0}) == EPCM_READABLE &&
              std::bit_cast<u16>(EpcmEntry{1, 1, 15, 1, 1, 0, 0, 0, 0}) == EPCM_READABLE_MASK);

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

  // Dynamic memory (dynamic_memory.cc). EAUG and EREMOVE are the host's; a host that lies uses them as it likes.
  Result<void> grow_on_demand(OffsetRange range);
  /// The kernel adds the pages of `range` that are not there when they are touched, or it does not.
  void let_grow(OffsetRange range);
  void withhold(OffsetRange range);
  /// EAUG of a page that is not there, as PT_REG or as a page of a shadow stack.
  Result<void> add_pending(EnclaveOffset page, isa::PageType type = isa::PageType::reg);
  /// EREMOVE of a page that EAUG added; its contents are lost.
  Result<void> remove(EnclaveOffset page);
  /// EACCEPT of the page at `address`, after the checks of the operands. Nothing: #PF, the page is not there.
  std::optional<isa::SgxError> accept(u64 address, const isa::SecInfo& wanted);
  /// Lets the machine's page table follow the EPCM for the page at `address` and its neighbours. False: `wanted` is not granted.
  bool follow(u64 address, Permission wanted);

  bool initialised() const { return initialised_; }
  const isa::Secs& secs() const { return identity_.secs; }
  const Identity& identity() const { return identity_; }
  /// After EINIT.
  const KeyDeriver& keys() const { return *keys_; }
  EnclaveRange elrange() const { return {EnclaveAddr(secs().base), secs().size}; }
  bool contains(u64 address) const { return address - secs().base < secs().size; }
  bool in_exit_thunk(u64 rip) const { return rip - thunk_ < kAcceptThunk; }
  bool in_accept_thunk(u64 rip) const { return rip - thunk_ - kAcceptThunk < kPageSize - kAcceptThunk; }

  /// The TCS at `offset`, or null.
  TcsState* tcs_at(EnclaveOffset offset);
  /// The EPCM entry of the page at a linear address within ELRANGE; invalid for any other address.
  EpcmEntry epcm_at(u64 address) const;
  /// True when [address, address + length) lies in valid PT_REG pages where EPCM and page tables grant `permission`. The
  /// software SGX may then access it, too.
  bool accessible(u64 address, u64 length, Permission permission);
  /// Before a thread enters: its save area is where an exception can write.
  void map_frames(TcsState& tcs);

  std::array<std::atomic<u64>, kAexCauses> asynchronous_exits{};
  u64 aex_cost = 0;  // ticks that an asynchronous exit takes in addition

 private:
  /// Pages and what the page tables shall grant there.
  struct Run {
    OffsetRange range;
    int protection;  // PROT_*
  };

  explicit Enclave(const isa::Secs& secs);
  Result<void> add_tcs(EnclaveOffset offset, ByteView page);
  Result<void> place(u64 address, ByteView bytes);
  Result<void> fill(u64 address, u64 length);
  void record_pages(EnclaveOffset offset, PageSource source, const isa::SecInfo& info, Measure measure, bool lazy);
  void join_runs();
  Result<void> apply_rights();
  bool grants(u64 address, u64 length, Permission permission) const;
  void count_usable_frames(TcsState& tcs);
  Result<void> redirect_enclu_sites();
  Result<void> make_thunk();
  template <class Change>
  void update(u64 page, Change change);
  bool set_table(u64 begin, u64 end, u8 rights);

  static constexpr u64 kAcceptThunk = 32;  ///< offset in the thunk page

  Identity identity_{};
  image::Measurement measurement_;
  LazyArray<EpcmEntry> epcm_;
  std::atomic_flag tables_lock_;  // held while the machine's page tables and what the EPCM says of them change
  LazyArray<TcsState*> tcs_by_page_;
  LazyArray<TcsState*> tcs_by_gs_page_;
  std::vector<std::unique_ptr<TcsState>> tcs_;
  std::vector<Run> added_;  // until EINIT
  std::unique_ptr<KeyDeriver> keys_;
  LeafTable leaf_table_{};
  u64 thunk_ = 0;
  u8 filler_;
  bool measured_ = false;  // EINIT has been tried: MRENCLAVE is final
  bool initialised_ = false;
};

}  // namespace sgxx::device::soft
