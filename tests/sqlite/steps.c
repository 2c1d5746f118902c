// SPDX-License-Identifier: Apache-2.0
//
// A test program of SQLite's, run several times in one process: files in memory end with it. A lone comma ends the words of one
// run. In C, because PROGRAM, the file that it includes, is.

#define main program_main
#include PROGRAM
#undef main

#include <string.h>

int main(int count, char **words) {
  int at = 1;
  while (at < count) {
    // The word before a run's first stands for the program's name, as argv[0] does.
    char **const run = words + at - 1;
    int length = 1;
    for (; at < count && strcmp(words[at], ",") != 0; ++at) ++length;
    if (at < count) words[at++] = NULL;
    const int status = program_main(length, run);
    if (status != 0) return status;
  }
  return 0;
}
