// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 by OpenSSL's direct functions: they are deprecated in favour of EVP, whose providers take most of a millisecond to set
// up, which is more than the rest of a small enclave's start.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "image/measurement.h"

#include <openssl/sha.h>

#include <cstdlib>
#include <cstring>

namespace sgxx::image {
namespace {

constexpr size_t kBatch = 32 * 1024;  // stays in the first-level cache

// SHA-256 fails only when OpenSSL is broken: nothing that a caller could handle.
void must(int openssl_result) {
  if (openssl_result != 1) std::abort();
}

}  // namespace

struct Measurement::Context {
  SHA256_CTX digest;
  size_t pending = 0;
  std::array<u8, kBatch> batch;
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

Measurement::Measurement() : context_(new Context) { must(SHA256_Init(&context_->digest)); }
Measurement::~Measurement() = default;
Measurement::Measurement(Measurement&&) noexcept = default;
Measurement& Measurement::operator=(Measurement&&) noexcept = default;

void Measurement::ecreate(u32 ssa_frame_size, u64 size) {
  const Record record = ecreate_record(ssa_frame_size, size);
  std::memcpy(room(kRecordSize), record.data(), kRecordSize);
}

void Measurement::eadd(EnclaveOffset page, const isa::SecInfo& info) { eadd_range({page, kPageSize}, info); }

void Measurement::eadd_range(OffsetRange pages, const isa::SecInfo& info) {
  Record record = eadd_record(pages.begin, info);
  for (u64 i = 0; i < pages.length; i += kPageSize) {
    const u64 offset = pages.begin.value + i;
    std::memcpy(&record[8], &offset, sizeof offset);
    std::memcpy(room(kRecordSize), record.data(), kRecordSize);
  }
}

void Measurement::eextend(EnclaveOffset chunk, Chunk bytes) {
  const Record record = eextend_record(chunk);
  u8* place = room(kRecordSize + kChunkSize);
  std::memcpy(place, record.data(), kRecordSize);
  std::memcpy(place + kRecordSize, bytes.data(), kChunkSize);
}

void Measurement::eextend_page(EnclaveOffset page, PageView bytes) {
  for (u64 i = 0; i < kPageSize; i += kChunkSize) eextend(page + i, Chunk(bytes.data() + i, kChunkSize));
}

void Measurement::records(ByteView bytes) {
  flush();
  must(SHA256_Update(&context_->digest, bytes.data(), bytes.size()));
}

isa::Hash256 Measurement::finish() {
  flush();
  isa::Hash256 hash;
  must(SHA256_Final(hash.data(), &context_->digest));
  return hash;
}

// Where the next `length` bytes (at most a batch) go.
u8* Measurement::room(size_t length) {
  if (context_->pending + length > kBatch) flush();
  u8* place = context_->batch.data() + context_->pending;
  context_->pending += length;
  return place;
}

void Measurement::flush() {
  must(SHA256_Update(&context_->digest, context_->batch.data(), context_->pending));
  context_->pending = 0;
}

isa::Hash256 sha256(ByteView bytes) {
  isa::Hash256 hash;
  SHA256_CTX digest;
  must(SHA256_Init(&digest));
  must(SHA256_Update(&digest, bytes.data(), bytes.size()));
  must(SHA256_Final(hash.data(), &digest));
  return hash;
}

}  // namespace sgxx::image
