// SPDX-License-Identifier: Apache-2.0
#include "enclave/memory/mappings.h"

#include "enclave/abort.h"
#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/lock.h"
#include "enclave/memory/page_map.h"
#include "enclave/random.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constexpr u8 kReadWrite = page::readable | page::writable;
constexpr u64 kBreakRandomPages = 256;
constexpr u64 kStackGrowth = 64 * 1024;  // what a fault below a stack makes present; a power of two

constinit SpinLock memory_lock;  // held while the page map changes; its holder touches no memory of the program
u64 heap_begin, heap_end;        // what mmap and brk may hand out
u64 break_begin, break_now;      // [break_begin, break_now) is the program's; the pages up to align_up(break_now) are marked used
u64 used_pages;

Permission permission_of(u8 rights) {
  if ((rights & page::executable) != 0) return Permission::rx();
  if ((rights & page::writable) != 0) return Permission::rw();
  return (rights & page::readable) != 0 ? Permission::r() : Permission::none();
}

bool is_dynamic() { return (enclave_config.flags & abi::config_flag::dynamic_memory) != 0; }

bool is_missing(u8 byte) { return (byte & page::accepted) == 0; }

/// The rights that the page table has for a page that is there, as far as the host was told.
u8 table_rights(u8 byte) {
  if ((byte & page::slot) != 0 && (byte & page::ready) == 0) return kReadWrite;
  return page::rights_in(byte);
}

/// Calls `act(begin, length)` for each run of pages in the range whose byte `is` true.
template <class Is, class Act>
void for_each_run(u64 address, u64 length, Is is, Act act) {
  const PageMap& map = page_map();
  for (u64 at = address, end = address + length; at < end;) {
    if (!is(map.at(at))) {
      at += kPageSize;
      continue;
    }
    const u64 begin = at;
    while (at < end && is(map.at(at))) at += kPageSize;
    act(begin, at - begin);
  }
}

/// Asks the host for `rights` wherever the page table differs, in as few calls as there are runs. Pages that are not there need
/// nothing: the page table has all rights for them, and the EPCM none.
void set_table_rights(u64 address, u64 length, u8 rights) {
  for_each_run(
      address, length, [rights](u8 byte) { return !is_missing(byte) && table_rights(byte) != rights; },
      [rights](u64 begin, u64 bytes) { host::protect(begin, bytes, permission_of(rights)); });
}

void change_bits(u64 address, u64 length, u8 cleared, u8 set) {
  Guard guard(memory_lock);
  for (u64 at = address; at < address + length; at += kPageSize) {
    page_map().at(at) = static_cast<u8>((page_map().at(at) & ~cleared) | set);
  }
}

/// EACCEPT of pages that were never there. The lock is held, or nobody else is there yet.
void accept_run(u64 begin, u64 length) {
  require(accept_pages(begin, length / kPageSize) == 0, abi::AbortReason::memory_refused);
}

/// Makes missing pages of the range present. In pieces, so that others get their turn at the lock.
void accept_missing(u64 address, u64 length) {
  constexpr u64 kPiece = 256 * kPageSize;
  for (u64 done = 0; done < length; done += kPiece) {
    Guard guard(memory_lock);
    for_each_run(address + done, length - done < kPiece ? length - done : kPiece, is_missing, [](u64 begin, u64 bytes) {
      accept_run(begin, bytes);
      for (u64 at = begin; at < begin + bytes; at += kPageSize) page_map().at(at) |= page::accepted;
    });
  }
}

/// Makes pages zero that the program has never been able to see. A stack's pages may come later, when it is touched.
void make_ready(u64 begin, u64 length, u8 rights) {
  const bool later = (page_map().at(begin) & page::slot) != 0 && rights == kReadWrite;
  for_each_run(
      begin, length, [](u8 byte) { return !is_missing(byte); },
      [](u64 used, u64 bytes) {
        set_table_rights(used, bytes, kReadWrite);
        require(zero_program_bytes(reinterpret_cast<void*>(used), bytes) == 0, abi::AbortReason::runtime_fault);
      });
  if (!later) accept_missing(begin, length);
  change_bits(begin, length, 0, page::ready | kReadWrite);
}

