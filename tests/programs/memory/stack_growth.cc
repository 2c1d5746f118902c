// SPDX-License-Identifier: Apache-2.0
//
// Stacks that are touched for the first time in every way there is: deep recursion in threads, a system call that writes into an
// untouched buffer, another thread that does, a signal handler's frame, and two threads on one page at once.
#include <pthread.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

namespace {

__attribute__((noinline)) std::uint64_t recurse(unsigned depth) {
  volatile std::uint64_t frame[512];
  frame[0] = depth;
  frame[511] = depth;
  const std::uint64_t below = depth == 0 ? 0 : recurse(depth - 1);
  return below + frame[0] + frame[511];
}

void* recurse_deep(void* result) {
  *static_cast<std::uint64_t*>(result) = recurse(1500);  // six mebibytes
  return nullptr;
}

volatile std::sig_atomic_t handled;

__attribute__((noinline)) bool is_zero(const unsigned char* bytes, std::size_t length) {
  unsigned char any = 0;
  for (std::size_t i = 0; i < length; ++i) any = static_cast<unsigned char>(any | bytes[i]);
  return any == 0;
}

/// The kernel writes into pages that nobody has touched.
__attribute__((noinline)) bool system_call_fills() {
  unsigned char buffer[200000];
  asm volatile("" : : "r"(buffer) : "memory");
  for (std::size_t done = 0; done < sizeof buffer;) {
    const ssize_t got = getrandom(buffer + done, sizeof buffer - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return !is_zero(buffer, 64) && !is_zero(buffer + sizeof buffer - 64, 64);
}

/// Another thread does, and two of them at once.
__attribute__((noinline)) bool others_fill() {
  unsigned char buffer[400000];
  asm volatile("" : : "r"(buffer) : "memory");
  std::atomic<int> ready{0};
  const auto fill = [&](unsigned char value, std::size_t first) {
    ++ready;
    while (ready < 2) {
    }
    for (std::size_t i = first; i < sizeof buffer; i += 2) buffer[i] = value;
  };
  std::thread other(fill, 1, 0);
  fill(2, 1);
  other.join();
  std::size_t sum = 0;
  for (unsigned char byte : buffer) sum += byte;
  return sum == sizeof buffer / 2 * 3;
}

/// A signal's frame lies below everything that was touched so far.
__attribute__((noinline)) bool handler_below() {
  volatile unsigned char space[300000];
  space[0] = 1;
  std::raise(SIGUSR1);
  return handled != 0 && space[0] == 1;
}

}  // namespace

int main() {
  rlimit limit{};
  getrlimit(RLIMIT_STACK, &limit);
  std::printf("8 MiB of stack: %d\n", limit.rlim_cur >= 8u << 20);
  std::signal(SIGUSR1, [](int) { handled = 1; });
  std::printf("handler below: %d\n", handler_below());
  std::printf("system call fills: %d\n", system_call_fills());
  std::printf("others fill: %d\n", others_fill());
  for (int round = 0; round < 3; ++round) {
    std::vector<pthread_t> threads(4);
    std::vector<std::uint64_t> results(threads.size());
    for (std::size_t i = 0; i < threads.size(); ++i) pthread_create(&threads[i], nullptr, recurse_deep, &results[i]);
    for (auto& thread : threads) pthread_join(thread, nullptr);
    for (auto result : results) std::printf("%llu ", static_cast<unsigned long long>(result));
    std::printf("\n");
  }
  std::printf("main: %llu\n", static_cast<unsigned long long>(recurse(1500)));
}
