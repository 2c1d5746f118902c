// SPDX-License-Identifier: Apache-2.0
//
// Each probe looks at one thing and says what to do if it is missing. CPUID leaves are those of the SDM (volume 2A, CPUID; volume
// 3D, "SGX Capability Enumeration"); what the kernel must offer comes from its documentation (arch/x86/sgx.rst,
// syscall-user-dispatch.rst).
#include "cli/machine.h"

#include <cpuid.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/file.h"

namespace sgxx::cli {
namespace {

struct Leaf {
  u32 eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(u32 leaf, u32 subleaf = 0) {
  Leaf answer;
  if (__get_cpuid_count(leaf, subleaf, &answer.eax, &answer.ebx, &answer.ecx, &answer.edx) == 0) return {};
  return answer;
}

constexpr bool bit(u32 value, unsigned number) { return (value >> number & 1) != 0; }
constexpr Presence presence(bool there) { return there ? Presence::present : Presence::missing; }

constexpr auto kNoSgx = "use a server with an Intel Xeon of the third generation or later, or --device=soft";
constexpr auto kFirmware = "switch SGX on in the firmware's setup (and in the hypervisor's, for a virtual machine)";

std::string processor_name() {
  std::array<u32, 12> words{};
  for (u32 index = 0; index < 3; ++index) {
    auto answer = cpuid(0x80000002 + index);
    words[index * 4] = answer.eax;
    words[index * 4 + 1] = answer.ebx;
    words[index * 4 + 2] = answer.ecx;
    words[index * 4 + 3] = answer.edx;
  }
  std::string name(reinterpret_cast<const char*>(words.data()), sizeof words);
  name.resize(std::min(name.find('\0'), name.size()));
  name.erase(0, name.find_first_not_of(' '));
  return name;
}

bool in_virtual_machine() { return bit(cpuid(1).ecx, 31); }

void probe_processor(Machine& machine) {
  auto features = cpuid(7);
  bool sgx = bit(features.ebx, 2);
  machine.facts.push_back({"sgx", "SGX in the processor", presence(sgx),
                           sgx                    ? "CPUID 7.EBX bit 2"
                           : in_virtual_machine() ? "CPUID offers none to this virtual machine"
                                                  : "CPUID offers none",
                           NeededBy::hardware, kNoSgx});
  auto capabilities = sgx ? cpuid(0x12) : Leaf{};
  bool sgx1 = bit(capabilities.eax, 0);
  machine.facts.push_back({"sgx1", "SGX1 leaf functions", presence(sgx1),
                           sgx1 ? fmt::format("enclaves up to 2^{} bytes", capabilities.edx >> 8 & 0xff) : "not enumerated",
                           NeededBy::hardware, sgx ? kFirmware : kNoSgx});
  bool sgx2 = bit(capabilities.eax, 1);
  machine.facts.push_back({"sgx2", "SGX2 leaf functions", presence(sgx2),
                           sgx2 ? "rdtsc and dynamic memory inside (with Linux 6.0)" : "not enumerated", NeededBy::nothing,
                           "pack programs with memory = \"static\" in their manifest; rdtsc is slower"});
  bool launch_control = sgx && bit(features.ecx, 30);
  machine.facts.push_back({"launch_control", "Flexible launch control", presence(launch_control),
                           launch_control ? "any signer's enclaves start" : "not enumerated", NeededBy::hardware,
                           sgx ? "set SGX launch control to unlocked in the firmware's setup: Linux needs it" : kNoSgx});
  for (u32 index = 2; sgx1 && index < 16; ++index) {
    auto section = cpuid(0x12, index);
    if ((section.eax & 0xf) != 1) break;
    machine.epc.push_back({u64{section.ebx & 0xfffff} << 32 | (section.eax & 0xfffff000),
                           u64{section.edx & 0xfffff} << 32 | (section.ecx & 0xfffff000)});
  }
  u64 epc = 0;
  for (const auto& section : machine.epc) epc += section.size;
  machine.facts.push_back({"epc", "Enclave page cache", presence(epc != 0),
                           fmt::format("{} MiB in {} sections", epc >> 20, machine.epc.size()), NeededBy::hardware,
                           sgx ? "give SGX memory (PRMRR) in the firmware's setup" : kNoSgx});

  auto basics = cpuid(1);
  auto xsave = cpuid(0xd, 1);
  bool useful = bit(basics.ecx, 30) && bit(basics.ecx, 25) && bit(basics.ecx, 26) && bit(xsave.eax, 1);
  machine.facts.push_back({"instructions", "RDRAND, AES, XSAVE, XSAVEC", presence(useful), useful ? "all there" : "not all there",
                           NeededBy::both,
                           "use an x86-64 processor of 2015 or later, or let the hypervisor pass its features through"});
}

bool kernel_at_least(const std::string& release, unsigned major, unsigned minor) {
  unsigned have_major = 0, have_minor = 0;
  if (std::sscanf(release.c_str(), "%u.%u", &have_major, &have_minor) != 2) return false;
  return have_major > major || (have_major == major && have_minor >= minor);
}

void probe_driver(Machine& machine) {
  bool recent = kernel_at_least(machine.kernel, 5, 11);
  machine.facts.push_back({"kernel", "Linux with an SGX driver (5.11)", presence(recent), machine.kernel, NeededBy::hardware,
                           "install a newer kernel (Debian 12 has 6.1)"});
  constexpr auto kNode = "/dev/sgx_enclave";
  struct stat status {};
  std::string detail, advice = kNoSgx;
  bool usable = false;
  if (::stat(kNode, &status) != 0) {
    detail = std::string(kNode) + ": " + std::strerror(errno);
    if (bit(cpuid(7).ebx, 2))
      advice = "load a kernel built with CONFIG_X86_SGX, and see `dmesg | grep -i sgx`; in a container pass the device in";
  } else if (int file = ::open(kNode, O_RDWR | O_CLOEXEC); file < 0) {
    detail = std::string(kNode) + ": " + std::strerror(errno);
    advice = "join the group that owns the device: ls -l /dev/sgx_enclave, then adduser YOU GROUP";
  } else {
    ::close(file);
    struct statvfs mount {};
    usable = ::statvfs(kNode, &mount) != 0 || (mount.f_flag & ST_NOEXEC) == 0;
    detail = usable ? kNode : "/dev is mounted noexec";
    advice = "mount -o remount,exec /dev";
  }
  machine.facts.push_back({"sgx_enclave", "The driver's device", presence(usable), detail, NeededBy::hardware, advice});

  void* vdso = ::dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
  bool symbol = vdso != nullptr && ::dlsym(vdso, "__vdso_sgx_enter_enclave") != nullptr;
  machine.facts.push_back({"vdso", "__vdso_sgx_enter_enclave", presence(symbol), symbol ? "in the vDSO" : "not in the vDSO",
                           NeededBy::hardware, "install a kernel of 5.11 or later, built with CONFIG_X86_SGX"});
}

void probe_kernel(Machine& machine) {
  bool in_processor = bit(cpuid(7).ebx, 0);
  constexpr unsigned long kFsgsbase = 2;  // HWCAP2_FSGSBASE
  bool enabled = (::getauxval(AT_HWCAP2) & kFsgsbase) != 0;
  machine.facts.push_back({"fsgsbase", "WRFSBASE and WRGSBASE", presence(enabled),
                           enabled        ? "enabled"
                           : in_processor ? "the kernel does not enable them"
                                          : "not in the processor",
                           NeededBy::both,
                           in_processor ? "boot Linux 5.9 or later without nofsgsbase"
                                        : "use a processor of 2013 or later, or let the hypervisor pass fsgsbase through"});
  constexpr int kSetSyscallUserDispatch = 59;
  bool dispatch = ::prctl(kSetSyscallUserDispatch, 0, 0, 0, 0) == 0;
  machine.facts.push_back(
      {"syscall_user_dispatch", "Syscall User Dispatch", presence(dispatch),
       dispatch ? "offered" : "the kernel does not offer it", NeededBy::software,
       "boot Linux 5.11 or later; under gVisor or a seccomp filter, allow prctl(PR_SET_SYSCALL_USER_DISPATCH)"});
  constexpr int kSetCpuid = 0x1012;
  bool faulting = ::syscall(SYS_arch_prctl, kSetCpuid, 1) == 0;
  machine.facts.push_back({"cpuid_faulting", "CPUID faulting", presence(faulting), faulting ? "offered" : "not offered",
                           NeededBy::nothing,
                           "nothing: software SGX then answers only the cpuid instructions that packing redirected"});
  auto text = read_file("/proc/sys/vm/mmap_min_addr");
  constexpr u64 kLowest = 0x10000;
  u64 lowest = text ? std::strtoull(text_of(*text).c_str(), nullptr, 10) : 0;
  Presence low = !text ? Presence::unknown : presence(lowest <= kLowest);
  machine.facts.push_back({"low_memory", "Memory from 64 KiB upwards", low,
                           text ? fmt::format("vm.mmap_min_addr is {}", lowest) : "cannot tell", NeededBy::both,
                           "sysctl -w vm.mmap_min_addr=65536"});
}

}  // namespace

bool Machine::can_run(NeededBy device) const {
  return std::none_of(facts.begin(), facts.end(), [&](const Fact& fact) {
    return fact.presence == Presence::missing && (fact.needed_by == device || fact.needed_by == NeededBy::both);
  });
}

Machine probe_machine() {
  Machine machine;
  machine.processor = processor_name();
  utsname name{};
  if (::uname(&name) == 0) machine.kernel = name.release;
  probe_processor(machine);
  probe_driver(machine);
  probe_kernel(machine);
  return machine;
}

}  // namespace sgxx::cli
