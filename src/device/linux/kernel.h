// SPDX-License-Identifier: Apache-2.0
//
// What the Linux device asks of the kernel, as a seam: machines without SGX test the device against a stand-in that checks
// every argument. Results are those of the system calls: -1 and errno on failure.
#pragma once

#include <asm/sgx.h>
#include <sys/types.h>

#include <cstddef>

#include "base/checked.h"

namespace sgxx::device::linux_driver {

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual int open(const char* path) = 0;
  virtual int close(int fd) = 0;
  virtual int ioctl(int fd, unsigned long request, void* argument) = 0;
  virtual void* mmap(void* address, size_t length, int protection, int flags, int fd) = 0;
  virtual int munmap(void* address, size_t length) = 0;
  virtual int mprotect(void* address, size_t length, int protection) = 0;
  /// Address of __vdso_sgx_enter_enclave, or 0.
  virtual u64 vdso_enter() = 0;
};

/// The real one.
Kernel& real_kernel();

/// Looks `name` up in the dynamic symbols of the vDSO image at `image` (an ELF file as the kernel maps it); 0 when absent.
u64 find_vdso_symbol(const u8* image, const char* name);

}  // namespace sgxx::device::linux_driver