/// Gives used pages new rights.
void set_rights(u64 address, u64 length, u8 rights) {
  if (rights != 0) {
    for_each_run(
        address, length, [](u8 byte) { return (byte & page::ready) == 0; },
        [rights](u64 begin, u64 bytes) { make_ready(begin, bytes, rights); });
    if (rights != kReadWrite) accept_missing(address, length);
  }
  set_table_rights(address, length, rights);
  change_bits(address, length, page::rights, rights);
}

/// Marks free heap pages as used, with no rights yet. The lock is held.
void take(u64 address, u64 length) {
  page_map().mark(address, length, page::heap | page::used);
  used_pages += length / kPageSize;
}

bool is_free_heap(u8 byte) { return (byte & ~page::accepted) == page::heap; }

bool is_free(u64 address, u64 length) {
  if (address < heap_begin || !fits(address - heap_begin, length, heap_end - heap_begin)) return false;
  for (u64 at = address; at < address + length; at += kPageSize) {
    if (!is_free_heap(page_map().at(at))) return false;
  }
  return true;
}

/// Heap pages, mapped or free, become a new mapping with no rights yet. What was mapped is not free in between: another thread
/// that looks for memory while the host is called does not find it. ENOMEM where the runtime's own pages are.
Outcome<> replace(u64 address, u64 length) {
  PageMap& map = page_map();
  for (u64 at = address, end = address + length; at < end;) {
    const u64 begin = at;
    {
      Guard guard(memory_lock);
      while (at < end && is_free_heap(map.at(at))) at += kPageSize;
      if (at != begin) take(begin, at - begin);
    }
    if (at != begin) continue;
    while (at < end && (map.at(at) & page::used) != 0) at += kPageSize;
    if (at == begin) return fail(Errno::nomem);
    set_table_rights(begin, at - begin, 0);
    Guard guard(memory_lock);
    map.mark(begin, at - begin, page::heap | page::used);
  }
  return {};
}

/// The highest free run of `length` bytes in the heap whose start is aligned to `alignment`, or 0. The lock is held.
u64 find_free(u64 length, u64 alignment) {
  u64 run = 0;
  for (u64 at = heap_end; at > heap_begin;) {
    at -= kPageSize;
    run = is_free_heap(page_map().at(at)) ? run + kPageSize : 0;
    if (run >= length && is_aligned(at, alignment)) return at;
  }
  return 0;
}

/// A free thread-stack slot for `length` bytes including a guard at its low end, or 0. The lock is held.
u64 take_slot(u64 length) {
  const EnclaveConfig& config = enclave_config;
  if (length > config.stack_slot_stride) return 0;
  const u64 slots = enclave_base() + config.stack_slots.offset;
  for (u64 i = 0; i < config.stack_slot_count; ++i) {
    const u64 slot = slots + i * config.stack_slot_stride;
    const u64 first = slot + kPageSize;  // the lowest page is never backed
    if ((page_map().at(first) & ~page::accepted) != page::slot) continue;
    page_map().mark(first, config.stack_slot_stride - kPageSize, page::slot | page::used);
    return slot;
  }
  return 0;
}

/// The guard of a slot when it is larger than the page that is never backed: closed by the page table too, where it is there.
void close_slot_guard(u64 address) {
  PageMap& map = page_map();
  u64 begin = address;
  while (begin >= kPageSize && (map.at(begin - kPageSize) & ~page::accepted) == (page::slot | page::used)) begin -= kPageSize;
  if (begin == address) return;
  set_table_rights(begin, address - begin, 0);
  change_bits(begin, address - begin, 0, page::ready);
}

bool is_used(u64 address, u64 length) {
  if (!page_map().covers(address, length)) return false;
  for (u64 at = address; at < address + length; at += kPageSize) {
    if ((page_map().at(at) & page::used) == 0) return false;
  }
  return true;
}

