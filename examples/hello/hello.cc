// SPDX-License-Identifier: Apache-2.0
//
// Nothing here knows of enclaves: iostream, threads, exceptions and regular expressions, as in any C++ program.

#include <chrono>
#include <exception>
#include <iostream>
#include <mutex>
#include <numeric>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

/// Greets whoever "Name <mail>" names, and throws when it names nobody.
std::string greet(const std::string& who) {
  static const std::regex pattern(R"(\s*(\w[\w ]*\w)\s*<([^@\s]+)@([^>\s]+)>\s*)");
  std::smatch match;
  if (!std::regex_match(who, match, pattern)) throw std::invalid_argument("not a mail address: " + who);
  return "Hello, " + match[1].str() + " at " + match[3].str() + "!";
}

/// The sum of 1 to `last`, shared out among `count` threads.
unsigned long sum_with_threads(unsigned long last, unsigned count) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  unsigned long total = 0;
  for (unsigned index = 0; index < count; ++index) {
    threads.emplace_back([&, index] {
      unsigned long part = 0;
      for (unsigned long number = index + 1; number <= last; number += count) part += number;
      std::lock_guard lock(mutex);
      total += part;
    });
  }
  for (auto& thread : threads) thread.join();
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> people(argv + 1, argv + argc);
  if (people.empty()) people = {"Ada Lovelace <ada@example.org>", "nobody in particular"};
  for (const auto& person : people) {
    try {
      std::cout << greet(person) << "\n";
    } catch (const std::exception& error) {
      std::cout << "caught: " << error.what() << "\n";
    }
  }
  std::cout << "four threads say that 1 + 2 + ... + 1000000 = " << sum_with_threads(1'000'000, 4) << std::endl;
}
