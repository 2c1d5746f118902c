// SPDX-License-Identifier: Apache-2.0
//
// An exception that leaves a thread's function ends the whole program.
// sgxx-test: status 134
// sgxx-test: stderr

#include <stdexcept>
#include <thread>

int main() {
  std::thread thread([] { throw std::logic_error("left a thread"); });
  thread.join();
}
