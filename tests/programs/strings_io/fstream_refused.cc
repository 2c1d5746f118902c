// SPDX-License-Identifier: Apache-2.0
//
// <fstream>: without a mount no file can be opened or made; the stream fails and errno is ENOENT
// for reading. Outside, the same calls work on /tmp.
// sgxx-test: enclave-stdout open for reading: no
// sgxx-test: enclave-stdout open for writing: no
// sgxx-test: enclave-stdout fopen: no
// sgxx-test: enclave-stdout tmpfile: no

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "check.h"

static const char* text(bool open) { return open ? "yes" : "no"; }

int main() {
  std::ifstream in("/bin/sh");
  std::cout << "open for reading: " << text(in.is_open()) << '\n';
  const std::string path = "/tmp/sgxx-test-fstream";
  std::ofstream out(path);
  std::cout << "open for writing: " << text(out.is_open()) << '\n';
  out << "text" << std::flush;
  CHECK(out.good() == out.is_open());
  out.close();
  std::FILE* file = std::fopen("/bin/sh", "r");
  std::cout << "fopen: " << text(file) << '\n';
  if (file) std::fclose(file);
  std::FILE* temporary = std::tmpfile();
  std::cout << "tmpfile: " << text(temporary) << '\n';
  if (temporary) std::fclose(temporary);
  std::remove(path.c_str());
}