Outcome<u64> page_length(u64 address, u64 length) {
  const auto rounded = checked_align_up(length, kPageSize);
  if (!is_aligned(address, kPageSize) || !rounded || *rounded == 0) return fail(Errno::inval);
  return *rounded;
}

/// What the first thread finds: a closed heap, and a stack of zeroes.
void prepare_start() {
  const abi::Region& stack = enclave_config.main_stack;
  const u64 begin = enclave_base() + stack.offset;
  if (is_dynamic()) {
    const u64 first = stack.length < kStackGrowth ? stack.length : kStackGrowth;
    return accept_missing(begin + stack.length - first, first);
  }
  host::protect(heap_begin, heap_end - heap_begin, Permission::none());
  memset(reinterpret_cast<void*>(begin), 0, stack.length);
}

}  // namespace

void initialize_memory() {
  const EnclaveConfig& config = enclave_config;
  const u64 base = enclave_base();
  const u64 pages = config.elrange_size / kPageSize;
  const u64 map_bytes = align_up(pages, kPageSize);
  require(map_bytes < config.heap.length, abi::AbortReason::bad_config);
  const u64 map_begin = base + config.heap.offset;
  auto* bytes = reinterpret_cast<u8*>(map_begin);
  if (is_dynamic()) {
    accept_run(map_begin, map_bytes);
  } else {
    memset(bytes, 0, map_bytes);
  }
  page_map().initialize(bytes, base, pages);

  for (const EnclaveConfig::Segment& segment : config.segments) {
    if (segment.length == 0) continue;
    page_map().fill(base + segment.offset, segment.length,
                    static_cast<u8>(segment.permission | page::used | page::ready | page::accepted));
  }
  const auto fill = [base](const abi::Region& region, u8 value) {
    if (region.length != 0) page_map().fill(base + region.offset, region.length, value);
  };
  fill(config.stubs, page::readable | page::executable | page::accepted);
  fill(config.blob, page::readable | page::accepted);
  fill(config.unmeasured, page::readable | page::accepted);
  const u8 there = is_dynamic() ? 0 : page::accepted;
  fill(config.main_stack, static_cast<u8>(kReadWrite | page::used | page::ready | there));
  heap_begin = map_begin + map_bytes;
  heap_end = map_begin + config.heap.length;
  page_map().fill(heap_begin, heap_end - heap_begin, static_cast<u8>(page::heap | there));
  for (u64 i = 0; i < config.stack_slot_count; ++i) {
    page_map().fill(base + config.stack_slots.offset + i * config.stack_slot_stride + kPageSize,
                    config.stack_slot_stride - kPageSize, static_cast<u8>(page::slot | there));
  }
  u64 random_pages = random_word() % kBreakRandomPages;
  if (random_pages * kPageSize * 16 > heap_end - heap_begin) random_pages = 0;
  break_begin = break_now = heap_begin + random_pages * kPageSize;
  prepare_start();
}

void accept_memory(u64 address, u64 length) {
  const u64 begin = align_down(address, kPageSize);
  accept_missing(begin, align_up(address + length, kPageSize) - begin);
}

bool memory_arrived(ThreadBlock& thread, u64 address) {
  const auto may_come = [](u8 byte) {
    constexpr u8 kWhole = page::used | kReadWrite;
    return (byte & (kWhole | page::heap)) == kWhole;
  };
  if (!page_map().covers(address, 1) || !may_come(page_map().at(address))) return false;
  const u64 faulted = align_down(address, kPageSize);
  if (!is_missing(page_map().at(faulted))) {
    // Another thread's fault may have brought it in the meantime; if that is not so, the second fault is the program's.
    return faulted != thread.retried_page && (thread.retried_page = faulted, true);
  }
  const u64 block = align_down(address, kStackGrowth);
  for_each_run(block, kStackGrowth, may_come, accept_missing);
  return true;
}

