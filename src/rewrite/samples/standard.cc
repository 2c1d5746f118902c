// SPDX-License-Identifier: Apache-2.0
//
// A program that makes many kinds of system call and asks the processor many things; its output is always the same. The test of
// real programs runs it as linked and redirected.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csetjmp>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <regex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

std::atomic<int> destroyed;
struct Guard {
  ~Guard() { ++destroyed; }
};

/// Blocks in read() until it is cancelled; the destructor must run, which needs unwinding out of the system call.
void* blocked(void* pipe_end) {
  Guard guard;
  char byte;
  while (read(*static_cast<int*>(pipe_end), &byte, 1) != 0) {
  }
  return nullptr;
}

void cancellation() {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    pthread_create(&thread, nullptr, blocked, &ends[0]);
    if (i % 2 == 0) usleep(1000);
    pthread_cancel(thread);
    void* result;
    pthread_join(thread, &result);
    if (result != PTHREAD_CANCELED) std::cout << "not cancelled\n";
  }
  // A thread that is cancelled before it starts has no guard yet; those that were blocked have.
  std::cout << "destructors ran: " << (destroyed >= 10) << "\n";
}

sigjmp_buf escape;
volatile sig_atomic_t signals;

void signal_handling() {
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };
  sigaction(SIGUSR1, &action, nullptr);
  for (int i = 0; i < 1000; ++i) raise(SIGUSR1);
  std::cout << "signals: " << signals << "\n";
  action.sa_handler = [](int) { siglongjmp(escape, 1); };
  sigaction(SIGSEGV, &action, nullptr);
  if (sigsetjmp(escape, 1) == 0) {
    *static_cast<volatile int*>(nullptr) = 1;
  } else {
    std::cout << "escaped\n";
  }
}

void threads() {
  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < 8; ++i) {
    all.emplace_back([&, i] {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return turn == i; });
      std::cout << "thread " << i << "\n";
      ++turn;
      changed.notify_all();
    });
  }
  for (auto& thread : all) thread.join();
  auto future = std::async(std::launch::async, []() -> int { throw std::out_of_range("from a thread"); });
  try {
    future.get();
  } catch (const std::exception& error) {
    std::cout << error.what() << "\n";
  }
}

void files() {
  auto path = std::filesystem::temp_directory_path() / ("sgxx-sample-" + std::to_string(getpid()));
  std::ofstream(path) << "one\ntwo\n";
  std::ifstream input(path);
  for (std::string line; std::getline(input, line);) std::cout << line << "\n";
  std::cout << std::filesystem::file_size(path) << std::filesystem::remove(path) << "\n";
  std::cout.flush();
  pid_t child = fork();
  if (child == 0) _exit(7);
  int status;
  waitpid(child, &status, 0);
  std::cout << WEXITSTATUS(status) << "\n";
}

}  // namespace

int main() {
  std::regex words("([a-z]+) ([0-9]+)");
  std::smatch match;
  std::string text = "answer 42";
  std::cout << std::regex_match(text, match, words) << match[2] << "\n";
  std::map<unsigned, int> counts;
  std::random_device device;
  for (int i = 0; i < 100; ++i) ++counts[device() % 2];
  std::cout << counts.size() << "\n";
  auto start = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::cout << (std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(5)) << "\n";
  threads();
  signal_handling();
  cancellation();
  files();
  std::cout << "cpus: " << (std::thread::hardware_concurrency() > 0) << __builtin_cpu_supports("sse2") << std::endl;
  return 3;
}
