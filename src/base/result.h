// SPDX-License-Identifier: Apache-2.0
//
// Errors are values. `Result<T, E>` holds a T or an E; `TRY(expression)` yields the T or returns the E to the caller.
// Header-only and freestanding, so that host and enclave share it: the host's E is `Error` (base/error.h, with a message),
// the enclave's is `Errno` (an errno of the Linux ABI). g++ 12's std::expected has neither `[[nodiscard]]` on the type
// nor a way to return early without a macro, and aborts through exceptions.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

namespace sgxx {

class Error;

/// Wraps an error on its way into a Result, so that a T and an E are never confused.
template <class E>
struct Failure {
  E error;
};

template <class E>
Failure(E) -> Failure<E>;

/// A T or an E. T may be void or a reference-free object type.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result(T value) noexcept : value_(std::move(value)), ok_(true) {}  // NOLINT: implicit by design
  template <class F>
  requires std::is_constructible_v<E, F> Result(Failure<F> failure)
  noexcept : error_(std::move(failure.error)), ok_(false) {}  // NOLINT

  Result(Result&& other) noexcept : ok_(other.ok_) {
    if (ok_) {
      new (&value_) T(std::move(other.value_));
    } else {
      new (&error_) E(std::move(other.error_));
    }
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~E();
    }
  }

  explicit operator bool() const noexcept { return ok_; }
  bool ok() const noexcept { return ok_; }

  /// The value. Traps when there is none: asking without looking is a bug of the caller.
  T& value() & noexcept { return check(true), value_; }
  const T& value() const& noexcept { return check(true), value_; }
  T&& value() && noexcept { return check(true), std::move(value_); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T&& operator*() && noexcept { return std::move(*this).value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }

  E& error() & noexcept { return check(false), error_; }
  const E& error() const& noexcept { return check(false), error_; }
  E&& error() && noexcept { return check(false), std::move(error_); }

 private:
  void check(bool expected) const noexcept {
    if (ok_ != expected) __builtin_trap();
  }

  union {
    T value_;
    E error_;
  };
  bool ok_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using Value = void;

  Result() noexcept : ok_(true) {}
  template <class F>
  requires std::is_constructible_v<E, F> Result(Failure<F> failure)
  noexcept : error_(std::move(failure.error)), ok_(false) {}  // NOLINT

  Result(Result&& other) noexcept : ok_(other.ok_) {
    if (!ok_) new (&error_) E(std::move(other.error_));
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (!ok_) error_.~E();
  }

  explicit operator bool() const noexcept { return ok_; }
  bool ok() const noexcept { return ok_; }
  void value() const noexcept {
    if (!ok_) __builtin_trap();
  }

  E& error() & noexcept { return check(), error_; }
  const E& error() const& noexcept { return check(), error_; }
  E&& error() && noexcept { return check(), std::move(error_); }

 private:
  void check() const noexcept {
    if (ok_) __builtin_trap();
  }

  union {
    char none_ = 0;
    E error_;
  };
  bool ok_;
};

/// The value of `expression`, or an early return of its error.
#define TRY(...)                                                                   \
  ({                                                                               \
    auto try_result_ = (__VA_ARGS__);                                              \
    if (!try_result_.ok()) return ::sgxx::Failure{std::move(try_result_).error()}; \
    std::move(try_result_).value();                                                \
  })

}  // namespace sgxx
