// SPDX-License-Identifier: Apache-2.0
//
// <cstdio>: printf formats, scanning, string and memory streams, buffering modes.
// sgxx-test: flags -Wno-format-truncation

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.h"

int main() {
  std::printf("%+5d|%-8s|%08.3f|%#x|%e|%c|%5.1f%%|%a\n", 42, "left", 3.14159, 255, 12345.678, 'z', 99.5, 0.5);
  char text[64];
  CHECK(std::snprintf(text, 8, "%s", "truncated text") == 14 && std::strcmp(text, "truncat") == 0);
  int a = 0;
  double b = 0;
  char word[16];
  CHECK(std::sscanf("17 2.5 name", "%d %lf %15s", &a, &b, word) == 3);
  std::printf("%d %.1f %s\n", a, b, word);
  char* block = nullptr;
  std::size_t size = 0;
  std::FILE* memory = open_memstream(&block, &size);
  for (int i = 0; i < 1000; ++i) std::fprintf(memory, "%d,", i);
  std::fclose(memory);
  std::printf("%zu\n", size);
  std::FILE* read = fmemopen(block, size, "r");
  std::fseek(read, 10, SEEK_SET);
  std::printf("%c %ld\n", std::fgetc(read), std::ftell(read));
  std::fclose(read);
  std::free(block);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  std::fputs("unbuffered\n", stdout);
}
