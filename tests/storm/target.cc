// SPDX-License-Identifier: Apache-2.0
//
// What runs inside during the storm, for the number of seconds given: threads that repeat a computation whose checksum they
// know (vectors, x87, integers with all registers alive), throw exceptions, pass a turn by futex, allocate, fault on purpose
// and execute instructions that trap. Each checks itself; a lost wake-up shows as a hang, which the runner's time limit ends.

#include <setjmp.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

std::atomic<bool> stop{false};

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) { return (hash ^ value) * 1099511628211u; }

std::uint64_t vector_round() {
  float lanes[16];
  for (int i = 0; i < 16; ++i) lanes[i] = static_cast<float>(i) + 0.5f;
  for (int step = 0; step < 2000; ++step) {
    for (int i = 0; i < 16; ++i) lanes[i] = lanes[i] * 1.0001f + lanes[(i + 5) % 16] * 0.00001f;
  }
  std::uint64_t hash = 0;
  for (float lane : lanes) {
    std::uint32_t bits;
    std::memcpy(&bits, &lane, 4);
    hash = mix(hash, bits);
  }
  return hash;
}

std::uint64_t x87_round() {
  long double value = 1.0L;
  for (int step = 1; step < 1000; ++step)
    value = sqrtl(value * value + 1.0L / static_cast<long double>(step)) + sinl(value) * 1e-6L;
  std::uint64_t bits;
  std::memcpy(&bits, &value, 8);
  return bits;
}

std::uint64_t integer_round() {
  std::uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10;
  for (int step = 0; step < 3000; ++step) {
    a = mix(a, j), b = mix(b, a), c += b ^ step, d = mix(d, c), e -= d, f = mix(f, e), g ^= f << 3, h = mix(h, g), i += h >> 5,
    j = mix(j, i);
  }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j;
}

long repeat(const std::function<std::uint64_t()>& round) {
  const std::uint64_t expected = round();
  long rounds = 0;
  for (; !stop; ++rounds) CHECK(round() == expected);
  return rounds;
}

[[gnu::noinline]] void thrower(int depth) {
  const std::string hold(30, 'h');
  if (depth == 0) throw std::runtime_error(hold);
  thrower(depth - 1);
  asm volatile("" : : "r"(hold.data()));
}

std::uint64_t exception_round() {
  try {
    thrower(5);
  } catch (const std::runtime_error& error) {
    return std::strlen(error.what());
  }
  return 0;
}

std::uint64_t memory_round() {
  std::vector<std::string> words;
  for (int i = 0; i < 50; ++i)
    words.push_back(std::string(static_cast<std::size_t>(i * 37 % 3000), static_cast<char>('a' + i % 26)));
  std::uint64_t sum = 0;
  for (const auto& word : words) {
    for (char letter : word) sum += static_cast<unsigned char>(letter);
  }
  return sum;
}

std::uint64_t trap_round() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  asm volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
  return getpid() > 0 ? mix(a, c) : 0;
}

thread_local sigjmp_buf back;

std::uint64_t fault_round() {
  if (sigsetjmp(back, 1) == 0) asm volatile("ud2");
  return 5;
}

struct Turns {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<int> ball{0};
  long turn = 0;
  bool over = false;
};

long play(Turns& turns, int me) {
  for (;;) {
    std::unique_lock lock(turns.mutex);
    turns.changed.wait(lock, [&] { return turns.over || turns.turn % 2 == me; });
    if (turns.over) return turns.turn;
    turns.over = stop && me == 0;
    ++turns.turn;
    turns.changed.notify_one();
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int seconds = count == 2 ? std::atoi(arguments[1]) : 0;
  CHECK(seconds > 0);
  struct sigaction action {};
  action.sa_handler = [](int) { siglongjmp(back, 1); };
  CHECK(sigaction(SIGILL, &action, nullptr) == 0);
  const struct {
    const char* name;
    std::uint64_t (*round)();
  } kinds[] = {{"vectors", vector_round}, {"x87", x87_round},    {"integers", integer_round}, {"exceptions", exception_round},
               {"memory", memory_round},  {"traps", trap_round}, {"faults", fault_round}};
  std::vector<long> rounds(std::size(kinds));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::size(kinds); ++i) threads.emplace_back([&, i] { rounds[i] = repeat(kinds[i].round); });
  Turns turns;
  threads.emplace_back([&] { play(turns, 0); });
  threads.emplace_back([&] { play(turns, 1); });
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + std::chrono::seconds(seconds);
  for (auto now = start; now < end; now = std::chrono::steady_clock::now()) {
    const auto before = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(20));
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    CHECK(rounds[i] > 0);
    std::fprintf(stderr, "%s %ld\n", kinds[i].name, rounds[i]);
  }
  std::fprintf(stderr, "turns %ld\n", turns.turn);
  CHECK(turns.turn > 0);
  std::puts("nothing lost");
}
