// SPDX-License-Identifier: Apache-2.0
//
// Two stocks: single pages, and blocks of a power of two of bytes cut out of such pages. A stock is a list through the free
// memory itself. Pages enter the stock sixteen at a time, because each visit to the heap may cost a host call.
#include "enclave/memory/runtime_memory.h"

#include "enclave/lock.h"
#include "enclave/memory/mappings.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kSmallest = 32, kLargest = 2048;
constexpr u32 kClasses = 7;  // 32, 64, ... 2048
constexpr u64 kPagesAtOnce = 16;

struct FreeBlock {
  FreeBlock* next;
};

constinit SpinLock stock_lock;
FreeBlock* free_pages;
FreeBlock* free_blocks[kClasses];

void push(FreeBlock*& list, u64 address) {
  auto* const block = reinterpret_cast<FreeBlock*>(address);
  block->next = list;
  list = block;
}

u64 pop(FreeBlock*& list) {
  FreeBlock* const block = list;
  if (block != nullptr) list = block->next;
  return reinterpret_cast<u64>(block);
}

u32 class_of(u64 size) {
  u32 index = 0;
  while (kSmallest << index < size) ++index;
  return index;
}

/// One page off the stock, not zeroed.
Outcome<u64> take_page() {
  {
    Guard guard(stock_lock);
    if (const u64 page = pop(free_pages); page != 0) return page;
  }
  u64 count = kPagesAtOnce;
  auto pages = map_runtime_memory(count * kPageSize);
  if (!pages.ok()) {
    count = 1;
    pages = map_runtime_memory(kPageSize);
  }
  if (!pages.ok()) return pages;
  const u64 first = *pages;
  Guard guard(stock_lock);
  for (u64 i = 1; i < count; ++i) push(free_pages, first + i * kPageSize);
  return first;
}

}  // namespace

Outcome<u64> take_runtime_pages(u64 count) {
  const auto length = checked_multiply(count, kPageSize);
  if (count == 0 || !length) return fail(Errno::nomem);
  const u64 address = count == 1 ? TRY(take_page()) : TRY(map_runtime_memory(*length));
  memset(reinterpret_cast<void*>(address), 0, *length);
  return address;
}

void give_runtime_pages(u64 address, u64 count) {
  if (count != 1) return unmap_runtime_memory(address, count * kPageSize);
  Guard guard(stock_lock);
  push(free_pages, address);
}

Outcome<void*> allocate(u64 size) {
  if (size > kLargest) {
    if (size > ~u64{0} - kPageSize) return fail(Errno::nomem);
    return reinterpret_cast<void*>(TRY(take_runtime_pages(align_up(size, kPageSize) / kPageSize)));
  }
  const u32 index = class_of(size);
  const u64 block_size = kSmallest << index;
  u64 block = 0;
  {
    Guard guard(stock_lock);
    block = pop(free_blocks[index]);
  }
  if (block == 0) {
    block = TRY(take_page());
    Guard guard(stock_lock);
    for (u64 at = block + block_size; at < block + kPageSize; at += block_size) push(free_blocks[index], at);
  }
  memset(reinterpret_cast<void*>(block), 0, block_size);
  return reinterpret_cast<void*>(block);
}

void release_memory(void* memory, u64 size) {
  const u64 address = reinterpret_cast<u64>(memory);
  if (size > kLargest) return give_runtime_pages(address, align_up(size, kPageSize) / kPageSize);
  Guard guard(stock_lock);
  push(free_blocks[class_of(size)], address);
}

}  // namespace sgxx::enclave
