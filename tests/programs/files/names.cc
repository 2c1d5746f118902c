// SPDX-License-Identifier: Apache-2.0
//
// mkdir, rmdir, link, symlink, unlink, rename and reading directories, with their errors.
// sgxx-test: folder
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  if (result < 0) {
    std::printf("%s: %s\n", what, strerrorname_np(error));
  } else {
    std::printf("%s: ok\n", what);
  }
}

void make(const char* path) {
  const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  CHECK(file >= 0 && close(file) == 0);
}

void list(const char* path) {
  DIR* const directory = opendir(path);
  CHECK(directory != nullptr);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory)) {
    const char* const type = entry->d_type == DT_DIR ? "/" : entry->d_type == DT_LNK ? "@" : "";
    names.push_back(entry->d_name + std::string(type));
  }
  CHECK(closedir(directory) == 0);
  std::sort(names.begin(), names.end());
  std::printf("%s:", path);
  for (const std::string& name : names) std::printf(" %s", name.c_str());
  std::puts("");
}

unsigned long links(const char* path) {
  struct stat status;
  CHECK(lstat(path, &status) == 0);
  return status.st_nlink;
}

void directories() {
  show("mkdir", mkdir("d", 0755));
  show("mkdir again", mkdir("d", 0755));
  show("mkdir below nothing", mkdir("x/y", 0755));
  show("mkdir with a slash", mkdir("d/e/", 0755));
  show("mkdir .", mkdir(".", 0755));
  show("mkdir empty", mkdir("", 0755));
  std::printf("links: %lu %lu\n", links("d"), links("d/e"));
  make("d/file");
  show("mkdir below a file", mkdir("d/file/x", 0755));
  show("rmdir not empty", rmdir("d"));
  show("rmdir a file", rmdir("d/file"));
  show("rmdir .", rmdir("d/."));
  show("rmdir ..", rmdir("d/e/.."));
  show("unlink a directory", unlink("d/e"));
  list("d");
  show("rmdir", rmdir("d/e/"));
  show("unlink", unlink("d/file"));
  show("rmdir", rmdir("d"));
  show("rmdir again", rmdir("d"));
}

void links_of_all_kinds() {
  make("one");
  show("link", link("one", "two"));
  std::printf("links: %lu\n", links("two"));
  show("link again", link("one", "two"));
  show("link nothing", link("nothing", "three"));
  mkdir("dir", 0755);
  show("link a directory", link("dir", "dir2"));
  show("symlink", symlink("one", "sym"));
  show("symlink again", symlink("one", "sym"));
  show("empty symlink", symlink("", "sym2"));
  char target[64]{};
  std::printf("readlink: %zd %s\n", readlink("sym", target, sizeof target), target);
  std::printf("readlink short: %zd\n", readlink("sym", target, 2));
  show("readlink a file", readlink("one", target, sizeof target));
  show("readlink into nothing", readlink("one", target, 0));
  show("dangling", symlink("nowhere", "dangling"));
  show("open dangling", open("dangling", O_RDONLY));
  show("make through dangling", open("dangling", O_WRONLY | O_CREAT, 0600));
  show("is there", access("nowhere", F_OK));
  show("loop", symlink("loop", "loop"));
  show("open loop", open("loop", O_RDONLY));
  show("open a link itself", open("sym", O_RDONLY | O_NOFOLLOW));
  show("exclusively over a link", open("sym", O_WRONLY | O_CREAT | O_EXCL, 0600));
  show("directory link", symlink("dir", "dirlink"));
  make("dirlink/inner");
  show("through it", access("dir/inner", R_OK | W_OK));
  show("rmdir of the link", rmdir("dirlink"));
  show("file link with a slash", access("sym/", F_OK));
  show("absolute and up", symlink("../dir/./inner", "dir/up"));
  show("through that", access("dirlink/up", F_OK));
  list("dir");
  list(".");
}

