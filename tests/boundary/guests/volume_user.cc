// SPDX-License-Identifier: Apache-2.0
//
// What the lying disk is tried with. `use SEED` writes two files of an encrypted volume in rounds, commits, and reads them back:
// every call may fail, none may give wrong data. `leave` writes one round and is killed, `fall` ends by a fault. `look` says
// which round the volume is in, and that it is one round.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr unsigned kBlock = 4096, kBlocks = 400, kRounds = 4;
enum : int { kWrongData = 3, kTwoRounds = 4 };

struct Block {
  unsigned round, file, index;
  unsigned filler[kBlock / sizeof(unsigned) - 3];
};

Block block_of(unsigned round, unsigned file, unsigned index) {
  Block block{round, file, index, {}};
  for (unsigned i = 0; i < sizeof block.filler / sizeof(unsigned); ++i) block.filler[i] = round * 31 + file * 17 + index * 13 + i;
  return block;
}

const char* name_of(unsigned file) { return file == 0 ? "/volume/a" : "/volume/b"; }

bool write_round(unsigned round) {
  for (unsigned file = 0; file < 2; ++file) {
    const std::string fresh = std::string(name_of(file)) + ".new";
    const int to = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0) return false;
    for (unsigned index = 0; index < kBlocks; ++index) {
      const Block block = block_of(round, file, index);
      if (write(to, &block, sizeof block) != sizeof block) return close(to), false;
    }
    close(to);
  }
  return rename("/volume/a.new", "/volume/a") == 0 && rename("/volume/b.new", "/volume/b") == 0;
}

/// The round of a file, 0 when it cannot be read; ends the program on wrong data.
unsigned round_of(unsigned file, unsigned step, unsigned expected) {
  const int from = open(name_of(file), O_RDONLY);
  if (from < 0) return 0;
  unsigned round = expected;
  for (unsigned index = 0; index < kBlocks; index += step) {
    Block block;
    const auto count = pread(from, &block, sizeof block, static_cast<off_t>(index) * kBlock);
    if (count < 0) return close(from), 0;
    if (round == 0) round = block.round;
    const Block wanted = block_of(round, file, index);
    if (count != sizeof block || memcmp(&block, &wanted, sizeof block) != 0) {
      std::printf("wrong data in file %u, block %u: round %u instead of %u, %ld bytes\n", file, index, block.round, round,
                  static_cast<long>(count));
      std::exit(kWrongData);
    }
  }
  close(from);
  return round;
}

void use() {
  for (unsigned round = 1; round <= kRounds; ++round) {
    // Half a round is none: it must not be committed when the program ends.
    if (!write_round(round)) _exit(0);
    std::printf("wrote %u\n", round), std::fflush(stdout);
    const int folder = open("/volume", O_RDONLY);
    const bool safe = folder >= 0 && fsync(folder) == 0;
    close(folder);
    if (safe) std::printf("safe %u\n", round), std::fflush(stdout);
    for (unsigned file = 0; file < 2; ++file) (void)round_of(file, 7, round);
  }
}

/// A round that nobody synchronises, and something after it; then the end by a signal.
void leave(int signal) {
  if (!write_round(1)) _exit(1);
  const int file = open("/volume/c", O_WRONLY | O_CREAT, 0600);
  if (file < 0 || write(file, "after", 5) != 5) _exit(1);
  std::raise(signal);
}

void look() {
  const unsigned a = round_of(0, 1, 0), b = round_of(1, 1, 0);
  std::printf("round %u %u\n", a, b);
  std::fflush(stdout);
  if (a != b && a != 0 && b != 0) std::exit(kTwoRounds);
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1];
  what == "use" ? use() : what == "look" ? look() : leave(what == "fall" ? SIGSEGV : SIGKILL);
  return 0;
}
