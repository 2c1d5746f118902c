// SPDX-License-Identifier: Apache-2.0
//
// Arguments arrive as given: spaces, empty ones, UTF-8, options that look like sgxx's own.
// sgxx-test: args one "two words" "" --device=soft -- grüße -h --help

#include <cstdio>
#include <cstring>

#include "check.h"

int main(int count, char** arguments) {
  CHECK(arguments[count] == nullptr && arguments[0] && std::strlen(arguments[0]) > 0);
  for (int i = 1; i < count; ++i) std::printf("[%s]\n", arguments[i]);
}