Outcome<u64> map_memory(const MapRequest& request) {
  const u64 length = TRY(page_length(0, request.length));
  u64 address = 0;
  if (request.placement == MapRequest::Placement::fixed) {
    if (!is_aligned(request.address, kPageSize)) return fail(Errno::inval);
    if (request.address < heap_begin || !fits(request.address - heap_begin, length, heap_end - heap_begin)) {
      return fail(Errno::nomem);
    }
    address = request.address;
    TRY(replace(address, length));
  } else {
    Guard guard(memory_lock);
    if (request.placement == MapRequest::Placement::anywhere) {
      if (request.purpose == MapRequest::Purpose::stack && request.rights == 0) {
        if (const u64 slot = take_slot(length); slot != 0) return slot;
      }
      const u64 hint = align_down(request.address, kPageSize);
      address = hint != 0 && is_free(hint, length) ? hint : 0;
      // A large power of two is a heap that its owner wants aligned to its size.
      if (address == 0 && is_power_of_two(length)) address = find_free(length, length);
      if (address == 0) address = find_free(length, kPageSize);
      if (address == 0) return fail(Errno::nomem);
    } else {
      address = request.address;
      if (!is_free(address, length)) {
        return fail(page_map().covers(address, length) ? Errno::exist : Errno::nomem);
      }
    }
    take(address, length);
  }
  if (request.rights != 0) set_rights(address, length, request.rights);
  return address;
}

Outcome<> unmap_memory(u64 address, u64 raw_length) {
  const u64 length = TRY(page_length(address, raw_length));
  if (!page_map().covers(address, length)) return {};
  for (u64 at = address; at < address + length; at += kPageSize) {
    const u8 byte = page_map().at(at);
    if ((byte & (page::readable | page::writable | page::executable)) != 0 && (byte & page::used) == 0) return fail(Errno::inval);
  }
  for (u64 at = address, end = address + length; at < end;) {
    const u8 kind = page_map().at(at) & (page::used | page::heap | page::slot);
    const u64 begin = at;
    while (at < end && (page_map().at(at) & (page::used | page::heap | page::slot)) == kind) at += kPageSize;
    if ((kind & page::used) == 0) continue;
    const bool slot = (kind & page::slot) != 0;
    set_table_rights(begin, at - begin, slot ? kReadWrite : u8{0});
    Guard guard(memory_lock);
    if ((kind & page::heap) != 0) used_pages -= (at - begin) / kPageSize;
    page_map().mark(begin, at - begin, static_cast<u8>(kind & ~page::used));
  }
  return {};
}

Outcome<> protect_memory(u64 address, u64 raw_length, u8 rights) {
  if (raw_length == 0) return is_aligned(address, kPageSize) ? Outcome<>{} : Outcome<>{fail(Errno::inval)};
  const u64 length = TRY(page_length(address, raw_length));
  // The lowest page of a slot is a guard already and stays one.
  const EnclaveConfig& config = enclave_config;
  const u64 slots = enclave_base() + config.stack_slots.offset;
  if (rights == 0 && length == kPageSize && config.stack_slot_count != 0 && address >= slots &&
      address - slots < config.stack_slots.length && (address - slots) % config.stack_slot_stride == 0) {
    return {};
  }
  if (!is_used(address, length)) return fail(Errno::nomem);
  for (u64 at = address; at < address + length; at += kPageSize) {
    const u8 byte = page_map().at(at);
    const bool data = (byte & (page::heap | page::slot)) != 0;
    // Heap pages are never executable, code pages never writable.
    if (data && (rights & page::executable) != 0) return fail(Errno::acces);
    if (!data && (rights & page::writable) != 0 && (byte & page::executable) != 0) return fail(Errno::acces);
    if (!data && (rights & page::executable) != 0 && (byte & page::executable) == 0) return fail(Errno::acces);
  }
  const bool slot = (page_map().at(address) & page::slot) != 0;
  set_rights(address, length, rights);
  if (slot) close_slot_guard(address);
  return {};
}

