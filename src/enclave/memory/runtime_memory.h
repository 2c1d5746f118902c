// SPDX-License-Identifier: Apache-2.0
//
// Memory of the runtime's own: open files, directories, buffers, file contents. It comes out of the enclave's heap, so that what
// the manifest grants bounds it, and is no longer the program's: a system call that is given an address in it answers EFAULT.
// Everything is handed out zeroed.
#pragma once

#include <new>
#include <utility>

#include "enclave/errno.h"

namespace sgxx::enclave {

/// `count` adjacent pages, or ENOMEM. Single pages come from a stock and are cheap; runs are taken from the heap and given back.
Outcome<u64> take_runtime_pages(u64 count);
void give_runtime_pages(u64 address, u64 count);

/// `size` bytes, aligned to 16; ENOMEM. Above 2048 bytes whole pages.
Outcome<void*> allocate(u64 size);
/// `size` as given to `allocate`.
void release_memory(void* memory, u64 size);

template <class T, class... Arguments>
Outcome<T*> create(Arguments&&... arguments) {
  void* const memory = TRY(allocate(sizeof(T)));
  return new (memory) T(std::forward<Arguments>(arguments)...);
}

template <class T>
void destroy(T* object) {
  object->~T();
  release_memory(object, sizeof(T));
}

}  // namespace sgxx::enclave
