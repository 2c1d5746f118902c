// SPDX-License-Identifier: Apache-2.0
//
// The engine of encrypted volumes in an ordinary process. "Engine" is what it does itself: a cipher and a disk that do nothing;
// "Memory" has OpenSSL's AES-GCM and a disk in memory; "File" a file in the folder for temporary files, through the page cache.
// "Cipher" is OpenSSL alone, a fresh key for each block.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "volume/native/file_disk.h"
#include "volume/native/host.h"

namespace {

using namespace sgxx;
using namespace sgxx::volume;

struct NullDisk {
  u64 blocks = 0;
  Outcome<> read(u64, std::span<u8* const>) { return {}; }
  Outcome<> write(u64, ByteView) { return {}; }
  Outcome<> sync() { return {}; }
  Outcome<u64> size() { return blocks; }
  Outcome<> resize(u64 size) {
    blocks = std::max(blocks, size);
    return {};
  }
};

struct NullCrypto : OpenSslCrypto {
  Outcome<> seal(std::span<const CipherJob> jobs) {
    // The key stream, which authenticates nothing, and nothing else.
    return jobs[0].authenticated_length == 0 ? OpenSslCrypto::seal(jobs) : Outcome<>();
  }
  Outcome<u64> open(std::span<const CipherJob> jobs) { return jobs.size(); }
};

/// A file that is gone with it.
struct TemporaryDisk {
  TemporaryDisk() : path(std::filesystem::temp_directory_path() / ("sgxx-bench-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path);
    auto opened = FileDisk::open(path, FileDisk::Access::create);
    if (!opened.ok()) std::abort();
    disk = std::make_unique<FileDisk>(std::move(opened).value());
    std::filesystem::remove(path);
  }
  Outcome<> read(u64 first, std::span<u8* const> blocks) { return disk->read(first, blocks); }
  Outcome<> write(u64 first, ByteView bytes) { return disk->write(first, bytes); }
  Outcome<> sync() { return disk->sync(); }
  Outcome<u64> size() { return disk->size(); }
  Outcome<> resize(u64 blocks) { return disk->resize(blocks); }
  std::filesystem::path path;
  std::unique_ptr<FileDisk> disk;
};

using Engine = NativeHost<NullDisk, NullCrypto>;
using InMemory = NativeHost<MemoryDisk>;
using InFile = NativeHost<TemporaryDisk>;

constexpr u64 kFileBlocks = 16384;  // 64 MiB
constexpr u64 kRun = 64;

template <class T>
T good(Outcome<T> outcome) {
  if (!outcome.ok()) std::abort();
  return std::move(outcome).value();
}

template <class Host>
struct Bench {
  Bench() {
    options.most_clean_nodes = 1 << 20;
    // Growing is the disk's time.
    good(host.disk.resize(4 * kFileBlocks));
    const KeySlotRequest slots[] = {{SlotKind::provisioned, {}, secret}};
    good(Volume::create(host.environment(), slots, {.mode = 040755}, options));
    if constexpr (std::is_same_v<Host, Engine>) {
      // Nothing is kept: the volume that was made is made again, and never opened.
      volume.reset(new Volume(host.environment(), unopened()));
    } else {
      open();
    }
    file = good(volume->make({.mode = 0100644}));
    for (u64 i = 0; i < kRun; ++i) pointers[i] = pages.data() + i * kBlockSize;
  }
  void open() {
    FixedSecret keys(secret);
    volume.reset();
    volume.reset(good(Volume::open(host.environment(), KeySource(keys), {}, options)));
    file = volume->find(2);
  }
  static VolumeOptions unopened() {
    VolumeOptions made;
    made.most_blocks = 1 << 20;
    made.most_clean_nodes = 1 << 20;
    return made;
  }
  void write(u64 first, u64 count) {
    std::array<DirtyBlock, kRun> blocks;
    for (u64 i = 0; i < count; ++i) blocks[i] = {file, first + i, pointers[i]};
    good(volume->write(std::span(blocks).first(count)));
  }
  void fill() {
    for (u64 at = 0; at < kFileBlocks; at += kRun) write(at, kRun);
    commit();
  }
  void commit() {
    const Prepared prepared = good(volume->prepare());
    good(volume->publish(prepared));
  }

