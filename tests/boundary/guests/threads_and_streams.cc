// SPDX-License-Identifier: Apache-2.0
//
// An ordinary program for the access watch: iostream, threads, a mutex, an exception, the heap.
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

int main() {
  std::mutex mutex;
  std::vector<int> found;
  std::thread other([&] {
    for (int i = 0; i < 20; ++i) {
      const std::lock_guard lock(mutex);
      found.push_back(i * i);
    }
  });
  other.join();
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception& error) {
    std::cout << error.what() << ' ' << found.size() << ' ' << found.back() << std::endl;
  }
}
