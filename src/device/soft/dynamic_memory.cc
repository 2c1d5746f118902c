// SPDX-License-Identifier: Apache-2.0
//
// Dynamic memory: EAUG, EREMOVE and EACCEPT (SDM vol. 3D), and the kernel's side of it. The Linux driver adds a page when the
// enclave touches one that is not there; the page is pending, and of no use, until the enclave accepts it.
//
// EACCEPT changes the EPCM and nothing else, so that it costs nanoseconds. The machine's page tables keep everything closed and
// follow at the first access, for all accepted neighbours at once.
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>

#include "device/soft/enclave.h"

namespace sgxx::device::soft {
namespace {

constexpr u64 kLarge = 32 * 1024 * 1024;  // a heap, which may be touched in large pieces, rather than a stack

/// Held for a few system calls. In signal context too: a thread that holds it is in host code, where no handler wants it.
class TablesLock {
 public:
  explicit TablesLock(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) ::sched_yield();
  }
  ~TablesLock() { flag_.clear(std::memory_order_release); }
  TablesLock(const TablesLock&) = delete;
  TablesLock& operator=(const TablesLock&) = delete;

 private:
  std::atomic_flag& flag_;
};

}  // namespace

/// Changes an entry while EACCEPT's fast path may be changing it, too.
template <class Change>
void Enclave::update(u64 page, Change change) {
  auto* word = reinterpret_cast<u16*>(&epcm_[page]);
  u16 now = __atomic_load_n(word, __ATOMIC_RELAXED);
  for (;;) {
    EpcmEntry entry = EpcmEntry::of(now);
    change(entry);
    if (__atomic_compare_exchange_n(word, &now, entry.bits(), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return;
  }
}

Result<void> Enclave::grow_on_demand(OffsetRange range) {
  if (initialised_) return bad_input("dynamic memory is announced before EINIT");
  if (range.empty() || !is_aligned(range.begin.value, kPageSize) || !is_aligned(range.length, kPageSize) ||
      !fits(range.begin.value, range.length, secs().size) || secs().base + range.begin.value < kLowestMapped)
    return bad_input("dynamic memory must be whole pages within ELRANGE");
  EpcmEntry* entries = epcm_.data() + range.begin.value / kPageSize;
  const u64 pages = range.length / kPageSize;
  const u64 first = align_down(address_of(entries), kPageSize), end = align_up(address_of(entries + pages), kPageSize);
  ::madvise(reinterpret_cast<void*>(first), end - first, kPopulateWrite);
  if (!is_zero({reinterpret_cast<const u8*>(entries), pages * sizeof *entries}))
    return bad_input("dynamic memory where there are pages already");
  std::fill(entries, entries + pages, kGrowing);
  if (range.length >= kLarge) ::madvise(reinterpret_cast<void*>(secs().base + range.begin.value), range.length, MADV_HUGEPAGE);
  return {};
}

void Enclave::let_grow(OffsetRange range) {
  for (u64 page = range.begin.value / kPageSize; page < range.end().value / kPageSize; ++page)
    update(page, [](EpcmEntry& entry) { entry = entry.valid == 0 ? kGrowing : entry; });
}

void Enclave::withhold(OffsetRange range) {
  for (u64 page = range.begin.value / kPageSize; page < range.end().value / kPageSize; ++page)
    update(page, [](EpcmEntry& entry) { entry.growing = 0; });
}

Result<void> Enclave::add_pending(EnclaveOffset offset, isa::PageType type) {
  if (!initialised_ || !is_aligned(offset.value, kPageSize) || offset.value >= secs().size ||
      secs().base + offset.value < kLowestMapped)
    return bad_input("EAUG: no such page");
  bool free = false;
  update(offset.value / kPageSize, [&](EpcmEntry& entry) {
    free = entry.valid == 0;
    if (!free) return;
    const u8 table = entry.growing != 0 ? entry.table : kGrowing.table;
    entry = kAccepted;
    entry.table = table & 7;
    entry.type = static_cast<u8>(type) & 15;
    entry.pending = 1;
  });
  if (!free) return bad_input("EAUG: the page is there already");
  return {};
}

Result<void> Enclave::remove(EnclaveOffset offset) {
  const TablesLock lock(tables_lock_);
  const u64 page = offset.value / kPageSize;
  if (!initialised_ || !is_aligned(offset.value, kPageSize) || offset.value >= secs().size || epcm_[page].dynamic == 0)
    return bad_input("EREMOVE: EAUG has added no such page");
  update(page, [](EpcmEntry& entry) { entry = {}; });
  void* memory = reinterpret_cast<void*>(secs().base + offset.value);
  if (::mprotect(memory, kPageSize, PROT_NONE) != 0 || ::madvise(memory, kPageSize, MADV_DONTNEED) != 0)
    return system_error("cannot remove an enclave page");
  return {};
}

std::optional<isa::SgxError> Enclave::accept(u64 address, const isa::SecInfo& wanted) {
  std::optional<isa::SgxError> answer;
  update((address - secs().base) / kPageSize, [&](EpcmEntry& entry) {
    answer.reset();
    if (entry.growing != 0) {  // the page fault that EACCEPT takes, and what the kernel does about it
      const u8 table = entry.table;
      entry = kAccepted;
      entry.table = table & 7;
      entry.pending = 1;
    }
    if (entry.valid == 0) return;
    const u64 flags = u64{entry.permission} | u64{entry.type} << 8 | (entry.pending != 0 ? isa::SecInfo::kPending : 0);
    answer = isa::SgxError::page_attributes_mismatch;
    if (flags != (wanted.flags & ~isa::SecInfo::kRestricted)) return;
    answer = isa::SgxError::success;
    entry.pending = 0;
  });
  return answer;
}

bool Enclave::follow(u64 address, Permission wanted) {
  if (!contains(address)) return false;
  const TablesLock lock(tables_lock_);
  const u64 page = (address - secs().base) / kPageSize;
  const EpcmEntry entry = epcm_[page];
  if (entry.lazy == 0 || !entry.allows(wanted)) return false;
  EpcmEntry closed = entry;
  closed.mapped = 0;
  const auto joins = [&](u64 other) { return epcm_[other].bits() == closed.bits(); };
  u64 begin = page, end = page + 1;
  while (begin > 0 && joins(begin - 1)) --begin;
  while (end < epcm_.size() && joins(end)) ++end;
  void* memory = reinterpret_cast<void*>(secs().base + begin * kPageSize);
  if (::mprotect(memory, (end - begin) * kPageSize, protection_of(entry.permission & entry.table)) != 0) return false;
  for (u64 i = begin; i < end; ++i) update(i, [](EpcmEntry& followed) { followed.mapped = 1; });
  return true;
}

/// The host's page tables grant `rights` for pages [begin, end). Pages that nobody could or did access so far stay closed.
bool Enclave::set_table(u64 begin, u64 end, u8 rights) {
  const TablesLock lock(tables_lock_);
  const auto is_open = [this](u64 page) { return epcm_[page].mapped != 0; };
  for (u64 at = begin; at < end;) {
    const u64 first = at;
    const bool open = is_open(first);
    for (; at < end && is_open(at) == open; ++at) update(at, [&](EpcmEntry& entry) { entry.table = rights & 7; });
    void* memory = reinterpret_cast<void*>(secs().base + first * kPageSize);
    if (open && ::mprotect(memory, (at - first) * kPageSize, protection_of(rights)) != 0) return false;
  }
  return true;
}

}  // namespace sgxx::device::soft
