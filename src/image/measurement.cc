// SPDX-License-Identifier: Apache-2.0
#include "image/measurement.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>

namespace sgxx::image {
namespace {

constexpr size_t kBatch = 64 * 1024;

// SHA-256 fails only when memory has run out or OpenSSL is broken: nothing that a caller could handle.
void must(int openssl_result) {
  if (openssl_result != 1) std::abort();
}

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Measurement::Context {
  std::unique_ptr<EVP_MD_CTX, DigestDeleter> digest{EVP_MD_CTX_new()};
};

Record ecreate_record(u32 ssa_frame_size, u64 size) {
  Record record{};
  std::memcpy(&record[0], &kEcreateTag, 8);
  std::memcpy(&record[8], &ssa_frame_size, 4);
  std::memcpy(&record[12], &size, 8);
  return record;
}

Record eadd_record(EnclaveOffset page, const isa::SecInfo& info) {
  Record record{};
  std::memcpy(&record[0], &kEaddTag, 8);
  std::memcpy(&record[8], &page.value, 8);
  std::memcpy(&record[16], &info, 48);
  return record;
}

Record eextend_record(EnclaveOffset chunk) {
  Record record{};
  std::memcpy(&record[0], &kEextendTag, 8);
  std::memcpy(&record[8], &chunk.value, 8);
  return record;
}

Measurement::Measurement() : context_(std::make_unique<Context>()) {
  if (!context_->digest) std::abort();
  must(EVP_DigestInit_ex(context_->digest.get(), EVP_sha256(), nullptr));
  pending_.reserve(kBatch);
}
Measurement::~Measurement() = default;
Measurement::Measurement(Measurement&&) noexcept = default;
Measurement& Measurement::operator=(Measurement&&) noexcept = default;

void Measurement::ecreate(u32 ssa_frame_size, u64 size) {
  const Record record = ecreate_record(ssa_frame_size, size);
  append(record.data(), record.size());
}

void Measurement::eadd(EnclaveOffset page, const isa::SecInfo& info) {
  const Record record = eadd_record(page, info);
  append(record.data(), record.size());
}

void Measurement::eextend(EnclaveOffset chunk, Chunk bytes) {
  const Record record = eextend_record(chunk);
  append(record.data(), record.size());
  append(bytes.data(), bytes.size());
}

void Measurement::eextend_page(EnclaveOffset page, PageView bytes) {
  for (u64 i = 0; i < kPageSize; i += kChunkSize) eextend(page + i, Chunk(bytes.data() + i, kChunkSize));
}

isa::Hash256 Measurement::finish() {
  flush();
  isa::Hash256 hash;
  unsigned length = 0;
  must(EVP_DigestFinal_ex(context_->digest.get(), hash.data(), &length));
  return hash;
}

void Measurement::append(const void* bytes, size_t length) {
  if (pending_.size() + length > kBatch) flush();
  const auto* first = static_cast<const u8*>(bytes);
  pending_.insert(pending_.end(), first, first + length);
}

void Measurement::flush() {
  must(EVP_DigestUpdate(context_->digest.get(), pending_.data(), pending_.size()));
  pending_.clear();
}

isa::Hash256 sha256(ByteView bytes) {
  isa::Hash256 hash;
  unsigned length = 0;
  must(EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(), nullptr));
  return hash;
}

}  // namespace sgxx::image
