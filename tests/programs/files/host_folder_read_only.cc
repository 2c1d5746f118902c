// SPDX-License-Identifier: Apache-2.0
//
// A folder of the host's that is mounted read-only: everything can be read, nothing changed, and each attempt says why.
// sgxx-test: folder host read-only
// sgxx-test: folder-holds printf 'from outside' > given && mkdir inner && ln -s given link
// sgxx-test: skip native there the folder can be changed
// sgxx-test: enclave-stdout read: 12
// sgxx-test: enclave-stdout create what is there: ok
// sgxx-test: enclave-stdout create it as new: EEXIST
// sgxx-test: enclave-stdout open for writing: EROFS
// sgxx-test: enclave-stdout truncate when opening: EROFS
// sgxx-test: enclave-stdout create: EROFS
// sgxx-test: enclave-stdout absent: ENOENT
// sgxx-test: enclave-stdout folder for writing: EISDIR
// sgxx-test: enclave-stdout mkdir: EROFS
// sgxx-test: enclave-stdout mkdir of what is there: EEXIST
// sgxx-test: enclave-stdout unlink: EROFS
// sgxx-test: enclave-stdout rmdir: EROFS
// sgxx-test: enclave-stdout rename: EROFS
// sgxx-test: enclave-stdout link: EROFS
// sgxx-test: enclave-stdout symlink: EROFS
// sgxx-test: enclave-stdout chmod: EROFS
// sgxx-test: enclave-stdout utimensat: EROFS
// sgxx-test: enclave-stdout truncate: EROFS
// sgxx-test: enclave-stdout access for writing: EROFS
// sgxx-test: enclave-stdout access: ok
// sgxx-test: enclave-stdout shared mapping: from outside
// sgxx-test: enclave-stdout ST_RDONLY: 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  std::printf("%s: %s\n", what, result < 0 ? strerrorname_np(error) : "ok");
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  const int file = open("given", O_RDONLY);
  char bytes[64];
  std::printf("read: %ld\n", static_cast<long>(read(file, bytes, sizeof bytes)));
  show("create what is there", open("given", O_RDONLY | O_CREAT, 0600));
  show("create it as new", open("given", O_RDONLY | O_CREAT | O_EXCL, 0600));
  show("open for writing", open("given", O_RDWR));
  show("truncate when opening", open("given", O_RDONLY | O_TRUNC));
  show("create", open("new", O_RDWR | O_CREAT, 0600));
  show("absent", open("new", O_RDWR));
  show("folder for writing", open("inner", O_WRONLY));
  show("mkdir", mkdir("new", 0700));
  show("mkdir of what is there", mkdir("inner", 0700));
  show("unlink", unlink("given"));
  show("rmdir", rmdir("inner"));
  show("rename", rename("given", "taken"));
  show("link", link("given", "taken"));
  show("symlink", symlink("given", "taken"));
  show("chmod", chmod("given", 0600));
  show("utimensat", utimensat(AT_FDCWD, "given", nullptr, 0));
  show("truncate", truncate("given", 0));
  show("access for writing", access("given", W_OK));
  show("access", access("given", R_OK));
  const void* const mapped = mmap(nullptr, 12, PROT_READ, MAP_SHARED, file, 0);
  CHECK(mapped != MAP_FAILED);
  std::printf("shared mapping: %.12s\n", static_cast<const char*>(mapped));
  struct statvfs space;
  CHECK(statvfs(".", &space) == 0);
  std::printf("ST_RDONLY: %d\n", (space.f_flag & ST_RDONLY) != 0);
}
