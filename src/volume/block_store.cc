// SPDX-License-Identifier: Apache-2.0
#include "volume/block_store.h"

namespace sgxx::volume {
namespace {

/// The end of the items from `first` on that lie side by side on the disk.
u32 end_of_run(const Batch& batch, u32 first) {
  u32 end = first + 1;
  while (end < batch.count() && batch[end].pointer.block == batch[end - 1].pointer.block + 1) ++end;
  return end;
}

CipherJob job_of(BlockItem& item, const u8* from, u8* to) {
  const u64 block = item.pointer.block;
  item.nonce = {static_cast<u32>(block), static_cast<u32>(block >> 32), item.place.level};
  return {item.pointer.key.data(),
          reinterpret_cast<const u8*>(&item.nonce),
          reinterpret_cast<const u8*>(&item.place),
          from,
          to,
          item.pointer.tag.data(),
          sizeof(Place),
          kBlockSize};
}

}  // namespace

Outcome<u32> BlockStore::read(Batch& batch, u32 from) const {
  u32 readable = batch.count();
  for (u32 first = from; first < batch.count();) {
    const u32 end = end_of_run(batch, first);
    for (u32 i = first; i < end; ++i) {
      batch.pages_[i] = batch[i].page;
      batch.jobs_[i] = job_of(batch[i], batch[i].page, batch[i].page);
    }
    const auto read = disk_.read(batch[first].pointer.block, {batch.pages_ + first, end - first});
    if (!read.ok() && read.error().fault != Fault::integrity) return Failure{read.error()};
    if (!read.ok()) {
      readable = first;
      break;
    }
    first = end;
  }
  if (readable == from) return from;
  return from + static_cast<u32>(TRY(crypto_.open({batch.jobs_ + from, readable - from})));
}

Outcome<> BlockStore::write(Batch& batch, u8* staging) const {
  for (u32 i = 0; i < batch.count(); ++i) batch.jobs_[i] = job_of(batch[i], batch[i].page, staging + i * kBlockSize);
  TRY(crypto_.seal({batch.jobs_, batch.count()}));
  for (u32 first = 0; first < batch.count();) {
    const u32 end = end_of_run(batch, first);
    TRY(disk_.write(batch[first].pointer.block, {staging + first * kBlockSize, (end - first) * kBlockSize}));
    first = end;
  }
  return {};
}

}  // namespace sgxx::volume
