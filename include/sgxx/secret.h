// SPDX-License-Identifier: Apache-2.0
//
// Values that nobody else may learn: wiped when they go, copied only by name, compared in constant time, never printed by
// accident. They are for what the enclave guards; the enclave itself keeps the host from its memory.
#pragma once

#include <sgxx/bytes.h>
#include <sgxx/error.h>

#include <memory>
#include <type_traits>

namespace sgxx {

/// Zeroes that no compiler leaves out.
void wipe(ByteSpan bytes) noexcept;

/// Takes as long whatever the bytes are. Different lengths are unequal, at once: lengths are no secret here.
bool constant_time_equal(ByteView a, ByteView b) noexcept;

/// A secret of fixed size: `Secret<std::array<std::uint8_t, 32>>`. Every bit of T must be a value, because bits are what is
/// compared.
template <class T>
class Secret {
  static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>,
                "a Secret is wiped and compared as bytes: no pointers to clean up behind, no padding");

 public:
  /// Zeroes.
  Secret() : value_{} {}
  /// Moves the value here: the original is wiped.
  static Secret taken_from(T& value) {
    Secret secret;
    secret.value_ = value;
    wipe({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    return secret;
  }

  Secret(Secret&& other) noexcept : value_(other.value_) { wipe(other.bytes()); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      wipe(other.bytes());
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes()); }

  /// A second copy, for who really wants one.
  Secret copy() const {
    Secret secret;
    secret.value_ = value_;
    return secret;
  }

  /// The value itself. What is copied from here is not wiped.
  const T& reveal() const { return value_; }
  T& reveal() { return value_; }
  ByteView bytes() const { return {reinterpret_cast<const std::uint8_t*>(&value_), sizeof value_}; }
  ByteSpan bytes() { return {reinterpret_cast<std::uint8_t*>(&value_), sizeof value_}; }

  friend bool operator==(const Secret& a, const Secret& b) noexcept { return constant_time_equal(a.bytes(), b.bytes()); }

 private:
  T value_;
};

/// A secret whose size is known when it is made. It never grows: growing would leave a copy behind.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// `size` zeroes.
  explicit SecretBytes(std::size_t size);
  static SecretBytes copy_of(ByteView bytes);

  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteView bytes() const { return {data_.get(), size_}; }
  ByteSpan bytes() { return {data_.get(), size_}; }
  /// The bytes as text; it lives as long as they do.
  std::string_view text() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }

  friend bool operator==(const SecretBytes& a, const SecretBytes& b) noexcept {
    return constant_time_equal(a.bytes(), b.bytes());
  }

 private:
  friend SecretBytes secret_bytes_for_overwrite(std::size_t size);
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0;
};

/// `size` bytes of whatever was there, to be written all.
SecretBytes secret_bytes_for_overwrite(std::size_t size);

}  // namespace sgxx
