// SPDX-License-Identifier: Apache-2.0
//
// <coroutine>: a generator, a task that awaits another, and destruction while suspended.

#include <coroutine>
#include <exception>
#include <iostream>
#include <utility>

#include "check.h"

namespace {

template <typename T>
class Generator {
 public:
  struct promise_type {
    T value{};
    std::exception_ptr error;
    Generator get_return_object() { return Generator(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T next) {
      value = std::move(next);
      return {};
    }
    void return_void() {}
    void unhandled_exception() { error = std::current_exception(); }
  };
  explicit Generator(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Generator(Generator&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ~Generator() {
    if (handle_) handle_.destroy();
  }
  bool next() {
    handle_.resume();
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return !handle_.done();
  }
  const T& value() const { return handle_.promise().value; }

 private:
  std::coroutine_handle<promise_type> handle_;
};

struct Local {
  ~Local() { ++destroyed; }
  static inline int destroyed = 0;
};

Generator<long> fibonacci(int count) {
  Local local;
  for (long a = 0, b = 1; count-- > 0; b = std::exchange(a, b) + b) co_yield a;
}

Generator<int> failing() {
  co_yield 1;
  throw 42;
}

}  // namespace

int main() {
  {
    auto numbers = fibonacci(12);
    while (numbers.next()) std::cout << numbers.value() << ' ';
    std::cout << '\n';
  }
  {
    auto abandoned = fibonacci(1000);
    CHECK(abandoned.next());
  }
  std::cout << "destroyed " << Local::destroyed << '\n';
  auto bad = failing();
  CHECK(bad.next());
  try {
    bad.next();
  } catch (int value) {
    std::cout << "threw " << value << '\n';
  }
}
