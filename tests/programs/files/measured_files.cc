// SPDX-License-Identifier: Apache-2.0
//
// A measured folder: the same names, links and bytes inside as outside when it was packed, and nothing of it can be changed.
// sgxx-test: manifest working_directory = "/usr/share/common-licenses"
// sgxx-test: manifest [[mount]]
// sgxx-test: manifest type = "measured"
// sgxx-test: manifest path = "/usr/share/common-licenses"
// sgxx-test: manifest source = "/usr/share/common-licenses"
// sgxx-test: needs /usr/share/common-licenses/GPL-3
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "check.h"

namespace fs = std::filesystem;

namespace {

const fs::path kFolder = "/usr/share/common-licenses";

bool in_enclave() {
  utsname name;
  CHECK(uname(&name) == 0);
  return std::strstr(name.release, "sgxx") != nullptr;
}

unsigned long hash_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.is_open());
  unsigned long hash = 14695981039346656037ul;
  for (char letter; file.get(letter);) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ul;
  return hash;
}

void print_all() {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    std::printf("%s: %lx", path.filename().c_str(), hash_of(path));
    std::printf(fs::is_symlink(path) ? " -> %s\n" : "\n", fs::is_symlink(path) ? fs::read_symlink(path).c_str() : "");
  }
}

void print_mapped() {
  const int file = open((kFolder / "GPL-3").c_str(), O_RDONLY);
  const size_t size = fs::file_size(kFolder / "GPL-3");
  for (int kind : {MAP_PRIVATE, MAP_SHARED}) {
    const char* const memory = static_cast<const char*>(mmap(nullptr, size, PROT_READ, kind, file, 0));
    CHECK(memory != MAP_FAILED);
    std::printf("%.20s|%d\n", memory + 20, std::count(memory, memory + size, '\n') > 600);
    CHECK(munmap(const_cast<char*>(memory), size) == 0);
  }
}

/// Outside this would be root's own system.
void check_read_only() {
  const char* const file = "GPL-3";
  CHECK(fs::exists(file));
  CHECK(open(file, O_RDWR) < 0 && errno == EROFS);
  CHECK(open(file, O_WRONLY | O_TRUNC) < 0 && errno == EROFS);
  CHECK(open("new", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
  CHECK(unlink(file) < 0 && errno == EROFS);
  CHECK(rename(file, "other") < 0 && errno == EROFS);
  CHECK(mkdir("new", 0700) < 0 && errno == EROFS);
  CHECK(chmod(file, 0600) < 0 && errno == EROFS);
  CHECK(truncate(file, 0) < 0 && errno == EROFS);
  CHECK(access(file, W_OK) < 0 && errno == EROFS);
  const int reader = open(file, O_RDONLY);
  CHECK(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED && errno == EACCES);
}

}  // namespace

int main() {
  print_all();
  print_mapped();
  if (in_enclave()) check_read_only();
}