Outcome<> close_behind_file(u64 address, u64 length) {
  TRY(protect_memory(address, length, 0));
  change_bits(address, length, 0, page::executable);
  return {};
}

Outcome<u64> remap_memory(u64 address, u64 raw_old, u64 raw_new, MayMove may_move) {
  const u64 old_length = TRY(page_length(address, raw_old));
  const u64 new_length = TRY(page_length(address, raw_new));
  if (!is_used(address, old_length)) return fail(Errno::fault);
  if (new_length <= old_length) {
    if (new_length < old_length) TRY(unmap_memory(address + new_length, old_length - new_length));
    return address;
  }
  const u8 rights = page::rights_in(page_map().at(address));
  const u64 more = new_length - old_length;
  {
    memory_lock.lock();
    const bool grows = is_free(address + old_length, more);
    if (grows) take(address + old_length, more);
    memory_lock.unlock();
    if (grows) {
      set_rights(address + old_length, more, rights);
      return address;
    }
  }
  if (may_move == MayMove::no) return fail(Errno::nomem);
  const u64 target = TRY(map_memory({.length = new_length, .rights = kReadWrite}));
  if ((rights & page::readable) == 0) set_rights(address, old_length, page::readable);
  if (copy_program_bytes(reinterpret_cast<void*>(target), reinterpret_cast<const void*>(address), old_length) != 0) {
    return fail(Errno::fault);
  }
  if (rights != kReadWrite) set_rights(target, new_length, rights);
  TRY(unmap_memory(address, old_length));
  return target;
}

Outcome<> forget_memory(u64 address, u64 raw_length) {
  if (raw_length == 0) return {};
  const u64 length = TRY(page_length(address, raw_length));
  for (u64 at = address; at < address + length; at += kPageSize) {
    if (!page_map().covers(at, kPageSize)) return fail(Errno::nomem);
    const u8 byte = page_map().at(at);
    if ((byte & page::slot) != 0 || (byte & page::heap) == 0 || (byte & page::ready) == 0) continue;
    if ((byte & page::writable) != 0) {
      zero_program_bytes(reinterpret_cast<void*>(at), kPageSize);
    } else {
      change_bits(at, kPageSize, page::ready, 0);
      set_rights(at, kPageSize, page::rights_in(byte));
    }
  }
  return {};
}

u64 move_break(u64 address) {
  if (address < break_begin || address > heap_end) return break_now;
  const u64 old_end = align_up(break_now, kPageSize);
  const u64 new_end = align_up(address, kPageSize);
  if (new_end > old_end) {
    {
      Guard guard(memory_lock);
      if (!is_free(old_end, new_end - old_end)) return break_now;
      take(old_end, new_end - old_end);
    }
    set_rights(old_end, new_end - old_end, kReadWrite);
  } else if (new_end < old_end) {
    (void)unmap_memory(new_end, old_end - new_end);
  }
  break_now = address;
  return break_now;
}

Outcome<u64> map_runtime_memory(u64 length) {
  u64 address = 0;
  {
    Guard guard(memory_lock);
    address = find_free(length, kPageSize);
    if (address == 0) return fail(Errno::nomem);
    page_map().mark(address, length, 0);
    used_pages += length / kPageSize;
  }
  set_table_rights(address, length, kReadWrite);
  accept_missing(address, length);
  return address;
}

void unmap_runtime_memory(u64 address, u64 length) {
  host::protect(address, length, Permission::none());
  Guard guard(memory_lock);
  page_map().mark(address, length, page::heap);
  used_pages -= length / kPageSize;
}

void keep_for_runtime(u64 address, u64 length) {
  set_table_rights(address, length, kReadWrite);
  Guard guard(memory_lock);
  page_map().mark(address, length, 0);
}

MemoryUse memory_use() { return {(heap_end - heap_begin) / kPageSize, used_pages}; }

}  // namespace sgxx::enclave
