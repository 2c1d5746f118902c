// SPDX-License-Identifier: Apache-2.0
//
// A zone given as a rule in TZ, set by the program itself, needs no files.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <initializer_list>

int main() {
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  char text[64];
  for (const std::time_t when : {std::time_t{1705320000}, std::time_t{1721044800}}) {
    std::strftime(text, sizeof text, "%F %T %Z %z", std::localtime(&when));
    std::puts(text);
  }
}
