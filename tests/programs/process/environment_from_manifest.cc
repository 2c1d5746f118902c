// SPDX-License-Identifier: Apache-2.0
//
// The measured manifest sets the environment.
// sgxx-test: skip native the environment comes from the manifest
// sgxx-test: manifest [environment]
// sgxx-test: manifest GREETING = "hello"
// sgxx-test: manifest EMPTY = ""
// sgxx-test: enclave-stdout hello [] 2

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

int main() {
  int size = 0;
  for (char** entry = environ; entry && *entry; ++entry) ++size;
  const char* empty = std::getenv("EMPTY");
  std::printf("%s [%s] %d\n", std::getenv("GREETING"), empty ? empty : "unset", size);
}
