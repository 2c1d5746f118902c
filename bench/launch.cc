// SPDX-License-Identifier: Apache-2.0
//
// Starts a command, waits for it, and writes its wall time and its peak memory to standard error. The runner cannot
// measure these itself: a child of a large process inherits that process's peak, and starting one from Python takes
// longer than a small program runs.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s COMMAND [ARGUMENT...]\n", arguments[0]);
    return 2;
  }
  const std::int64_t start = bench::now();
  const pid_t child = fork();
  if (child == 0) {
    execv(arguments[1], arguments + 1);
    std::perror(arguments[1]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    std::perror("launch");
    return 1;
  }
  std::fprintf(stderr, "wall %lld\npeak %ld\n", static_cast<long long>(bench::now() - start), usage.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
