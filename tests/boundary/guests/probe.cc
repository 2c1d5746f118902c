// SPDX-License-Identifier: Apache-2.0
//
// The guest that the boundary's tests run: a static-PIE without a C library, so that few instructions lie between one crossing
// and the next. What it does is the letter of its first argument (modes.h); it exits with 0, or with the number of the check that
// failed.
#include <initializer_list>

#include "boundary/guests/modes.h"

using sgxx::boundary::kSecret;
using sgxx::boundary::Mode;
using u64 = unsigned long;
using u32 = unsigned;
using u16 = unsigned short;
using u8 = unsigned char;
using i64 = long;

extern "C" {
i64 raw_call(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
u64 checked_call(u64 number, u64 seed, u64 a, u64 b);
u64 secret_call(u64 number, u64 a, u64 b, u64 c, u64 secret);
extern u32 secret_registers;
i64 spawn(u64 flags, u64 stack, int* parent_tid, int* child_tid);
void restorer();
void handler_entry();
extern const u8 __executable_start[], etext[];
extern u64 handler_flags;
extern u32 handler_mxcsr;
extern u16 handler_fcw;
extern const u8 opcode_syscall[], opcode_cpuid[], opcode_rdtsc[], opcode_rdtscp[], opcode_xgetbv[], opcode_in[], opcode_out[],
    opcode_int[];
extern const u8 crossing_syscall[], crossing_cpuid[], crossing_rdtsc[], crossing_rdtscp[], crossing_rdtscp2[], crossing_xgetbv[];
}

namespace {

enum : u64 {
  kWrite = 1,
  kMmap = 9,
  kMprotect = 10,
  kMunmap = 11,
  kBrk = 12,
  kSigaction = 13,
  kSchedYield = 24,
  kNanosleep = 35,
  kGetpid = 39,
  kGettid = 186,
  kFutex = 202,
  kClockGettime = 228,
  kTgkill = 234,
  kEnclaveKey = 0x534758 + 2
};
constexpr int kSigill = 4, kSigfpe = 8, kSigusr1 = 10, kSigsegv = 11;

i64 call(u64 number, u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0, u64 e = 0, u64 f = 0) {
  return raw_call(number, a, b, c, d, e, f);
}
u64 address(const volatile void* p) { return reinterpret_cast<u64>(p); }
void write(const void* bytes, u64 length) { call(kWrite, 1, address(bytes), length); }

struct Action {
  void (*handler)();
  u64 flags;
  void (*restore)();
  u64 mask;
};
void catch_signal(int number, u64 flags = 0) {
  const Action action{handler_entry, 0x04000000 | 4 | flags, restorer, 0};
  call(kSigaction, static_cast<u64>(number), address(&action), 0, 8);
}

volatile int handled, last_signal;
volatile u64 last_address, last_rip;
u64 skip;  // how far a handler moves RIP on

struct Timespec {
  i64 seconds, nanoseconds;
};
i64 clock(u64 which) {
  Timespec now{};
  call(kClockGettime, which, address(&now));
  return now.seconds * 1000000000 + now.nanoseconds;
}

int calls() {
  for (int number : {kSigill, kSigfpe, kSigsegv}) catch_signal(number);
  u64 wrong = 0;
  Timespec time{};
  for (u64 i = 0; i < 12; ++i) {
    wrong += checked_call(kSchedYield, i * 0x0101010101010101, 0, 0);
    wrong += checked_call(kGetpid, i * 0x1001010101010101, 0, 0);
    wrong += checked_call(kClockGettime, i * 0x3001010101010101, 2, address(&time));
  }
  if (wrong != 0) return 2;
  return handled != 0 ? 3 : 0;
}

int signals() {
  catch_signal(kSigusr1, 0x40000000);
  const u64 self = static_cast<u64>(call(kGettid));
  for (int i = 0; i < 12; ++i) {
    if (checked_call(kSchedYield, 77, 0, 0) != 0) return 2;
    call(kTgkill, static_cast<u64>(call(kGetpid)), self, kSigusr1);
    if (handled != i + 1) return 3;
  }
  return 0;
}

/// Runs `ud2` with DF and AC set; both must still be set behind it.
u64 fault_with_odd_flags() {
  u64 after = 0;
  asm volatile(
      "pushfq\n orq $0x40400, (%%rsp)\n popfq\n ud2\n pushfq\n pop %0\n"
      "pushfq\n andq $~0x40400, (%%rsp)\n popfq"
      : "=&r"(after)::"memory", "cc");
  return after;
}

int faults() {
  for (int number : {kSigill, kSigfpe, kSigsegv}) catch_signal(number);
  for (int i = 0; i < 4; ++i) {
    handler_flags = 0;
    skip = 2;
    const int before = handled;
    const u32 odd = 0x7f80;
    asm volatile("ldmxcsr %0" ::"m"(odd));
    const u64 flags = fault_with_odd_flags();
    u32 mxcsr = 0;
    asm volatile("stmxcsr %0" : "=m"(mxcsr));
    if (handled != before + 1 || last_signal != kSigill) return 2;
    if ((handler_flags & 0x44500) != 0) return 3;  // AC, NT, DF, TF
    if (handler_mxcsr != 0x1f80 || handler_fcw != 0x37f) return 4;
    if ((flags & 0x400) == 0) return 5;  // AC is the program's as well, but the processor may not keep it over a return
    if (mxcsr != odd) return 6;
    skip = 2;
    asm volatile("xor %%eax, %%eax\n mov (%%rax), %%al" ::: "rax", "cc", "memory");
    if (handled != before + 2 || last_signal != kSigsegv || last_address != 0) return 7;
    skip = 2;
    asm volatile("xor %%ecx, %%ecx\n xor %%edx, %%edx\n mov $1, %%eax\n div %%ecx" ::: "rax", "rcx", "rdx", "cc");
    if (handled != before + 3 || last_signal != kSigfpe) return 8;
  }
  return 0;
}

/// A signal that arrives while the runtime serves `what`: its handler runs now, not at the next system call.
int promptly(char what) {
  call(kSchedYield);  // leaves: whoever looks on looks from here
  catch_signal(kSigusr1);
  u64 wrong = 0;
  switch (what) {
    case 'g': wrong = checked_call(kGetpid, 0x1001010101010101, 0, 0); break;
    case 'y': wrong = checked_call(kSchedYield, 0x0101010101010101, 0, 0); break;
    case 'c': {
      u64 rax = 0, rcx = 0, rdx = 0, flags = 0;
      asm volatile("stc\n cpuid\n pushfq\n pop %[flags]"
                   : "+a"(rax), "+c"(rcx), "=d"(rdx), [flags] "=r"(flags)::"rbx", "memory", "cc");
      wrong = (rax == 0) + ((flags & 1) == 0);
      break;
    }
    default: return 4;
  }
  for (int spins = 0; spins < 100 && handled == 0; ++spins) asm volatile("pause");
  if (wrong != 0) return 2;
  if (handled != 1) return 3;
  return last_rip >= address(__executable_start) && last_rip < address(etext) ? 0 : 5;
}

alignas(16) u8 stacks[2][8192];
volatile int started;
int child_tid;

i64 spawn_thread() {
  constexpr u64 kFlags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x100000 | 0x200000;
  child_tid = -1;
  return spawn(kFlags, address(stacks[0]) + sizeof stacks[0], &child_tid, &child_tid);
}

int orders() {
  catch_signal(kSigill);
  skip = 2;
  if (spawn_thread() <= 0) return 2;
  asm volatile("ud2");
  call(kSchedYield);
  return 0;
}

int threads() {
  for (int i = 0; i < 3; ++i) {
    if (spawn_thread() <= 0) return 2;
    for (int value; (value = *const_cast<volatile int*>(&child_tid)) != 0;)
      call(kFutex, address(&child_tid), 0, static_cast<u64>(value));
    if (started != i + 1) return 3;
    if (checked_call(kSchedYield, 5, 0, 0) != 0) return 4;
  }
  return 0;
}

u64 execute(const u8* code, u64 rax, u64 rcx) {
  u64 rdx = 0, rbx = 0;
  asm volatile("call *%[code]" : "+a"(rax), "+c"(rcx), "+d"(rdx), "=b"(rbx) : [code] "r"(code) : "r11", "memory", "cc");
  return rax;
}

int opcodes() {
  catch_signal(kSigill);
  for (u64 row = 0; row < 16; ++row) {
    const u64 at = row * 32 + row;
    if (static_cast<i64>(execute(opcode_syscall + at, kGetpid, 0)) <= 0) return 2;
    if (execute(opcode_cpuid + at, 0, 0) == 0) return 3;
    if (execute(opcode_rdtsc + at, 0, 0) == ~0ul) return 4;
    if (execute(opcode_rdtscp + at, 0, 0) == ~0ul) return 5;
    if ((execute(opcode_xgetbv + at, 0, 0) & 3) != 3) return 6;
    // A program without privileges may not use these anywhere: a signal.
    for (const u8* code : {opcode_in, opcode_out, opcode_int}) {
      skip = 2;
      const int before = handled;
      execute(code + at, 0, 0);
      if (handled != before + 1) return 7;
    }
  }
  if (static_cast<i64>(execute(crossing_syscall, kGetpid, 0)) <= 0) return 8;
  if (execute(crossing_cpuid, 0, 0) == 0) return 9;
  execute(crossing_rdtsc, 0, 0);
  execute(crossing_rdtscp, 0, 0);
  execute(crossing_rdtscp2, 0, 0);
  return (execute(crossing_xgetbv, 0, 0) & 3) == 3 ? 0 : 10;
}

alignas(8) u8 bss[20000];

bool all_zero(const volatile u8* bytes, u64 length) {
  u64 any = 0;
  for (u64 i = 0; i + 8 <= length; i += 8) any |= *reinterpret_cast<const volatile u64*>(bytes + i);
  return any == 0;
}

int fresh(u64* stack) {
  if (!all_zero(bss, sizeof bss)) return 2;
  const u64 below = address(stack) - 48 * 1024;
  if (!all_zero(reinterpret_cast<u8*>(below), 40 * 1024)) return 3;
  const i64 heap = call(kBrk);
  call(kBrk, static_cast<u64>(heap) + 16384);
  if (!all_zero(reinterpret_cast<u8*>(heap), 16384)) return 4;
  for (int again = 0; again < 3; ++again) {
    const i64 memory = call(kMmap, 0, 16384, 3, 0x22, ~0ul);
    if (memory <= 0) return 5;
    auto* bytes = reinterpret_cast<volatile u8*>(memory);
    if (!all_zero(bytes, 16384)) return 6;
    for (u64 i = 0; i < 16384; i += 64) bytes[i] = 0x77;
    call(kMunmap, static_cast<u64>(memory), 16384);
  }
  return 0;
}

int random(u64* stack) {
  u64* at = stack + 1 + *stack + 1;
  while (*at++ != 0) {
  }
  for (; *at != 0; at += 2)
    if (*at == 25) write(reinterpret_cast<void*>(at[1]), 16);
  const i64 heap = call(kBrk);
  write(&heap, sizeof heap);
  return 0;
}

__attribute__((noinline)) void fill_stack() {
  volatile u64 words[1024];
  for (auto& word : words) word = kSecret;
}

struct Call {
  u64 number, a, b, c;
};

/// The greatest value of secret_registers that XFRM allows.
u32 most_registers() {
  u32 eax = 0xd, ebx, ecx = 0, edx;
  asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (eax & 0xe0) == 0xe0 ? 3 : (eax & 4) != 0 ? 2 : 1;
}

int secrets() {
  static const char message[] = "nothing to hide";
  Timespec time{};
  static const Timespec soon{0, 1000};
  static u32 word = 7;
  for (u64 i = 0; i < 4; ++i) {
    // x87 last: it would be in use from then on.
    secret_registers = i == 3 ? 0 : i + 1 <= most_registers() ? static_cast<u32>(i) + 1 : 1;
    const Call list[] = {{kSchedYield, 0, 0, 0},
                         {kWrite, 1, address(message), 3 + i},
                         {kClockGettime, 0, address(&time), 0},
                         {kClockGettime, 2, address(&time), 0},
                         {kNanosleep, address(&soon), 0, 0},
                         {kFutex, address(&word), 1, 1},
                         {kWrite, 2, address(message), 8}};
    for (const Call& one : list) {
      fill_stack();
      secret_call(one.number, one.a, one.b, one.c, kSecret);
    }
    const i64 memory = call(kMmap, 0, 8192, 3, 0x22, ~0ul);
    *reinterpret_cast<u64*>(memory) = kSecret;
    secret_call(kMprotect, static_cast<u64>(memory), 4096, 1, kSecret);
    secret_call(kMunmap, static_cast<u64>(memory), 8192, 0, kSecret);
  }
  return 0;
}

int bases(u64* stack) {
  catch_signal(kSigill);
  const u64 hostile[] = {0, address(stack), 0x7f0000000000, 0x10000, 0xffff800000000000};
  u64 mine = 0;
  asm volatile("rdgsbase %0" : "=r"(mine));
  for (u64 base : hostile) {
    for (u64 gs : {base, mine}) {
      asm volatile("wrfsbase %0" ::"r"(base));
      asm volatile("wrgsbase %0" ::"r"(gs));
      if (checked_call(kSchedYield, base, 0, 0) != 0) return 2;
      u64 fs = 0;
      asm volatile("rdfsbase %0" : "=r"(fs));
      if (fs != base) return 3;
      asm volatile("wrgsbase %0" ::"r"(gs));
      skip = 2;
      const int before = handled;
      asm volatile("ud2");
      if (handled != before + 1) return 4;
      asm volatile("wrgsbase %0" ::"r"(gs));
      execute(opcode_cpuid, 0, 0);
    }
  }
  asm volatile("wrgsbase %0" ::"r"(u64{0}));
  return 0;
}

int clocks() {
  for (u64 which : {u64{0}, u64{1}, u64{7}}) {
    i64 before = 0;
    for (int i = 0; i < 60; ++i) {
      const i64 now = clock(which);
      if (now < before) return 2;
      before = now;
    }
  }
  return 0;
}

constexpr u64 kPage = 4096, kStack = 128 * 1024;  // of the first thread, as test_host.cc wants it

/// A word at that many bytes above the lowest of the stack. Arguments and the like take less than a page at its top.
volatile u64* in_stack(u64* stack, i64 above) {
  const u64 top = (address(stack) + kPage - 1) & ~(kPage - 1);
  return reinterpret_cast<volatile u64*>(top - kStack + static_cast<u64>(above));
}

int growing(u64* stack) {
  const i64 memory = call(kMmap, 0, 4 * kPage, 3, 0x22, ~0ul);
  if (memory <= 0) return 2;
  volatile u64* const places[] = {reinterpret_cast<volatile u64*>(memory), reinterpret_cast<volatile u64*>(memory) + 1024,
                                  in_stack(stack, 16)};
  for (volatile u64* place : places) *place = kSecret;
  write(places, sizeof places);
  call(kSchedYield);
  for (volatile u64* place : places)
    if (*place != kSecret) return 3;
  const i64 more = call(kMmap, 0, 4 * kPage, 3, 0x22, ~0ul);
  if (more <= 0 || !all_zero(reinterpret_cast<u8*>(more), 4 * kPage)) return 4;
  *in_stack(stack, 64 * 1024) = kSecret;
  return *in_stack(stack, 64 * 1024 + 8) == 0 ? 0 : 5;
}

void write_string(const char* text) {
  u64 length = 0;
  while (text[length] != 0) ++length;
  write(text, length);
  write("\n", 1);
}

/// A sealing key by MRENCLAVE, all other fields zero.
int keys(bool keeps) {
  alignas(16) static u8 request[512], key[16];
  request[0] = 4;
  request[2] = 1;
  if (call(kEnclaveKey, address(request), address(key)) != 0) return 1;
  for (volatile u8& byte : key) {
    if (!keeps) byte = 0;
  }
  return 0;
}

}  // namespace

extern "C" void thread_main() {
  if (skip != 0) asm volatile("ud2");  // Mode::orders
  if (checked_call(kSchedYield, 6, 0, 0) == 0) started = started + 1;
}

struct Context {
  u64 flags, link, stack[3], r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
};
struct Information {
  int number, error, code;
  u64 address;
};

extern "C" void handle(int number, Information* information, Context* context) {
  handled = handled + 1;
  last_signal = number;
  last_address = information->address;
  last_rip = context->rip;
  context->rip += skip;
}

extern "C" int guest_main(u64* stack) {
  auto** arguments = reinterpret_cast<char**>(stack + 1);
  if (*stack < 2) return 100;
  switch (static_cast<Mode>(arguments[1][0])) {
    case Mode::calls: return calls();
    case Mode::signals: return signals();
    case Mode::faults: return faults();
    case Mode::threads: return threads();
    case Mode::opcodes: return opcodes();
    case Mode::fresh: return fresh(stack);
    case Mode::random: return random(stack);
    case Mode::secrets: return secrets();
    case Mode::bases: return bases(stack);
    case Mode::null: return *const_cast<volatile int*>(static_cast<int*>(nullptr));
    case Mode::clocks: return clocks();
    case Mode::arguments:
      for (u64 i = 0; i < *stack; ++i) write_string(arguments[i]);
      return 0;
    case Mode::promptly: return promptly(arguments[2][0]);
    case Mode::orders: return orders();
    case Mode::quiet: return 0;
    case Mode::growing: return growing(stack);
    case Mode::keys: return keys(arguments[2][0] == 'k');
    case Mode::overflow: return static_cast<int>(*in_stack(stack, -8));
  }
  return 101;
}
