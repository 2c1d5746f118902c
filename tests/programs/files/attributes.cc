// SPDX-License-Identifier: Apache-2.0
//
// stat, statx, chmod, chown, access, times, truncate, umask, and their errors, as an ordinary user sees them.
// sgxx-test: folder
// sgxx-test: skip host-folder what the program may do there is what sgxx may, perhaps as root
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  std::printf("%s: %s\n", what, result < 0 ? strerrorname_np(error) : "ok");
}

struct stat status_of(const char* path) {
  struct stat status;
  CHECK(lstat(path, &status) == 0);
  return status;
}

int make(const char* path, mode_t mode) {
  const int file = open(path, O_RDWR | O_CREAT | O_EXCL, mode);
  CHECK(file >= 0);
  return file;
}

void modes() {
  close(make("plain", 0666));
  std::printf("umask 022: %o\n", status_of("plain").st_mode);
  std::printf("umask was %o\n", umask(077));
  close(make("closed", 0666));
  std::printf("umask 077: %o\n", status_of("closed").st_mode);
  umask(022);
  show("chmod", chmod("plain", 04751));
  std::printf("%o\n", status_of("plain").st_mode);
  const int file = open("plain", O_WRONLY);
  CHECK(write(file, "x", 1) == 1);
  show("fchmod", fchmod(file, 0));
  std::printf("%o\n", status_of("plain").st_mode);
  show("read mode 0", open("plain", O_RDONLY));
  show("write mode 0", open("plain", O_WRONLY));
  show("still open", write(file, "y", 1));
  show("truncate mode 0", truncate("plain", 0));
  show("access mode 0", access("plain", R_OK));
  show("there", access("plain", F_OK));
  show("execute", access("closed", X_OK));
  show("bad access mode", access("closed", 77));
  show("fchmodat", fchmodat(AT_FDCWD, "plain", 0640, 0));
  show("chmod nothing", chmod("nothing", 0600));
  mkdir("dir", 0700);
  close(make("dir/in", 0600));
  show("no search", chmod("dir", 0600));
  show("below it", open("dir/in", O_RDONLY));
  show("no writing", chmod("dir", 0500));
  show("make in it", open("dir/new", O_WRONLY | O_CREAT, 0600));
  show("unlink in it", unlink("dir/in"));
  show("again", chmod("dir", 0700));
  show("unlink", unlink("dir/in"));
  close(file);
}

void owners() {
  show("to myself", chown("plain", getuid(), getgid()));
  show("to nobody in particular", chown("plain", -1, -1));
  show("to root", chown("plain", 0, 0));
  show("of nothing", chown("nothing", getuid(), -1));
  std::printf("owner is me: %d\n", status_of("plain").st_uid == getuid());
}

void print_times(const char* path) {
  const struct stat status = status_of(path);
  std::printf("%ld.%09ld %ld.%09ld\n", status.st_atim.tv_sec, status.st_atim.tv_nsec, status.st_mtim.tv_sec,
              status.st_mtim.tv_nsec);
}

void times() {
  const timespec both[2] = {{1000, 5}, {-2000, 999999999}};
  show("utimensat", utimensat(AT_FDCWD, "plain", both, 0));
  print_times("plain");
  const timespec only[2] = {{0, UTIME_OMIT}, {3000, 0}};
  show("one omitted", utimensat(AT_FDCWD, "plain", only, 0));
  print_times("plain");
  const timespec wrong[2] = {{0, 1000000000}, {0, 0}};
  show("bad nanoseconds", utimensat(AT_FDCWD, "plain", wrong, 0));
  const timeval micro[2] = {{11, 12}, {13, 14}};
  show("utimes", utimes("plain", micro));
  print_times("plain");
  const utimbuf seconds{21, 22};
  show("utime", utime("plain", &seconds));
  print_times("plain");
  CHECK(symlink("plain", "link") == 0);
  show("of a link", utimensat(AT_FDCWD, "link", both, AT_SYMLINK_NOFOLLOW));
  print_times("link");
  print_times("plain");
  const time_t before = time(nullptr) - 2;
  show("now", utimensat(AT_FDCWD, "plain", nullptr, 0));
  const struct stat status = status_of("plain");
  std::printf("about now: %d %d %d\n", status.st_atime >= before, status.st_mtime >= before, status.st_ctime >= before);
  const int file = open("plain", O_RDWR);
  const timespec old[2] = {{5, 0}, {5, 0}};
  show("futimens", futimens(file, old));
  CHECK(write(file, "z", 1) == 1);
  std::printf("written: %d, not read: %d\n", status_of("plain").st_mtime >= before, status_of("plain").st_atime == 5);
  char byte;
  CHECK(pread(file, &byte, 1, 0) == 1);
  std::printf("read: %d\n", status_of("plain").st_atime >= before);
  close(file);
}

void statuses() {
  const struct stat file = status_of("plain"), link = status_of("link"), here = status_of(".");
  std::printf("file %o %ld %lu, link %o %ld, directory %d\n", file.st_mode, static_cast<long>(file.st_size),
              static_cast<unsigned long>(file.st_nlink), link.st_mode, static_cast<long>(link.st_size), S_ISDIR(here.st_mode));
  std::printf("one device: %d, block size %ld, blocks %ld\n", file.st_dev == here.st_dev, static_cast<long>(file.st_blksize),
              static_cast<long>(file.st_blocks));
  struct statx extended;
  show("statx", statx(AT_FDCWD, "plain", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &extended));
  std::printf("%o %llu %u %d\n", extended.stx_mode, extended.stx_size, extended.stx_nlink, extended.stx_ino == file.st_ino);
  show("bad flags", statx(AT_FDCWD, "plain", 1, STATX_BASIC_STATS, &extended));
  struct stat status;
  show("of nothing", stat("nothing", &status));
  show("below a file", stat("plain/x", &status));
  show("empty", stat("", &status));
  show("empty but meant", fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH));
  show("of no descriptor", fstat(99, &status));
  struct statfs system;
  CHECK(statfs(".", &system) == 0);
  const bool is_known = system.f_type == 0x01021994 || system.f_type == 0x58584753;  // a tmpfs, an encrypted volume
  std::printf("known: %d, names up to %ld, blocks of %ld\n", is_known, static_cast<long>(system.f_namelen),
              static_cast<long>(system.f_bsize));
  struct statvfs general;
  show("statvfs", statvfs(".", &general));
  show("pathconf", pathconf(".", _PC_NAME_MAX));
  const int place = open("plain", O_PATH);
  show("O_PATH", place);
  char byte;
  show("read it", read(place, &byte, 1));
  show("fstat it", fstat(place, &status));
  show("fchmod it", fchmod(place, 0600));
  show("truncate it", ftruncate(place, 0));
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chmod(arguments[1], 0777) == 0 && chdir(arguments[1]) == 0);
  // In the enclave it is user 1000 already.
  if (getuid() == 0) CHECK(setgroups(0, nullptr) == 0 && setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
  modes();
  owners();
  times();
  statuses();
}