  Host host;
  std::array<u8, 32> secret{1};
  VolumeOptions options;
  std::unique_ptr<Volume, VolumeCloser> volume;
  Object* file = nullptr;
  std::vector<u8> pages = std::vector<u8>(kRun * kBlockSize, 1);
  std::array<u8*, kRun> pointers;
};

void count(benchmark::State& state, u64 blocks) {
  const u64 total = static_cast<u64>(state.iterations()) * blocks;
  state.SetBytesProcessed(static_cast<i64>(total * kBlockSize));
  state.counters["per_block"] =
      benchmark::Counter(static_cast<double>(total), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Host>
void sequential_write(benchmark::State& state) {
  Bench<Host> bench;
  for (u64 at = 0; auto _ : state) {
    bench.write(at, kRun);
    at += kRun;
    if (at < kFileBlocks) continue;
    at = 0;
    bench.commit();
  }
  count(state, kRun);
}

template <class Host>
void sequential_read(benchmark::State& state) {
  Bench<Host> bench;
  bench.fill();
  for (u64 at = 0; auto _ : state) {
    good(bench.volume->read(*bench.file, at, bench.pointers));
    at = (at + kRun) % kFileBlocks;
  }
  count(state, kRun);
}

template <class Host>
void random_write(benchmark::State& state) {
  Bench<Host> bench;
  bench.fill();
  u64 at = 0, written = 0;
  for (auto _ : state) {
    at = (at * 5 + 4099) % kFileBlocks;
    bench.write(at, 1);
    if (++written % 4096 == 0) bench.commit();
  }
  count(state, 1);
}

template <class Host>
void random_read(benchmark::State& state) {
  Bench<Host> bench;
  bench.fill();
  u64 at = 0;
  for (auto _ : state) {
    at = (at * 5 + 4099) % kFileBlocks;
    good(bench.volume->read(*bench.file, at, std::span(bench.pointers).first(1)));
  }
  count(state, 1);
}

/// One block of a large file, and its state on the disk.
template <class Host>
void commit(benchmark::State& state) {
  Bench<Host> bench;
  bench.fill();
  u64 at = 0;
  for (auto _ : state) {
    at = (at * 5 + 4099) % kFileBlocks;
    bench.write(at, 1);
    bench.commit();
  }
}

/// All metadata of 1 GiB of data, which lies in one file, is read and verified.
template <class Host>
void open_gibibyte(benchmark::State& state) {
  Bench<Host> bench;
  for (u64 at = 0; at < (u64{1} << 18) / 8; at += kRun) bench.write(at, kRun);
  bench.commit();
  for (auto _ : state) bench.open();
  state.counters["per_GiB"] =
      benchmark::Counter(static_cast<double>(state.iterations()) / 8, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void cipher(benchmark::State& state) {
  OpenSslCrypto crypto;
  std::vector<u8> pages(kRun * kBlockSize), sealed(kRun * kBlockSize);
  std::vector<Pointer> pointers(kRun);
  const Nonce nonce;
  const Place place;
  std::vector<CipherJob> jobs;
  for (u64 i = 0; i < kRun; ++i) {
    jobs.push_back({pointers[i].key.data(), reinterpret_cast<const u8*>(&nonce), reinterpret_cast<const u8*>(&place),
                    pages.data() + i * kBlockSize, sealed.data() + i * kBlockSize, pointers[i].tag.data(), sizeof(place),
                    kBlockSize});
  }
  for (auto _ : state) good(crypto.seal(jobs));
  count(state, kRun);
}

BENCHMARK(cipher)->Name("Cipher");
BENCHMARK(sequential_write<Engine>)->Name("Engine/sequential write");
BENCHMARK(sequential_read<Engine>)->Name("Engine/sequential read");
BENCHMARK(random_write<Engine>)->Name("Engine/random write");
BENCHMARK(random_read<Engine>)->Name("Engine/random read");
BENCHMARK(commit<Engine>)->Name("Engine/commit");
BENCHMARK(sequential_write<InMemory>)->Name("Memory/sequential write");
BENCHMARK(sequential_read<InMemory>)->Name("Memory/sequential read");
BENCHMARK(random_write<InMemory>)->Name("Memory/random write");
BENCHMARK(random_read<InMemory>)->Name("Memory/random read");
BENCHMARK(commit<InMemory>)->Name("Memory/commit");
BENCHMARK(open_gibibyte<InMemory>)->Name("Memory/open");
BENCHMARK(sequential_write<InFile>)->Name("File/sequential write");
BENCHMARK(sequential_read<InFile>)->Name("File/sequential read");
BENCHMARK(random_write<InFile>)->Name("File/random write");
BENCHMARK(random_read<InFile>)->Name("File/random read");
BENCHMARK(commit<InFile>)->Name("File/commit");
BENCHMARK(open_gibibyte<InFile>)->Name("File/open");

}  // namespace

BENCHMARK_MAIN();
