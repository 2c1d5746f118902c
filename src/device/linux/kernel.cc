// SPDX-License-Identifier: Apache-2.0
#include "device/linux/kernel.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace sgxx::device::linux_driver {
namespace {

class RealKernel final : public Kernel {
 public:
  int open(const char* path) override { return ::open(path, O_RDWR | O_CLOEXEC); }
  int close(int fd) override { return ::close(fd); }
  int ioctl(int fd, unsigned long request, void* argument) override { return ::ioctl(fd, request, argument); }
  void* mmap(void* address, size_t length, int protection, int flags, int fd) override {
    return ::mmap(address, length, protection, flags, fd, 0);
  }
  int munmap(void* address, size_t length) override { return ::munmap(address, length); }
  int mprotect(void* address, size_t length, int protection) override { return ::mprotect(address, length, protection); }
  u64 vdso_enter() override {
    const u64 image = ::getauxval(AT_SYSINFO_EHDR);
    return image == 0 ? 0 : find_vdso_symbol(reinterpret_cast<const u8*>(image), "__vdso_sgx_enter_enclave");
  }
};

template <class T>
const T* at(const u8* image, u64 offset) {
  return reinterpret_cast<const T*>(image + offset);
}

}  // namespace

Kernel& real_kernel() {
  static RealKernel kernel;
  return kernel;
}

// The kernel made the image: its structure is taken as sound. Section headers are not mapped on every kernel, dynamic tags are.
u64 find_vdso_symbol(const u8* image, const char* name) {
  const auto* header = at<Elf64_Ehdr>(image, 0);
  const auto* segments = at<Elf64_Phdr>(image, header->e_phoff);
  const Elf64_Dyn* dynamic = nullptr;
  u64 bias = 0;  // from p_vaddr to the mapped image
  bool loaded = false;
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD && !loaded) {
      bias = reinterpret_cast<u64>(image) + segments[i].p_offset - segments[i].p_vaddr;
      loaded = true;
    }
    if (segments[i].p_type == PT_DYNAMIC) dynamic = at<Elf64_Dyn>(image, segments[i].p_offset);
  }
  if (dynamic == nullptr || !loaded) return 0;
  const Elf64_Sym* symbols = nullptr;
  const char* strings = nullptr;
  const u32* hash = nullptr;
  const u32* gnu_hash = nullptr;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    const u64 address = bias + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_SYMTAB) symbols = reinterpret_cast<const Elf64_Sym*>(address);
    if (dynamic->d_tag == DT_STRTAB) strings = reinterpret_cast<const char*>(address);
    if (dynamic->d_tag == DT_HASH) hash = reinterpret_cast<const u32*>(address);
    if (dynamic->d_tag == DT_GNU_HASH) gnu_hash = reinterpret_cast<const u32*>(address);
  }
  if (symbols == nullptr || strings == nullptr) return 0;
  u32 count = 0;
  if (hash != nullptr) {
    count = hash[1];  // nchain: one for each symbol
  } else if (gnu_hash != nullptr) {
    // GNU hash: the last chain entry of the highest bucket ends the table.
    const u32 buckets = gnu_hash[0], first = gnu_hash[1], bloom = gnu_hash[2];
    const u32* bucket = gnu_hash + 4 + 2 * bloom;
    const u32* chain = bucket + buckets;
    for (u32 i = 0; i < buckets; ++i) count = bucket[i] > count ? bucket[i] : count;
    if (count >= first)
      while ((chain[count++ - first] & 1) == 0) {
      }
  }
  for (u32 i = 0; i < count; ++i)
    if (symbols[i].st_shndx != SHN_UNDEF && std::strcmp(strings + symbols[i].st_name, name) == 0)
      return bias + symbols[i].st_value;
  return 0;
}

}  // namespace sgxx::device::linux_driver
