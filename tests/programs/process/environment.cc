// SPDX-License-Identifier: Apache-2.0
//
// The environment starts empty inside, whatever the host's holds; setenv, putenv, unsetenv and clearenv work.
// sgxx-test: enclave-stdout from the host: nothing
// sgxx-test: enclave-stdout size 0
// sgxx-test: enclave-stdout value 1 none 0

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.h"

int main() {
  const char* leaked = std::getenv("SGXX_TEST_FROM_HOST");
  std::printf("from the host: %s\n", leaked ? leaked : "nothing");
  int size = 0;
  for (char** entry = environ; entry && *entry; ++entry) ++size;
  std::printf("size %d\n", size);
  CHECK(setenv("NAME", "value", 1) == 0 && setenv("NAME", "other", 0) == 0);
  static char entry[] = "PUT=1";
  CHECK(putenv(entry) == 0 && std::strcmp(std::getenv("PUT"), "1") == 0);
  std::printf("%s %s ", std::getenv("NAME"), std::getenv("PUT"));
  CHECK(unsetenv("PUT") == 0 && clearenv() == 0);
  std::printf("%s %d\n", std::getenv("NAME") ? "some" : "none", environ && *environ ? 1 : 0);
}
