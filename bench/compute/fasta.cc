// SPDX-License-Identifier: Apache-2.0
//
// fasta: DNA sequences, one by repetition and two drawn from weighted alphabets by a fixed linear congruential
// generator, written in lines of 60 letters.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "measure.h"

namespace {

constexpr std::size_t kLine = 60;
constexpr unsigned kModulus = 139968;

struct Letter {
  char name;
  double weight;
};

unsigned state = 42;

double draw() {
  state = (state * 3877 + 29573) % kModulus;
  return static_cast<double>(state) / kModulus;
}

template <typename Next>
void write_lines(std::string_view title, std::size_t length, Next next) {
  std::printf("%.*s\n", static_cast<int>(title.size()), title.data());
  char line[kLine + 1];
  while (length > 0) {
    const std::size_t width = std::min(length, kLine);
    for (std::size_t i = 0; i < width; ++i) line[i] = next();
    line[width] = '\n';
    std::fwrite(line, 1, width + 1, stdout);
    length -= width;
  }
}

void write_random(std::string_view title, std::span<const Letter> alphabet, std::size_t length) {
  write_lines(title, length, [alphabet] {
    double left = draw();
    for (const Letter& letter : alphabet) {
      left -= letter.weight;
      if (left < 0) return letter.name;
    }
    return alphabet.back().name;
  });
}

constexpr std::string_view kAlu =
    "GGCCGGGCGCGGTGGCTCACGCCTGTAATCCCAGCACTTTGGGAGGCCGAGGCGGGCGGATCACCTGAGGTCAGGAGTTCGAGACCAGCCTGGCCAACATGGTGAAACCCCGTCTCTACT"
    "AAAAATACAAAAATTAGCCGGGCGTGGTGGCGCGCGCCTGTAATCCCAGCTACTCGGGAGGCTGAGGCAGGAGAATCGCTTGAACCCGGGAGGCGGAGGTTGCAGTGAGCCGAGATCGCG"
    "CCACTGCACTCCAGCCTGGGCGACAGAGCGAGACTCCGTCTCAAAAA";

constexpr Letter kAmbiguous[] = {{'a', 0.27}, {'c', 0.12}, {'g', 0.12}, {'t', 0.27}, {'B', 0.02},
                                 {'D', 0.02}, {'H', 0.02}, {'K', 0.02}, {'M', 0.02}, {'N', 0.02},
                                 {'R', 0.02}, {'S', 0.02}, {'V', 0.02}, {'W', 0.02}, {'Y', 0.02}};
constexpr Letter kHuman[] = {{'a', 0.3029549426680}, {'c', 0.1979883004921}, {'g', 0.1975473066391}, {'t', 0.3015094502008}};

}  // namespace

int main(int count, char** arguments) {
  const auto n = static_cast<std::size_t>(bench::size_argument(count, arguments));
  bench::measure(1, [n] {
    std::size_t position = 0;
    write_lines(">ONE Homo sapiens alu", 2 * n, [&position] { return kAlu[position++ % kAlu.size()]; });
    write_random(">TWO IUB ambiguity codes", kAmbiguous, 3 * n);
    write_random(">THREE Homo sapiens frequency", kHuman, 5 * n);
  });
}
