// SPDX-License-Identifier: Apache-2.0
//
// A folder of the host's: what is in it before the program starts, what the program puts there, sizes, links within it, paths
// that leave it by .., private mappings, positions, locks, errors.
// sgxx-test: folder host
// sgxx-test: folder-holds printf 'from outside' > given
// sgxx-test: folder-holds mkdir -p inner/deep && printf deep > inner/deep/file
// sgxx-test: folder-holds ln -s inner/deep short && ln -s given link && ln -s nothing dangling && ln -s circle circle
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

#include "check.h"

namespace {

void show(const char* what, long result) {
  const int error = errno;
  result < 0 ? std::printf("%s: %s\n", what, strerrorname_np(error)) : std::printf("%s: %ld\n", what, result);
}

void show_file(const char* path) {
  char bytes[64] = {};
  const int file = open(path, O_RDONLY);
  if (file < 0) return show(path, file);
  std::printf("%s: %ld bytes, %s\n", path, static_cast<long>(read(file, bytes, sizeof bytes - 1)), bytes);
  CHECK(close(file) == 0);
}

void show_status(const char* path) {
  struct stat status;
  if (lstat(path, &status) != 0) return show(path, -1);
  std::printf("%s: type %o, permissions %o, size %ld, mine %d\n", path, status.st_mode & S_IFMT, status.st_mode & 07777,
              S_ISDIR(status.st_mode) ? 0 : static_cast<long>(status.st_size), status.st_uid == getuid());
}

void what_was_there() {
  for (const char* path : {"given", "link", "short/file", "inner/deep/file", "inner/../given", "inner//deep/./file", "dangling",
                           "circle", "nothing", "given/x", "given/", "short/", "given/..", "nothing/..", "inner/deep/..", "."}) {
    show_file(path);
  }
  for (const char* path : {"given", "link", "short", "inner", "nothing/x"}) show_status(path);
  char target[64] = {};
  show("readlink", readlink("short", target, sizeof target));
  std::printf("-> %s\n", target);
  show("cut", readlink("short", target, 3));
  show("readlink of a file", readlink("given", target, sizeof target));
  show("access", access("given", R_OK | W_OK));
  show("execute", access("given", X_OK));
  std::set<std::string> names;
  DIR* const folder = opendir(".");
  while (const dirent* entry = readdir(folder)) {
    names.insert(std::string(entry->d_name) + (entry->d_type == DT_DIR ? "/" : entry->d_type == DT_LNK ? "@" : ""));
  }
  CHECK(closedir(folder) == 0);
  for (const std::string& name : names) std::printf("%s ", name.c_str());
  std::printf("\n");
}

void reading_and_writing() {
  const int file = open("made", O_RDWR | O_CREAT | O_EXCL, 0640);
  CHECK(file >= 0);
  show("again", open("made", O_RDWR | O_CREAT | O_EXCL, 0640));
  const std::string large(300'001, 'l');
  show("write", write(file, large.data(), large.size()));
  show("position", lseek(file, 0, SEEK_CUR));
  std::string back(400'000, '\0');
  show("pread", pread(file, back.data(), back.size(), 1));
  std::printf("the same: %d\n", back.substr(0, 300'000) == large.substr(1));
  show("behind the end", pread(file, back.data(), 10, 1'000'000));
  char one[3] = {}, other[5] = {};
  iovec pieces[] = {{one, 2}, {other, 4}};
  CHECK(pwrite(file, "abcdef", 6, 100) == 6 && lseek(file, 100, SEEK_SET) == 100);
  show("readv", readv(file, pieces, 2));
  std::printf("%s %s\n", one, other);
  show("writev", writev(file, pieces, 2));
  show("end", lseek(file, -1, SEEK_END));
  show("before the start", lseek(file, -1, SEEK_SET));
  show("ftruncate", ftruncate(file, 10));
  show("negative", ftruncate(file, -1));
  show("position stays", lseek(file, 0, SEEK_CUR));
  show("fsync", fsync(file));
  show("fdatasync", fdatasync(file));
  const int adder = open("made", O_WRONLY | O_APPEND);
  show("append", write(adder, "end", 3));
  show("after it", lseek(adder, 0, SEEK_CUR));
  show("read what is for writing", read(adder, one, 1));
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  std::printf("size %ld links %lu permissions %o\n", static_cast<long>(status.st_size),
              static_cast<unsigned long>(status.st_nlink), status.st_mode & 07777);
  show("reserve", posix_fallocate(file, 0, 5000));
  show("size", lseek(file, 0, SEEK_END));
  show("flock", flock(file, LOCK_EX));
  show("flock elsewhere", flock(adder, LOCK_EX | LOCK_NB));
  CHECK(close(file) == 0 && close(adder) == 0);
  show("truncate", truncate("made", 4));
  show("truncate a folder", truncate("inner", 4));
}

void mapping() {
  const int file = open("given", O_RDONLY);
  auto* const bytes = static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0));
  CHECK(bytes != MAP_FAILED);
  std::printf("mapped: %s\n", bytes);
  bytes[0] = 'F';
  show_file("given");
  CHECK(munmap(bytes, 4096) == 0 && close(file) == 0);
}

void names() {
  show("mkdir", mkdir("new", 0750));
  show("mkdir again", mkdir("new", 0750));
  show("mkdir below nothing", mkdir("nothing/x", 0750));
  show("rename", rename("made", "new/moved"));
  show("link", link("new/moved", "second"));
  show("symlink", symlink("second", "third"));
  show_file("third");
  show("rmdir of what is not empty", rmdir("new"));
  show("unlink of a folder", unlink("new"));
  show("rmdir of a file", rmdir("second"));
  show("rename over a folder", rename("second", "new"));
  show("into itself", rename("new", "new/below"));
  show("exchange", renameat2(AT_FDCWD, "second", AT_FDCWD, "given", RENAME_EXCHANGE));
  show("no replacement", renameat2(AT_FDCWD, "second", AT_FDCWD, "given", RENAME_NOREPLACE));
  show_file("second");
  show("chmod", chmod("second", 0600));
  const timespec times[2] = {{1'000'000'000, 1}, {1'100'000'000, 999'999'999}};
  show("utimensat", utimensat(AT_FDCWD, "second", times, 0));
  struct stat status;
  CHECK(stat("second", &status) == 0);
  std::printf("permissions %o, modified %ld.%09ld\n", status.st_mode & 07777, static_cast<long>(status.st_mtim.tv_sec),
              status.st_mtim.tv_nsec);
  for (const char* name : {"second", "third", "new/moved", "nothing"}) show(name, unlink(name));
  show("rmdir", rmdir("new"));
}

/// Open directories and the working directory follow a renaming; what is removed is gone.
void places() {
  CHECK(mkdir("place", 0755) == 0);
  const int place = open("place", O_RDONLY | O_DIRECTORY), path = open("given", O_PATH);
  CHECK(place >= 0 && path >= 0);
  show("make in it", close(openat(place, "file", O_WRONLY | O_CREAT, 0600)));
  show("rename", rename("place", "moved"));
  show("still there", faccessat(place, "file", F_OK, 0));
  show("above it", faccessat(place, "../given", F_OK, 0));
  CHECK(fchdir(place) == 0);
  char name[4096];
  CHECK(getcwd(name, sizeof name) != nullptr);
  std::printf("working directory %s\n", std::strrchr(name, '/'));
  show("out of the folder", access("../../..", F_OK));
  show("and in again", access((std::string("../../") + "files/given").c_str(), F_OK));
  show("to the root", access("/proc/self/status", F_OK));
  show("unlink", unlinkat(place, "file", 0));
  CHECK(chdir("..") == 0);
  show("read O_PATH", read(path, name, 1));
  struct stat status;
  show("fstat O_PATH", fstat(path, &status));
  show("a file as folder", openat(path, "x", O_RDONLY));
  show("folder for writing", open("inner", O_WRONLY));
  show("file as a folder", open("given", O_RDONLY | O_DIRECTORY));
  show("link not followed", open("link", O_RDONLY | O_NOFOLLOW));
  show("rmdir", rmdir("moved"));
  struct statvfs space;
  show("space", statvfs(".", &space));
  CHECK(space.f_blocks != 0 && space.f_namemax == 255);
  show("too long", access(std::string(300, 'n').c_str(), F_OK));
  CHECK(close(place) == 0 && close(path) == 0);
}

void copies() {
  const int from = open("given", O_RDONLY), to = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
  show("sendfile", sendfile(to, from, nullptr, 100));
  off_t offset = 0;
  show("copy_file_range", copy_file_range(from, &offset, to, nullptr, 4, 0));
  CHECK(close(from) == 0 && close(to) == 0);
  show_file("copy");
}

}  // namespace

int main(int, char** arguments) {
  CHECK(chdir(arguments[1]) == 0);
  what_was_there();
  reading_and_writing();
  mapping();
  names();
  places();
  copies();
}
