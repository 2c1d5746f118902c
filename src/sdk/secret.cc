// SPDX-License-Identifier: Apache-2.0
#include "sgxx/secret.h"

#include <string.h>

#include <algorithm>
#include <utility>

namespace sgxx {

void wipe(ByteSpan bytes) noexcept {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());  // which takes no null pointer
}

SecretBytes::SecretBytes(std::size_t size) : data_(new std::uint8_t[size]()), size_(size) {}

SecretBytes secret_bytes_for_overwrite(std::size_t size) {
  SecretBytes secret;
  secret.data_.reset(new std::uint8_t[size]);
  secret.size_ = size;
  return secret;
}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
  SecretBytes secret = secret_bytes_for_overwrite(bytes.size());
  std::ranges::copy(bytes, secret.data_.get());
  return secret;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe(bytes());
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() { wipe(bytes()); }

}  // namespace sgxx
