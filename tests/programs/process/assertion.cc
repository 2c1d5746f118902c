// SPDX-License-Identifier: Apache-2.0
//
// A failed assert names its place on standard error and aborts.
// sgxx-test: status 134
// sgxx-test: stderr
// sgxx-test: flags -UNDEBUG

#include <cassert>

int main(int count, char**) { assert(count == 77); }
