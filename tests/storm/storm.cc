// SPDX-License-Identifier: Apache-2.0
//
// Starts a command and, until it ends, sends signals to each of its threads by tgkill, as fast as it can. Only signals are sent
// that the host's side of sgxx promises to absorb; each one that finds its thread inside the enclave is an asynchronous exit.
// Writes how many were sent to standard error and ends with the command's status, 128 + N for a signal.

#include <dirent.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kSignals[] = {SIGUSR1, SIGURG, SIGALRM, SIGUSR2, SIGPROF, SIGVTALRM, SIGWINCH, SIGIO, SIGCHLD};

std::vector<pid_t> threads_of(pid_t process) {
  std::vector<pid_t> threads;
  const std::string path = "/proc/" + std::to_string(process) + "/task";
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return threads;
  while (const dirent* entry = readdir(folder)) {
    if (const int thread = std::atoi(entry->d_name); thread > 0) threads.push_back(thread);
  }
  closedir(folder);
  return threads;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s COMMAND [ARGUMENT...]\n", arguments[0]);
    return 2;
  }
  const pid_t child = fork();
  if (child == 0) {
    execv(arguments[1], arguments + 1);
    std::perror(arguments[1]);
    _exit(127);
  }
  // Not before the command has handlers: until then these signals end a process.
  usleep(300000);
  long sent = 0;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const auto threads = threads_of(child);
    for (int round = 0; round < 200; ++round) {
      for (pid_t thread : threads) {
        const int signal = kSignals[static_cast<unsigned long>(sent) % std::size(kSignals)];
        if (syscall(SYS_tgkill, child, thread, signal) == 0) ++sent;
      }
    }
  }
  std::fprintf(stderr, "sent %ld\n", sent);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
