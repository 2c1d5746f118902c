// SPDX-License-Identifier: Apache-2.0
//
// An uncaught exception ends the program by abort, after naming itself on standard error.
// sgxx-test: status 134
// sgxx-test: stderr

#include <stdexcept>

int main() { throw std::runtime_error("nobody catches this"); }
