// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "abi/config.h"
#include "abi/entry.h"
#include "abi/host_call.h"

namespace sgxx::abi {
namespace {

TEST(AbortReason, EveryReasonHasItsOwnNumberAndText) {
  std::set<int> numbers;
  std::set<std::string> texts;
  int count = 0;
#define SGXX_X(name, number, text) numbers.insert(number), texts.insert(text), ++count;
  SGXX_ABORT_REASONS(SGXX_X)
#undef SGXX_X
  EXPECT_EQ(numbers.size(), static_cast<size_t>(count));
  EXPECT_EQ(texts.size(), static_cast<size_t>(count));
}

TEST(HostCall, NumbersAreDistinct) {
  std::set<int> numbers;
  int count = 0;
#define SGXX_X(name, number, text) numbers.insert(number), ++count;
  SGXX_HOST_CALLS(SGXX_X)
#undef SGXX_X
  EXPECT_EQ(numbers.size(), static_cast<size_t>(count));
}

}  // namespace
}  // namespace sgxx::abi
