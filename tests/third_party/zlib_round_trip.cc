// SPDX-License-Identifier: Apache-2.0
//
// zlib compresses and restores; checksums pick their implementation by CPU features.
// sgxx-test: flags -lz
// sgxx-test: needs libz.a

#include <zlib.h>

#include <vector>

#include "check.h"

int main() {
  std::vector<unsigned char> text(500000);
  unsigned state = 5;
  for (auto& letter : text) {
    state = state * 1664525u + 1013904223u;
    letter = static_cast<unsigned char>('a' + (state >> 24) % 7);
  }
  for (int level : {1, 6, 9}) {
    uLongf size = compressBound(text.size());
    std::vector<unsigned char> packed(size), back(text.size());
    CHECK(compress2(packed.data(), &size, text.data(), text.size(), level) == Z_OK);
    uLongf length = back.size();
    CHECK(uncompress(back.data(), &length, packed.data(), size) == Z_OK && back == text);
    std::printf("level %d: %lu\n", level, size);
  }
  std::printf("%08lx %08lx\n", crc32(0, text.data(), 500000), adler32(1, text.data(), 500000));
}
