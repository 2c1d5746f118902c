// SPDX-License-Identifier: Apache-2.0
//
// How long the packer spends on reading a program and on planning its redirections. `sgxx run` on a bare program pays it each
// time.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "elf/frames.h"
#include "elf/static_pie.h"
#include "rewrite/plan.h"

namespace {

using namespace sgxx;

std::vector<u8> program;

void parse(benchmark::State& state) {
  for (auto _ : state) {
    auto file = elf::File::parse(program);
    if (!file.ok() || !elf::require_static_pie(*file).ok()) state.SkipWithError("not a static-PIE");
  }
}
BENCHMARK(parse)->Unit(benchmark::kMicrosecond);

void frames(benchmark::State& state) {
  auto file = elf::File::parse(program);
  for (auto _ : state) benchmark::DoNotOptimize(elf::read_frames(*file).ok());
}
BENCHMARK(frames)->Unit(benchmark::kMicrosecond);

void plan(benchmark::State& state) {
  auto file = elf::File::parse(program);
  rewrite::Targets targets{EnclaveOffset(0x11000), EnclaveOffset(0x11100), EnclaveOffset(0x11200), EnclaveOffset(0x11300),
                           EnclaveOffset(0x11400)};
  u64 redirected = 0;
  for (auto _ : state) {
    auto made = rewrite::plan(*file, targets, EnclaveOffset(0x100000), EnclaveOffset(0x40000000));
    redirected = made->count(rewrite::Decision::redirected);
  }
  state.counters["redirected"] = static_cast<double>(redirected);
}
BENCHMARK(plan)->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) return std::fprintf(stderr, "usage: %s [--benchmark_...] static-pie\n", argv[0]), 2;
  std::ifstream file(argv[1], std::ios::binary);
  program.assign(std::istreambuf_iterator<char>(file), {});
  if (!elf::File::parse(program).ok()) return std::fprintf(stderr, "%s: not a program\n", argv[1]), 2;
  benchmark::RunSpecifiedBenchmarks();
}
