// SPDX-License-Identifier: Apache-2.0
//
// What /proc and /sys say.
#include "enclave/boot.h"
#include "enclave/cpuid.h"
#include "enclave/file/descriptors.h"
#include "enclave/memory/mappings.h"
#include "enclave/memory/page_map.h"
#include "enclave/random.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/synthetic.h"
#include "enclave/vfs/walk.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kKilobyte = 1024;

Text name_of_program() {
  constexpr u64 kLongest = 15;
  Text first = program_arguments();
  u64 length = 0;
  while (length < first.length && first.data[length] != 0) ++length;
  u64 begin = length;
  while (begin != 0 && first.data[begin - 1] != '/') --begin;
  return {first.data + begin, length - begin < kLongest ? length - begin : kLongest};
}

u64 used_kilobytes() { return memory_use().used_pages * kPageSize / kKilobyte; }

/// The name that Linux gives a range, where it gives one.
Text name_of_range(u64 begin) {
  const u64 offset = begin - enclave_base();
  const EnclaveConfig& config = enclave_config;
  if (offset >= config.program.offset && offset < config.program.end()) return Text::of("/program");
  if (offset >= config.main_stack.offset && offset < config.main_stack.end()) return Text::of("[stack]");
  return {};
}

void write_range(TextWriter& out, u64 begin, u64 end, u8 byte) {
  out.put_hex(begin, 8).put("-").put_hex(end, 8).put(" ");
  out.put((byte & page::readable) != 0 ? "r" : "-").put((byte & page::writable) != 0 ? "w" : "-");
  out.put((page::rights_in(byte) & page::executable) != 0 ? "xp" : "-p").put(" 00000000 00:00 0 ");
  if (const Text name = name_of_range(begin); name.length != 0) out.put("                        ").put(name);
  out.put("\n");
}

void write_maps(TextWriter& out) {
  constexpr u8 kShown = page::rights | page::used | page::slot;
  const u64 base = enclave_base(), end = base + enclave_config.elrange_size;
  for (u64 at = base; at < end;) {
    const u8 byte = page_map().at(at) & kShown;
    const u64 begin = at;
    while (at < end && (page_map().at(at) & kShown) == byte) at += kPageSize;
    if ((byte & page::used) != 0) write_range(out, begin, at, byte);
  }
}

void put_field(TextWriter& out, Text name, u64 value, Text unit) {
  out.put(name).put("\t").put_number(value, unit.length != 0 ? 8 : 0).put(unit).put("\n");
}

void write_process_status(TextWriter& out) {
  const Text kilobytes = Text::of(" kB"), none{};
  out.put("Name:\t").put(name_of_program()).put("\nUmask:\t0022\nState:\tR (running)\n");
  put_field(out, Text::of("Tgid:"), kProcessId, none);
  put_field(out, Text::of("Pid:"), kProcessId, none);
  out.put("PPid:\t1\nTracerPid:\t0\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nFDSize:\t64\nGroups:\t\n");
  for (const Text name : {Text::of("VmPeak:"), Text::of("VmSize:"), Text::of("VmHWM:"), Text::of("VmRSS:")}) {
    put_field(out, name, used_kilobytes(), kilobytes);
  }
  put_field(out, Text::of("Threads:"), live_thread_count(), none);
  out.put("Cpus_allowed_list:\t0-").put_number(program_cpu_count() - 1).put("\n");
}

