// SPDX-License-Identifier: Apache-2.0
//
// What a folder of the host's may not do: lead out of itself by a symbolic link, hand over pipes, sockets and devices, take part
// in shared mappings. Each is an error that a program can handle.
// sgxx-test: folder host
// sgxx-test: folder-holds mkfifo pipe && printf secret > ../outside && mkdir inner && printf x > file
// sgxx-test: folder-holds ln -s ../outside beside && ln -s /etc/passwd away && ln -s .. above && ln -s ../../outside inner/up
// sgxx-test: folder-holds ln -s /proc/self/root magic && ln -s "$PWD/file" absolute && ln -s inner folder
// sgxx-test: skip native there links lead out of the folder and pipes can be opened
// sgxx-test: enclave-stdout beside: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout away: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout above/outside: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout inner/up: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout magic/etc/passwd: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout absolute: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout pipe: EACCES, EACCES, EACCES
// sgxx-test: enclave-stdout ../outside: ENOENT, ENOENT, ENOENT
// sgxx-test: enclave-stdout folder/../file: EXDEV, EXDEV, EXDEV
// sgxx-test: enclave-stdout a link itself: ../outside
// sgxx-test: enclave-stdout write through a link: EXDEV
// sgxx-test: enclave-stdout make through a link: EXDEV
// sgxx-test: enclave-stdout rename through a link: EXDEV
// sgxx-test: enclave-stdout make a pipe: EPERM
// sgxx-test: enclave-stdout make a device: EPERM
// sgxx-test: enclave-stdout without a name: EOPNOTSUPP
// sgxx-test: enclave-stdout shared mapping: ENODEV
// sgxx-test: enclave-stdout out to the root: EXDEV
// sgxx-test: enclave-stdout the folder itself: EACCES
// sgxx-test: enclave-stdout unlink a pipe: ok
// sgxx-test: enclave-stdout a descriptor by name: ok
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "check.h"

namespace {

const char* name_of(long result) { return result < 0 ? strerrorname_np(errno) : "ok"; }
void show(const char* what, long result) { std::printf("%s: %s\n", what, name_of(result)); }

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  struct stat status;
  for (const char* path :
       {"beside", "away", "above/outside", "inner/up", "magic/etc/passwd", "absolute", "pipe", "../outside", "folder/../file"}) {
    std::printf("%s: %s, ", path, name_of(open(path, O_RDONLY | O_NONBLOCK)));
    std::printf("%s, ", name_of(stat(path, &status)));
    std::printf("%s\n", name_of(access(path, F_OK)));
  }
  char target[64] = {};
  CHECK(readlink("beside", target, sizeof target) > 0);
  std::printf("a link itself: %s\n", target);
  show("write through a link", open("beside", O_WRONLY | O_CREAT | O_TRUNC, 0600));
  show("make through a link", mkdir("above/made", 0700));
  show("rename through a link", rename("file", "above/file"));
  show("make a pipe", mkfifo("new", 0600));
  show("make a device", mknod("new", S_IFCHR | 0600, 0x103));
  show("without a name", open(".", O_TMPFILE | O_RDWR, 0600));
  const int file = open("file", O_RDWR);
  CHECK(file >= 0);
  show("shared mapping", mmap(nullptr, 1, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED ? -1 : 0);
  show("out to the root", rename("file", "/file"));
  show("the folder itself", rmdir(arguments[1]));
  show("unlink a pipe", unlink("pipe"));
  show("a descriptor by name", open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDONLY));
}
