// SPDX-License-Identifier: Apache-2.0
//
// The functions behind AT_SYSINFO_EHDR: what a C library calls to read a clock. They run as the program does: on its stack, with
// its GS, interrupted by its signals, and a bad pointer is its own fault. So they lie outside the text that the exception
// handler takes for the runtime's, call nothing there, and what needs the runtime is an ordinary system call.
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kGettimeofday = 96, kTime = 201, kClockGettime = 228, kClockGetres = 229, kGetcpu = 309;

/// As a redirected `syscall`: RCX is where to go on.
[[gnu::always_inline]] inline i64 system_call(u64 number, u64 first, u64 second) {
  u64 result = number;
  asm volatile(
      "lea 1f(%%rip), %%rcx\n\t"
      "jmp runtime_syscall\n"
      "1:"
      : "+a"(result)
      : "D"(first), "S"(second), "d"(u64{0})
      : "rcx", "r11", "memory", "cc");
  return static_cast<i64>(result);
}

[[gnu::always_inline]] inline bool try_now(u32 clock, u64& nanoseconds) {
  const auto counter = [] [[gnu::always_inline]] {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return u64{high} << 32 | low;
  };
  if (clock >= kHostClockOf.size() || kHostClockOf[clock] == kNoHostClock) return false;
  return host_clocks[kHostClockOf[clock]].try_now(counter, nanoseconds);
}

template <class T>
[[gnu::always_inline]] inline u64 address(T* pointer) {
  return reinterpret_cast<u64>(pointer);
}

}  // namespace

#define SGXX_VDSO extern "C" __attribute__((section(".vdso_text")))

SGXX_VDSO i64 __vdso_clock_gettime(i32 clock, Timespec* time) {
  u64 now;
  if (!try_now(static_cast<u32>(clock), now)) return system_call(kClockGettime, static_cast<u64>(clock), address(time));
  *time = timespec_of(now);
  return 0;
}

SGXX_VDSO i64 __vdso_gettimeofday(Timespec* time, u64* zone) {
  u64 now;
  if (time == nullptr || zone != nullptr || !try_now(0, now)) return system_call(kGettimeofday, address(time), address(zone));
  *time = timespec_of(now);
  time->nanoseconds /= 1000;  // struct timeval counts microseconds
  return 0;
}

SGXX_VDSO i64 __vdso_time(i64* seconds) {
  u64 now;
  if (!try_now(0, now)) return system_call(kTime, address(seconds), 0);
  const i64 answer = timespec_of(now).seconds;
  if (seconds != nullptr) *seconds = answer;
  return answer;
}

SGXX_VDSO i64 __vdso_clock_getres(i32 clock, Timespec* resolution) {
  return system_call(kClockGetres, static_cast<u64>(clock), address(resolution));
}

SGXX_VDSO i64 __vdso_getcpu(u32* cpu, u32* node, void*) { return system_call(kGetcpu, address(cpu), address(node)); }

}  // namespace sgxx::enclave
