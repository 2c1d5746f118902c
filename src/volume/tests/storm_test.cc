// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails, tears, reorders, drops, misplaces, repeats and swaps, shows old data and gives two answers to one question:
// thousands of workloads from seeds, each compared with a model, operation by operation. Every answer is right or a named fault.
//
//   sgxx_volume_storm COUNT [FIRST]    the seeds FIRST to FIRST + COUNT - 1, on all processors
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "volume/tests/test_workload.h"

namespace sgxx::volume {
namespace {

struct Tally {
  std::atomic<u64> runs{0}, faults{0}, opened{0};
};

/// A third of the disks fail honestly, a third lie about one thing, a third about everything.
TestDisk::Habits habits_of(TestRandom& random) {
  const u64 rate = u64{5} << random.below(6);
  TestDisk::Habits habits;
  u64* const all[] = {&habits.flip,     &habits.old,  &habits.other, &habits.drop,
                      &habits.misplace, &habits.half, &habits.lose,  &habits.shorten};
  switch (random.below(3)) {
    case 0: habits.fail = rate; break;
    case 1: *all[random.below(std::size(all))] = rate; break;
    default:
      habits.fail = rate * 4;
      for (u64* habit : all) *habit = rate * 4;
  }
  return habits;
}

std::string run(u64 seed, Tally& tally) {
  TestRandom random(seed);
  TestWorkload work(seed);
  work.is_anchored = random.one_in(2);
  work.create();
  const TestDisk::Habits habits = habits_of(random);
  const bool is_honest = habits.is_honest();
  std::vector<TestDisk::Block> kept = work.disk().blocks();
  for (int openings = 0; openings < 4 && work.complaint().empty(); ++openings) {
    work.may_fail = openings != 0;
    work.may_be_damaged = !is_honest && openings != 0;
    work.may_roll_back = !is_honest && !work.is_anchored;
    if (is_honest) work.disk().behave({});
    if (is_honest) work.may_fail = false;
    if (!work.open()) {
      work.disk().behave(habits);
      continue;
    }
    ++tally.opened;
    if (openings != 0) work.compare();
    work.may_fail = true;
    work.may_be_damaged = !is_honest;
    work.disk().behave(habits);
    const u64 steps = 5 + random.below(30);
    for (u64 i = 0; i < steps && work.complaint().empty(); ++i) work.step();
    work.close();
    if (random.one_in(2)) work.disk().crash();
    if (!is_honest && random.one_in(4)) work.disk().exchange(kept);
  }
  ++tally.runs;
  tally.faults += work.faults;
  return work.complaint();
}

}  // namespace
}  // namespace sgxx::volume

int main(int argc, char** argv) {
  using namespace sgxx::volume;
  using sgxx::u64;
  const u64 count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10000;
  const u64 first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::atomic<u64> next{first};
  std::atomic<bool> is_wrong{false};
  Tally tally;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&] {
      for (u64 seed; !is_wrong && (seed = next++) < first + count;) {
        const std::string complaint = run(seed, tally);
        if (complaint.empty()) continue;
        std::printf("seed %lu: %s\n", seed, complaint.c_str());
        is_wrong = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%lu runs, %lu openings, %lu faults named\n", tally.runs.load(), tally.opened.load(), tally.faults.load());
  return is_wrong || tally.runs != count || tally.faults == 0 ? 1 : 0;
}
