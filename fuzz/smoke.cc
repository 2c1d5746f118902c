// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without libFuzzer: on each file named, or on a fixed sequence of mutations of its seeds. The sequence is
// the same on every machine, so that a failure is repeated by running it again.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/target.h"

namespace {

using sgxx::u64;
using sgxx::u8;
using Input = std::vector<u8>;

constexpr int kMutantsPerSeed = 5000;

/// splitmix64.
class Random {
 public:
  u64 next() {
    u64 z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  u64 below(u64 bound) { return bound == 0 ? 0 : next() % bound; }

 private:
  u64 state_ = 1;
};

void mutate(Input& input, Random& random) {
  static constexpr u64 kInteresting[] = {0,
                                         1,
                                         7,
                                         8,
                                         0x7f,
                                         0x80,
                                         0xff,
                                         0xffff,
                                         0x1000,
                                         0xfff,
                                         0x7fffffff,
                                         0x80000000,
                                         0xffffffff,
                                         0x7fffffffffffffff,
                                         0x8000000000000000,
                                         0xfffffffffffff000,
                                         0xffffffffffffffff};
  for (u64 count = 1 + random.below(4); count != 0; --count) {
    // Headers and tables stand at the beginning and at the end of most formats.
    u64 size = input.size();
    if (size == 0) return;
    u64 edge = random.below(std::min<u64>(size, 1024));
    u64 at = random.below(3) == 0 ? random.below(size) : random.below(2) == 0 ? edge : size - 1 - edge;
    switch (random.below(6)) {
      case 0: input[at] ^= static_cast<u8>(1u << random.below(8)); break;
      case 1: input[at] = static_cast<u8>(random.next()); break;
      case 2:
      case 3: {
        u64 value = kInteresting[random.below(std::size(kInteresting))];
        u64 width = u64{1} << random.below(4);
        at -= at % width;
        for (u64 i = 0; i < width && at + i < size; ++i) input[at + i] = static_cast<u8>(value >> (8 * i));
        break;
      }
      case 4:
        if (random.below(8) == 0) input.resize(at);
        break;
      case 5: {
        u64 from = random.below(size), length = std::min<u64>({random.below(64), size - from, size - at});
        std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(from), length, input.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      }
    }
  }
}

void run(const Input& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write-seeds") {
    std::filesystem::create_directories(argv[2]);
    int index = 0;
    for (const Input& seed : sgxx::fuzz::seeds()) {
      std::ofstream file(std::filesystem::path(argv[2]) / ("seed" + std::to_string(index++)), std::ios::binary);
      file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
    }
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    run(Input(std::istreambuf_iterator<char>(file), {}));
  }
  if (argc > 1) return 0;

  Random random;
  int runs = 0;
  for (const Input& seed : sgxx::fuzz::seeds()) {
    run(seed);
    for (int i = 0; i < kMutantsPerSeed; ++i, ++runs) {
      Input mutant = seed;
      mutate(mutant, random);
      run(mutant);
    }
  }
  std::printf("%d mutants\n", runs);
}