void renaming() {
  show("rename", rename("one", "three"));
  show("rename nothing", rename("one", "four"));
  show("rename to itself", rename("three", "three"));
  show("rename to its other name", rename("three", "two"));
  std::printf("both there: %d %d\n", access("three", F_OK), access("two", F_OK));
  show("file over directory", rename("three", "dir"));
  show("directory over file", rename("dir", "three"));
  mkdir("full", 0755);
  make("full/x");
  show("directory over a full one", rename("dir", "full"));
  mkdir("empty", 0755);
  show("directory over an empty one", rename("dir", "empty"));
  list("empty");
  show("into itself", rename("empty", "empty/below"));
  show("over what is above", rename("full/x", "full"));
  mkdir("full/sub", 0755);
  show("directory over its parent", rename("full/sub", "full"));
  show("without replacing", renameat2(AT_FDCWD, "three", AT_FDCWD, "two", RENAME_NOREPLACE));
  show("without replacing, free", renameat2(AT_FDCWD, "three", AT_FDCWD, "free", RENAME_NOREPLACE));
  show("exchange", renameat2(AT_FDCWD, "free", AT_FDCWD, "empty", RENAME_EXCHANGE));
  show("exchange with nothing", renameat2(AT_FDCWD, "free", AT_FDCWD, "void", RENAME_EXCHANGE));
  show("bad flags", renameat2(AT_FDCWD, "free", AT_FDCWD, "void", 64));
  list("free");
  std::printf("links: %lu %lu\n", links("."), links("free"));
  show("up again", access("free/../two", F_OK));
  show("rename .", rename(".", "dot"));
  show("file to a name with a slash", rename("empty", "slash/"));
  show("directory to a name with a slash", rename("free", "slash/"));
  list("slash");
}

void from_descriptors() {
  const int directory = open("slash", O_RDONLY | O_DIRECTORY);
  CHECK(directory >= 0);
  show("mkdirat", mkdirat(directory, "m", 0700));
  show("openat", openat(directory, "m/f", O_WRONLY | O_CREAT, 0600));
  show("openat up", openat(directory, "../two", O_RDONLY));
  show("unlinkat a directory", unlinkat(directory, "m", 0));
  show("unlinkat full", unlinkat(directory, "m", AT_REMOVEDIR));
  show("unlinkat", unlinkat(directory, "m/f", 0));
  show("unlinkat rmdir", unlinkat(directory, "m", AT_REMOVEDIR));
  show("from a file", openat(open("two", O_RDONLY), "x", O_RDONLY));
  show("from nothing", openat(999, "x", O_RDONLY));
  show("absolute from nothing", openat(999, "/", O_RDONLY));
  char byte;
  show("read a directory", read(directory, &byte, 1));
  show("fchdir", fchdir(directory));
  char path[4096];
  CHECK(getcwd(path, sizeof path) != nullptr);
  std::printf("cwd ends in %s\n", std::strrchr(path, '/'));
  show("small buffer", getcwd(path, 3) == nullptr ? -1 : 0);
  show("chdir", chdir(".."));
  show("chdir to a file", chdir("two"));
  show("chdir to nothing", chdir("nothing"));
}

void many() {
  mkdir("many", 0755);
  CHECK(chdir("many") == 0);
  for (int i = 0; i < 3000; ++i) make(("a name that is not short " + std::to_string(i)).c_str());
  DIR* const directory = opendir(".");
  int count = 0, removed = 0;
  long middle = 0;
  std::string next;
  while (const dirent* entry = readdir(directory)) {
    if (count == 1500) next = entry->d_name;
    if (++count == 1500) middle = telldir(directory);
  }
  seekdir(directory, middle);
  std::printf("%d entries, and back: %d\n", count, next == readdir(directory)->d_name);
  rewinddir(directory);
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == 'a' && unlink(entry->d_name) == 0) ++removed;
  }
  closedir(directory);
  std::printf("%d removed\n", removed);
  CHECK(chdir("..") == 0);
  show("rmdir", rmdir("many"));
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  directories();
  links_of_all_kinds();
  renaming();
  from_descriptors();
  many();
}
