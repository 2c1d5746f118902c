// SPDX-License-Identifier: Apache-2.0
//
// std::system and everything else that makes a process is refused: there is no other process inside. glibc reports that as
// POSIX demands, as a shell that ended with status 127, and sets errno.
// sgxx-test: enclave-stdout shell 0
// sgxx-test: enclave-stdout system as if no shell could be started
// sgxx-test: enclave-stdout fork -1
// sgxx-test: enclave-stdout popen null

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  std::printf("shell %d\n", std::system(nullptr) != 0);
  const int status = std::system("exit 0");
  std::printf("system %s\n", WEXITSTATUS(status) == 127 && errno != 0 ? "as if no shell could be started" : "works");
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
  std::printf("fork %d\n", child > 0 ? 1 : static_cast<int>(child));
  std::FILE* pipe = popen("true", "r");
  std::printf("popen %s\n", pipe ? "works" : "null");
  if (pipe) pclose(pipe);
}
