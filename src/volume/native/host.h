// SPDX-License-Identifier: Apache-2.0
//
// What the engine asks of its surroundings, in an ordinary process: OpenSSL's cipher, the heap, a mutex; and a disk in memory.
#pragma once

#include <mutex>
#include <vector>

#include "volume/volume.h"

namespace sgxx::volume {

class OpenSslCrypto {
 public:
  Outcome<> random(ByteSpan bytes);
  Outcome<> derive(ByteView secret, ByteView salt, ByteView info, ByteSpan out);
  Outcome<> seal(std::span<const CipherJob> jobs);
  Outcome<u64> open(std::span<const CipherJob> jobs);
};

class HeapMemory {
 public:
  void* allocate(u64 size);
  void release(void* memory, u64 size);
};

/// For tests and measurements.
class MemoryDisk {
 public:
  Outcome<> read(u64 first, std::span<u8* const> blocks);
  Outcome<> write(u64 first, ByteView bytes);
  Outcome<> sync() { return {}; }
  Outcome<u64> size() { return bytes_.size() / kBlockSize; }
  Outcome<> resize(u64 blocks);

  std::vector<u8>& bytes() { return bytes_; }

 private:
  std::vector<u8> bytes_;
};

/// All of it for one volume on one disk.
template <class DiskType, class CryptoType = OpenSslCrypto, class MemoryType = HeapMemory>
struct NativeHost {
  DiskType disk{};
  CryptoType crypto{};
  MemoryType memory{};
  std::mutex mutex;
  Environment environment() { return {Disk(disk), Crypto(crypto), Memory(memory), Mutex(mutex)}; }
};

struct VolumeCloser {
  void operator()(Volume* volume) const { Volume::close(volume); }
};

}  // namespace sgxx::volume
