// SPDX-License-Identifier: Apache-2.0
//
// The first entry of the enclave: checks what the host brought, prepares memory and threads, builds the program's initial stack
// as the x86-64 psABI describes it, and jumps to the program's entry. Later entries of fresh threads end here too.
#include "enclave/boot.h"

#include "enclave/abort.h"
#include "enclave/cpuid.h"
#include "enclave/entry.h"
#include "enclave/file/descriptors.h"
#include "enclave/host_memory.h"
#include "enclave/memory/mappings.h"
#include "enclave/random.h"
#include "enclave/signal/attention.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/tsc_clock.h"
#include "enclave/vfs/mount.h"

namespace sgxx::enclave {

namespace {

abi::StartInfo start_info;
std::array<u8, abi::kHostDataSize> host_arguments;

void require_start(bool holds) { require(holds, abi::AbortReason::bad_start); }

HostAddr checked_host_area(u64 address) {
  const HostAddr area(address);
  require(is_aligned(address, kPageSize) && is_outside(area, sizeof(abi::HostArea)), abi::AbortReason::bad_host_area);
  return area;
}

void initialize_thread_blocks(ThreadBlock& first) {
  const EnclaveConfig& config = enclave_config;
  require(config.magic == abi::kConfigMagic && config.abi_version == abi::kAbiVersion, abi::AbortReason::bad_config);
  require((config.host_signals & (sig::synchronous | sig::unblockable)) == 0, abi::AbortReason::bad_config);
  first_thread_block = reinterpret_cast<u64>(&thread_block(0));
  thread_blocks_length = config.threads.length;
  const u64 canary = random_word() & ~u64{0xff};
  prepare_block(first, canary);
}

alignas(512) isa::Report report;

/// As the processor tells it.
void ask_for_report() {
  static isa::TargetInfo target;
  alignas(128) static std::array<u8, 64> data;
  execute_ereport(&target, data.data(), &report);
}

/// Copies the start information in, once, and checks it.
void fetch_start_info(HostAddr area) {
  const HostAddr data = area + offsetof(abi::HostArea, data);
  copy_in(&start_info, data, sizeof(start_info));
  require_start(start_info.magic == abi::kStartMagic && start_info.abi_version == abi::kAbiVersion);
  require_start(start_info.cpuid_count <= abi::kMaxCpuidEntries && start_info.argument_count <= abi::kMaxArguments);
  require_start(start_info.argument_bytes <= abi::kHostDataSize - sizeof(start_info));
  copy_in(host_arguments.data(), data + sizeof(start_info), start_info.argument_bytes);
  u32 strings = 0;
  for (u32 i = 0; i < start_info.argument_bytes; ++i) strings += host_arguments[i] == 0;
  require_start(strings == start_info.argument_count);
  require_start(start_info.argument_bytes == 0 || host_arguments[start_info.argument_bytes - 1] == 0);
  constexpr u32 kFileTypes = 0170000;
  for (const abi::StreamInfo& stream : start_info.streams) require_start((stream.mode & ~(kFileTypes | 07777)) == 0);
}

/// Builds the initial stack downwards from its top.
class StackBuilder {
 public:
  explicit StackBuilder(const abi::Region& region) : bottom_(enclave_base() + region.offset), at_(bottom_ + region.length) {}

  u64 push(const void* bytes, u64 length) {
    require_start(at_ - bottom_ > length + kPageSize);
    at_ -= length;
    memcpy(reinterpret_cast<void*>(at_), bytes, length);
    return at_;
  }
  void push_word(u64 word) { push(&word, sizeof(word)); }
  void align(u64 words_to_come) {
    at_ = align_down(at_, 16);
    if (words_to_come % 2 != 0) at_ -= 8;
  }
  u64 at() const { return at_; }

