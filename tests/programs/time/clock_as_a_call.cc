// SPDX-License-Identifier: Apache-2.0
//
// The functions that the C library finds through AT_SYSINFO_EHDR: each agrees with its system call, and a signal that comes while
// they run finds its way back through them to main.

#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "check.h"

static std::uintptr_t begin, end;
static std::atomic<int> inside{0}, unwound{0};
static std::uintptr_t loop_begin, loop_end;

static void handle(int, siginfo_t*, void* context) {
  const auto rip = static_cast<std::uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  if (rip < begin || rip >= end) return;
  ++inside;
  void* frames[32];
  const int count = backtrace(frames, 32);
  for (int i = 0; i < count; ++i) {
    const auto frame = reinterpret_cast<std::uintptr_t>(frames[i]);
    if (frame >= loop_begin && frame < loop_end) {
      ++unwound;
      break;
    }
  }
}

static std::int64_t of(const timespec& time) { return time.tv_sec * 1000000000 + time.tv_nsec; }

__attribute__((noinline, section("clock_loop"))) static void read_for_a_while(std::atomic<bool>& stop) {
  timespec now{};
  while (!stop) clock_gettime(CLOCK_MONOTONIC, &now);
}
extern "C" char __start_clock_loop[], __stop_clock_loop[];

int main() {
  const auto* image = reinterpret_cast<const ElfW(Ehdr)*>(getauxval(AT_SYSINFO_EHDR));
  CHECK(image != nullptr);
  const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(reinterpret_cast<const char*>(image) + image->e_phoff);
  begin = reinterpret_cast<std::uintptr_t>(image);
  for (int i = 0; i < image->e_phnum; ++i) {
    if (headers[i].p_type == PT_LOAD) end = begin + headers[i].p_memsz;
  }
  for (clockid_t id : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI}) {
    timespec before{}, called{}, after{};
    for (int i = 0; i < 1000; ++i) {
      CHECK(syscall(SYS_clock_gettime, id, &before) == 0 && clock_gettime(id, &called) == 0);
      CHECK(syscall(SYS_clock_gettime, id, &after) == 0);
      CHECK(of(before) <= of(called) && of(called) <= of(after));
    }
  }
  timeval day{};
  CHECK(gettimeofday(&day, nullptr) == 0 && day.tv_usec < 1000000 && time(nullptr) - day.tv_sec <= 1);

  loop_begin = reinterpret_cast<std::uintptr_t>(__start_clock_loop);
  loop_end = reinterpret_cast<std::uintptr_t>(__stop_clock_loop);
  void* warm_up[4];
  backtrace(warm_up, 4);
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  std::atomic<bool> stop{false};
  const pthread_t reader = pthread_self();
  std::thread disturber([&] {
    for (int i = 0; i < 20000 && inside < 20; ++i) {
      pthread_kill(reader, SIGUSR1);
      usleep(100);
    }
    stop = true;
  });
  read_for_a_while(stop);
  disturber.join();
  CHECK(inside > 0 && unwound == inside);
  std::puts("called and unwound");
}
