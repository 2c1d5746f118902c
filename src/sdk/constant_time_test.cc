// SPDX-License-Identifier: Apache-2.0
//
// Duty E2: a comparison executes as many instructions whatever it compares. Counted by stepping a child through them.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "sgxx/secret.h"

namespace sgxx {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCounts = false;  // the sanitizer's checks are instructions, too
#else
constexpr bool kCounts = true;
#endif

/// Instructions from the second stop of a child that does `work` between two stops; 0 where processes may not be traced.
long count_instructions(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    work();  // what is bound at the first call is bound
    raise(SIGUSR1);
    work();
    raise(SIGUSR2);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  long count = 0;
  while (WIFSTOPPED(status)) {
    const int signal = WSTOPSIG(status);
    if (signal == SIGUSR2) break;
    if (signal == SIGTRAP) ++count;
    ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    waitpid(child, &status, 0);
  }
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  return count;
}

using Mac = std::array<std::uint8_t, 16>;

TEST(ConstantTime, ComparisonsTakeAsLongWhateverTheyCompare) {
  if (!kCounts) GTEST_SKIP() << "instrumented";
  const Mac right = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const auto count = [&right](int changed) {
    Mac other = right;
    if (changed >= 0) other[static_cast<std::size_t>(changed)] ^= 0x80;
    volatile bool result = false;
    const long instructions = count_instructions([&] { result = constant_time_equal(right, other); });
    EXPECT_EQ(constant_time_equal(right, other), changed < 0);
    return instructions;
  };
  const long equal = count(-1);
  if (equal == 0) GTEST_SKIP() << "processes may not be traced here";
  EXPECT_GT(equal, 32);
  EXPECT_EQ(count(0), equal) << "the first byte differs";
  EXPECT_EQ(count(7), equal);
  EXPECT_EQ(count(15), equal) << "the last byte differs";

  // The instrument sees what a comparison that stops early gives away.
  const auto leaky = [&right](std::size_t changed) {
    Mac other = right;
    other[changed] ^= 1;
    return count_instructions([&] {
      for (std::size_t at = 0; at < other.size() && other[at] == right[at]; ++at) asm volatile("" ::: "memory");
    });
  };
  EXPECT_LT(leaky(0), leaky(15));
}

}  // namespace
}  // namespace sgxx
