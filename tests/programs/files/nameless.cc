// SPDX-License-Identifier: Apache-2.0
//
// Files and working directories whose name is gone, or that never had one.
// sgxx-test: folder
// sgxx-test: skip host-folder files in a folder of the host's are known by their names
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  std::printf("%s: %s\n", what, result < 0 ? strerrorname_np(error) : "ok");
}

void removed_directory() {
  mkdir("gone", 0755);
  CHECK(chdir("gone") == 0);
  show("rmdir of the working directory", rmdir("../gone"));
  char path[64];
  show("getcwd", getcwd(path, sizeof path) == nullptr ? -1 : 0);
  show("make a file there", open("x", O_WRONLY | O_CREAT, 0600));
  show("make a directory there", mkdir("x", 0700));
  show("stat .", access(".", F_OK));
}

void never_named() {
  struct stat status;
  const int nameless = open(".", O_TMPFILE | O_RDWR, 0600);
  CHECK(nameless >= 0);
  show("nameless write", write(nameless, "abc", 3));
  CHECK(fstat(nameless, &status) == 0);
  std::printf("links %lu\n", static_cast<unsigned long>(status.st_nlink));
  show("named now", linkat(nameless, "", AT_FDCWD, "named", AT_EMPTY_PATH));
  show("nameless and read-only", open(".", O_TMPFILE | O_RDONLY, 0600));
  CHECK(close(nameless) == 0);
  const int named = open("named", O_RDONLY);
  if (named >= 0) show("read", read(named, &status, 3));
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  never_named();
  removed_directory();
}
