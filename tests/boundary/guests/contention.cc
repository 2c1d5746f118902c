// SPDX-License-Identifier: Apache-2.0
//
// A program whose threads get in each other's way: futexes, threads, descriptors, pipes, events, mappings. Each thing that a
// thread gets must be its own, each hand-over must arrive, each count must be exact; the exit code says which was not. Arguments:
// the letters of what to do, threads, rounds.
#include <linux/membarrier.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

namespace {

enum Failure {
  kNotMapped = 10,
  kNotZero,
  kNotMine,
  kNotReplaced,
  kNotProtected,
  kNotDuplicated,
  kSharedDescriptor,
  kNotClosed,
  kLostCount,
  kLostToken,
  kNoThread,
  kNoPipe,
  kBrokenRecord,
  kNoEvent,
  kNoFence
};

[[noreturn]] void fail(Failure failure) { ::_exit(failure); }
void check(bool holds, Failure failure) {
  if (!holds) fail(failure);
}

constexpr size_t kPage = 4096;

bool all(const uint64_t* words, size_t length, uint64_t value) {
  for (size_t i = 0; i < length / 8; i += 32)
    if (words[i] != value) return false;
  return words[length / 8 - 1] == value;
}
void fill(uint64_t* words, size_t length, uint64_t value) {
  for (size_t i = 0; i < length / 8; ++i) words[i] = value;
}

/// Fresh pages are zero and nobody else's, also when they replace others in place.
void map(uint64_t mark, int round) {
  const size_t length = kPage * static_cast<size_t>(1 + round % 3);
  constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  auto* words = static_cast<uint64_t*>(::mmap(nullptr, length, PROT_READ | PROT_WRITE, kAnonymous, -1, 0));
  check(words != MAP_FAILED, kNotMapped);
  check(all(words, length, 0), kNotZero);
  fill(words, length, mark);
  ::sched_yield();
  check(all(words, length, mark), kNotMine);
  check(::mprotect(words, kPage, PROT_READ) == 0, kNotProtected);
  check(all(words, length, mark), kNotMine);
  if (round % 2 != 0) {
    check(::mmap(words, length, PROT_READ | PROT_WRITE, kAnonymous | MAP_FIXED, -1, 0) == words, kNotReplaced);
    check(all(words, length, 0), kNotZero);
    fill(words, length, mark + 1);
    ::sched_yield();
    check(all(words, length, mark + 1), kNotMine);
  }
  check(::munmap(words, length) == 0, kNotMapped);
}

std::array<std::atomic<uint64_t>, 1024> owners;

/// A descriptor that was duplicated is nobody else's until it is closed.
void duplicate(uint64_t mark) {
  const int descriptor = ::dup(1);
  check(descriptor > 2, kNotDuplicated);
  auto& owner = owners[static_cast<size_t>(descriptor)];
  check(owner.exchange(mark) == 0, kSharedDescriptor);
  check(::write(descriptor, ".", 1) == 1, kNotDuplicated);
  check(owner.exchange(0) == mark, kSharedDescriptor);
  check(::close(descriptor) == 0, kNotClosed);
}

std::mutex mutex;
int count = 0;

/// A mutex keeps others out, whoever is off its processor.
void add() {
  const std::lock_guard lock(mutex);
  const int before = count;
  ::sched_yield();
  count = before + 1;
}

std::mutex turn_mutex;
std::condition_variable turn_changed;
unsigned turn = 0;

/// The token goes round once, from thread to thread.
void pass_token(unsigned self, unsigned threads) {
  std::unique_lock lock(turn_mutex);
  turn_changed.wait(lock, [&] { return turn % threads == self; });
  check(turn % threads == self, kLostToken);
  ++turn;
  turn_changed.notify_all();
}

std::counting_semaphore<8> permits(2);
std::atomic<int> holders;

/// Never more than two hold a permit, and a timed wait does not lose one.
void hold_permit() {
  using namespace std::chrono_literals;
  while (!permits.try_acquire_for(1ms)) {
  }
  check(++holders <= 2, kLostToken);
  ::sched_yield();
  --holders;
  permits.release();
}

std::array<int, 2> channel;
std::atomic<uint64_t> sent, received;

/// Whole records go through a pipe that everybody writes and reads, and none is lost or comes twice.
void exchange(uint64_t mark) {
  const std::array<uint64_t, 2> out{mark, ~mark};
  std::array<uint64_t, 2> in{};
  sent += mark;
  check(::write(channel[1], out.data(), sizeof out) == sizeof out, kNoPipe);
  check(::read(channel[0], in.data(), sizeof in) == sizeof in, kNoPipe);
  check(in[1] == ~in[0], kBrokenRecord);
  received += in[0];
}

int event = -1, watcher = -1;

/// One permit for each thread that asks for one, whoever is told of it first.
void await_event(int round) {
  uint64_t one = 1;
  check(::write(event, &one, sizeof one) == sizeof one, kNoEvent);
  for (;;) {
    if (round % 2 == 0) {
      epoll_event told{};
      check(::epoll_wait(watcher, &told, 1, -1) == 1, kNoEvent);
    } else {
      pollfd asked{event, POLLIN, 0};
      check(::poll(&asked, 1, -1) == 1, kNoEvent);
    }
    if (::read(event, &one, sizeof one) == sizeof one) return;
    check(errno == EAGAIN, kNoEvent);
  }
}

void open_channels() {
  check(::pipe(channel.data()) == 0, kNoPipe);
  event = ::eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
  watcher = ::epoll_create1(0);
  epoll_event interest{EPOLLIN, {}};
  check(::epoll_ctl(watcher, EPOLL_CTL_ADD, event, &interest) == 0, kNoEvent);
}

std::atomic<int> computing, fenced;

/// The first thread asks for a barrier in the others, which compute until it has it, without a system call. Then it says so.
void fence(unsigned self) {
  if (self != 0) {
    ++computing;
    while (fenced == 0) {
    }
    return;
  }
  while (computing == 0) ::sched_yield();
  check(::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0, kNoFence);
  check(::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0, kNoFence);
  check(::write(1, "f", 1) == 1, kNoFence);
  fenced = 1;
}

/// A thread that ends has done its work and leaves its place to the next.
void start_thread() {
  int done = 0;
  try {
    std::thread child([&done] {
      ::sched_yield();
      done = 1;
    });
    child.join();
  } catch (const std::system_error&) {
    fail(kNoThread);
  }
  check(done == 1, kLostCount);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const char* const what = argv[1];
  const auto threads = static_cast<unsigned>(std::atoi(argv[2]));
  const int rounds = std::atoi(argv[3]);
  open_channels();
  const auto work = [=](unsigned self) {
    for (int round = 0; round < rounds; ++round) {
      const uint64_t mark = (self + uint64_t{1}) << 32 | static_cast<uint64_t>(round) << 8;
      for (const char* letter = what; *letter != 0; ++letter) {
        switch (*letter) {
          case 'm': map(mark, round); break;
          case 'd': duplicate(mark); break;
          case 'a': add(); break;
          case 'p': pass_token(self, threads); break;
          case 'h': hold_permit(); break;
          case 't': start_thread(); break;
          case 'i': exchange(mark); break;
          case 'f': fence(self); break;
          case 'e': await_event(round); break;
          default: std::exit(2);
        }
      }
    }
  };
  std::vector<std::thread> others;
  for (unsigned self = 1; self < threads; ++self) others.emplace_back(work, self);
  work(0);
  for (std::thread& thread : others) thread.join();
  check(sent == received, kBrokenRecord);
  const bool adds = std::strchr(what, 'a') != nullptr;
  check(count == (adds ? static_cast<int>(threads) * rounds : 0), kLostCount);
  return 0;
}
