// SPDX-License-Identifier: Apache-2.0
//
// <syncstream>: lines written by several threads through osyncstream are never torn.

#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <syncstream>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  std::ostringstream sink;
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name) {
    threads.emplace_back([&sink, name] {
      for (int i = 0; i < 200; ++i) std::osyncstream(sink) << name << name << ' ' << name << name << '\n';
    });
  }
  for (auto& thread : threads) thread.join();
  std::istringstream lines(sink.str());
  std::map<std::string, int> count;
  for (std::string line; std::getline(lines, line);) ++count[line];
  for (const auto& [line, number] : count) std::cout << line << " x " << number << '\n';
}