 private:
  u64 bottom_, at_;
};

/// NUL-terminated strings that lie one behind the other.
struct Strings {
  u64 address;
  u32 count;
};

Strings push_strings(StackBuilder& stack, const u8* bytes, u64 length, u32 count) { return {stack.push(bytes, length), count}; }

/// Pushes the addresses of `strings` (and the NULL behind them), so that the first lies lowest.
void push_pointers(StackBuilder& stack, const Strings& strings) {
  stack.push_word(0);
  const u64 array = strings.count * sizeof(u64);
  // Room first, then filled upwards: the strings can only be walked forwards.
  for (u32 i = 0; i < strings.count; ++i) stack.push_word(0);
  auto* pointers = reinterpret_cast<u64*>(stack.at());
  u64 at = strings.address;
  for (u64 i = 0; i < array / sizeof(u64); ++i) {
    pointers[i] = at;
    at += strlen(reinterpret_cast<const char*>(at)) + 1;
  }
}

// glibc gives each thread an arena of malloc for which it reserves 64 MiB of addresses. Addresses are memory here, so a heap that
// is not far larger gets fewer arenas, through the variable that glibc has for it. The program never sees the variable: glibc
// reads it before it sets up thread-local storage, and then it is taken away (hide_tunables).
constexpr u64 kArena = u64{64} << 20;
constexpr u64 kMostArenas = 8;
std::array<char, 40> tunables = {"GLIBC_TUNABLES=glibc.malloc.arena_max=1"};
u64* tunables_slot = nullptr;

bool limits_arenas() {
  const u64 arenas = enclave_config.heap.length / 2 / kArena;
  if (arenas >= kMostArenas) return false;
  tunables[tunables.size() - 2] = static_cast<char>('0' + (arenas == 0 ? 1 : arenas));
  return true;
}

namespace auxv {
constexpr u64 null = 0, phdr = 3, phent = 4, phnum = 5, pagesz = 6, base = 7, flags = 8, entry = 9, uid = 11, euid = 12, gid = 13,
              egid = 14, platform = 15, hwcap = 16, clktck = 17, secure = 23, random = 25, hwcap2 = 26, execfn = 31,
              sysinfo_ehdr = 33, minsigstksz = 51;
}

/// As the kernel does: what is behind the last slash of the program's name, 15 bytes of it at most.
void name_first_thread(const char* path) {
  const char* begin = path;
  for (; *path != 0; ++path) {
    if (*path == '/') begin = path + 1;
  }
  std::array<char, 16>& name = current().name;
  for (u64 i = 0; i + 1 < name.size() && begin[i] != 0; ++i) name[i] = begin[i];
}

using AuxiliaryVector = std::array<std::array<u64, 2>, 20>;
AuxiliaryVector auxiliary_vector;

u64 build_stack() {
  const EnclaveConfig& config = enclave_config;
  const u64 base = enclave_base();
  const auto* blob = reinterpret_cast<const u8*>(base + config.blob.offset);
  StackBuilder stack(config.main_stack);

  static constexpr char kPlatform[] = "x86_64";
  const u64 platform = stack.push(kPlatform, sizeof(kPlatform));
  const std::array<u64, 2> random{random_word(), random_word()};
  const u64 random_bytes = stack.push(&random, sizeof(random));
  const Strings environment = push_strings(stack, blob + config.environment, config.environment_length, config.environment_count);
  const bool measured = (config.flags & abi::config_flag::arguments_from_manifest) != 0;
  const Strings arguments =
      measured ? push_strings(stack, blob + config.arguments, config.arguments_length, config.argument_count)
               : push_strings(stack, host_arguments.data(), start_info.argument_bytes, start_info.argument_count);

  const bool clocks = (config.grants & abi::grant::time) != 0;
  const u64 fpu = 3072;  // MINSIGSTKSZ as the kernel reports it with AVX-512, rounded up
  const AuxiliaryVector vector{{
      {auxv::phdr, base + config.program_headers},
      {auxv::phent, 56},
      {auxv::phnum, config.program_header_count},
      {auxv::pagesz, kPageSize},
      {auxv::base, 0},
      {auxv::flags, 0},
      {auxv::entry, base + config.program_entry},
      {auxv::uid, kUserId},
      {auxv::euid, kUserId},
      {auxv::gid, kUserId},
      {auxv::egid, kUserId},
      {auxv::platform, platform},
      {auxv::hwcap, cpuid(1, 0).edx},
      {auxv::clktck, 100},
      {auxv::secure, 0},
      {auxv::random, random_bytes},
      {auxv::hwcap2, 2},  // FSGSBASE
      {auxv::minsigstksz, fpu},
      {clocks ? auxv::sysinfo_ehdr : auxv::null, clocks ? address_of(vdso_image) : 0},
      {auxv::null, 0},
  }};
  const bool limited = limits_arenas();
  const u64 words = vector.size() * 2 + environment.count + (limited ? 1 : 0) + 1 + arguments.count + 1 + 1;
  stack.align(words);
  stack.push(&vector, sizeof(vector));
  auxiliary_vector = vector;
  if (limited) {
    // The list ends in two NULLs; the first of them is the variable for as long as it is there.
    stack.push_word(0);
    tunables_slot = reinterpret_cast<u64*>(stack.at());
  }
  push_pointers(stack, environment);
  if (limited) {
    --tunables_slot;
    *tunables_slot = reinterpret_cast<u64>(tunables.data());
  }
  push_pointers(stack, arguments);
  if (arguments.count != 0) name_first_thread(reinterpret_cast<const char*>(arguments.address));
  stack.push_word(arguments.count);
  return stack.at();
}

/// The time stamp counter tells the time between questions to the host when it is invariant and may be read here.
void choose_clock() {
  constexpr u32 kPowerManagement = 0x80000007, kInvariantTsc = 1u << 8;
  set_tsc_usable((cpuid(kPowerManagement, 0).edx & kInvariantTsc) != 0);
  u64 low, high;
  set_tsc_frequency(start_info.tsc_hz);
  read_tsc(&low, &high);  // where it raises #UD, the exception handler takes the promise back
}

SyscallFrame& top_frame(const ThreadBlock& block) {
  return *reinterpret_cast<SyscallFrame*>(block.stack_top - sizeof(SyscallFrame));
}

[[noreturn]] void boot(HostAddr area, ThreadBlock& block) {
  check_randomness();
  initialize_thread_blocks(block);
  block.host_area = area;
  fetch_start_info(area);
  adopt_first_thread(block);
  set_host_cpu_count(start_info.cpu_count);
  ask_for_report();
  initialize_cpuid(start_info.cpuid.data(), start_info.cpuid_count, report.body.attributes);
  choose_clock();
  initialize_memory();
  if (admitted_signals() != 0) attend();  // so that the host knows
  initialize_descriptors(start_info.streams);
  initialize_files();

  SyscallFrame& frame = top_frame(block);
  frame = {};
  frame.rsp = build_stack();
  frame.rip = enclave_base() + enclave_config.program_entry;
  frame.rflags = 0x202;
  block.xstate_saved = XSTATE_IN_REGISTERS;
  asm volatile("wrfsbase %0" ::"r"(u64{0}));
  enter_program(&frame);
}

}  // namespace

Text program_arguments() {
  const EnclaveConfig& config = enclave_config;
  if ((config.flags & abi::config_flag::arguments_from_manifest) == 0) {
    return {reinterpret_cast<const char*>(host_arguments.data()), start_info.argument_bytes};
  }
  return {reinterpret_cast<const char*>(enclave_base() + config.blob.offset + config.arguments), config.arguments_length};
}

Text program_environment() {
  const EnclaveConfig& config = enclave_config;
  return {reinterpret_cast<const char*>(enclave_base() + config.blob.offset + config.environment), config.environment_length};
}

Text program_auxiliary_vector() { return {reinterpret_cast<const char*>(auxiliary_vector.data()), sizeof(auxiliary_vector)}; }

const isa::Attributes& own_attributes() { return report.body.attributes; }
const isa::ReportBody& own_report() { return report.body; }

void hide_tunables() {
  if (tunables_slot != nullptr) *tunables_slot = 0;
  tunables_slot = nullptr;
}

// The stack protector's canary is not there yet at the first entry, and changes under this function's feet.
extern "C" __attribute__((optimize("no-stack-protector"))) void start_thread(u64 host_area, ThreadBlock* block) {
  block->self = block;
  const HostAddr area = checked_host_area(host_area);
  if (first_thread_block == 0) boot(area, *block);
  block->host_area = area;
  std::atomic_thread_fence(std::memory_order_seq_cst);  // which fence_all_threads counts on
  asm volatile("wrfsbase %0" ::"r"(block->start_fsbase));
  enter_program(&top_frame(*block));
}

}  // namespace sgxx::enclave