void write_process_stat(TextWriter& out) {
  constexpr u64 kTick = kNanosecondsPerSecond / 100;
  const u64 used = process_cpu_time() / kTick;
  out.put_number(kProcessId).put(" (").put(name_of_program()).put(") R 1 100 100 0 -1 0 0 0 0 0 ").put_number(used);
  out.put(" 0 0 0 20 0 ").put_number(live_thread_count()).put(" 0 0 ").put_number(used_kilobytes() * kKilobyte).put(" ");
  out.put_number(memory_use().used_pages).put(" 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
}

void write_memory_pages(TextWriter& out) {
  const u64 pages = memory_use().used_pages;
  out.put_number(pages).put(" ").put_number(pages).put(" 0 0 0 ").put_number(pages).put(" 0\n");
}

void write_command_line(TextWriter& out) { out.put(program_arguments()); }
void write_command_name(TextWriter& out) { out.put(name_of_program()).put("\n"); }
void write_environment(TextWriter& out) { out.put(program_environment()); }
void write_auxiliary_vector(TextWriter& out) { out.put(program_auxiliary_vector()); }

void put_limit(TextWriter& out, Text name, u64 soft, u64 hard, Text unit) {
  out.put(name);
  soft == ~u64{0} ? out.put("unlimited            ") : out.put_number(soft, 9).put("            ");
  hard == ~u64{0} ? out.put("unlimited            ") : out.put_number(hard, 9).put("            ");
  out.put(unit).put("\n");
}

void write_limits(TextWriter& out) {
  constexpr u64 kUnlimited = ~u64{0};
  out.put("Limit                     Soft Limit           Hard Limit           Units     \n");
  put_limit(out, Text::of("Max stack size            "), enclave_config.thread_stack_default, kUnlimited, Text::of("bytes"));
  put_limit(out, Text::of("Max processes             "), enclave_config.thread_count, enclave_config.thread_count,
            Text::of("processes"));
  put_limit(out, Text::of("Max open files            "), descriptor_limit(), kMostDescriptors, Text::of("files"));
}

void write_mounts(TextWriter& out) {
  std::array<char, 1024> path;
  Guard guard(tree_lock);
  for (Mount* mount = &first_mount(); mount != nullptr; mount = mount->next) {
    const auto begin = path_of(*mount->root, path.data(), path.data() + path.size());
    if (!begin) continue;
    out.put(mount->type).put(" ").put(Text{*begin, static_cast<u64>(path.data() + path.size() - *begin)}).put(" ");
    out.put(mount->type).put(mount->read_only ? " ro" : " rw").put(",relatime 0 0\n");
  }
}

/// The processor's own name, 48 letters of which it tells 16 at a time.
void put_model_name(TextWriter& out) {
  constexpr u32 kFirst = 0x80000002;
  std::array<CpuidAnswer, 3> name;
  for (u32 i = 0; i < name.size(); ++i) name[i] = cpuid(kFirst + i, 0);
  const auto* letters = reinterpret_cast<const char*>(name.data());
  u64 length = 0;
  while (length < sizeof(name) && letters[length] != 0) ++length;
  out.put(Text{letters, length});
}

void write_cpu_info(TextWriter& out) {
  const u32 signature = cpuid(1, 0).eax;
  const u32 family = (signature >> 8 & 0xf) + ((signature >> 8 & 0xf) == 0xf ? signature >> 20 & 0xff : 0);
  const u32 model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);
  const CpuidAnswer vendor = cpuid(0, 0);
  const std::array<u32, 3> letters{vendor.ebx, vendor.edx, vendor.ecx};
  const u64 count = program_cpu_count();
  for (u64 i = 0; i < count; ++i) {
    out.put("processor\t: ").put_number(i).put("\nvendor_id\t: ");
    out.put(Text{reinterpret_cast<const char*>(letters.data()), sizeof(letters)});
    out.put("\ncpu family\t: ").put_number(family).put("\nmodel\t\t: ").put_number(model).put("\nmodel name\t: ");
    put_model_name(out);
    out.put("\nstepping\t: ").put_number(signature & 0xf).put("\nphysical id\t: 0\nsiblings\t: ").put_number(count);
    out.put("\ncore id\t\t: ").put_number(i).put("\ncpu cores\t: ").put_number(count);
    out.put("\naddress sizes\t: 46 bits physical, 48 bits virtual\n\n");
  }
}

void write_memory_info(TextWriter& out) {
  const MemoryUse use = memory_use();
  const u64 total = use.heap_pages * kPageSize / kKilobyte, free = total - used_kilobytes();
  const auto put = [&out](Text name, u64 value) { out.put(name).put_number(value, 16).put(" kB\n"); };
  put(Text::of("MemTotal:"), total);
  put(Text::of("MemFree: "), free);
  put(Text::of("MemAvailable:"), free);
  put(Text::of("Buffers: "), 0);
  put(Text::of("Cached:  "), 0);
  put(Text::of("SwapTotal:"), 0);
  put(Text::of("SwapFree:"), 0);
}

void write_system_stat(TextWriter& out) {
  out.put("cpu  0 0 0 0 0 0 0 0 0 0\n");
  for (u64 i = 0; i < program_cpu_count(); ++i) out.put("cpu").put_number(i).put(" 0 0 0 0 0 0 0 0 0 0\n");
  out.put("processes 1\nprocs_running 1\nprocs_blocked 0\n");
}

void write_uptime(TextWriter& out) {
  const bool clocks = (enclave_config.grants & abi::grant::time) != 0;
  out.put_number(clocks ? monotonic_now() / kNanosecondsPerSecond : 0).put(".00 0.00\n");
}

void write_load_average(TextWriter& out) { out.put("0.00 0.00 0.00 1/1 100\n"); }

void put_uuid(TextWriter& out, u64 high, u64 low) {
  out.put_hex(high >> 32, 8).put("-").put_hex(high >> 16 & 0xffff, 4).put("-4").put_hex(high & 0xfff, 3).put("-");
  out.put_hex((low >> 48 & 0x3fff) | 0x8000, 4).put("-").put_hex(low & 0xffff'ffff'ffff, 12).put("\n");
}

/// One for the enclave's life.
void write_boot_id(TextWriter& out) {
  static const u64 high = random_word(), low = random_word();
  put_uuid(out, high, low);
}

void write_uuid(TextWriter& out) { put_uuid(out, random_word(), random_word()); }

void write_cpus_online(TextWriter& out) {
  out.put("0");
  if (program_cpu_count() > 1) out.put("-").put_number(program_cpu_count() - 1);
  out.put("\n");
}
void write_cpus_possible(TextWriter& out) { write_cpus_online(out); }
void write_cpus_present(TextWriter& out) { write_cpus_online(out); }

}  // namespace

void write_text(SyntheticId id, TextWriter& writer) {
  switch (id) {
#define SGXX_X(name, path) \
  case synthetic::name: return write_##name(writer);
    SGXX_TEXTS(SGXX_X)
#undef SGXX_X
    default: return;
  }
}

}  // namespace sgxx::enclave
