// SPDX-License-Identifier: Apache-2.0
//
// A file in the folder that the runner names: outside one in memory, inside an encrypted volume on the same.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "measure.h"

namespace bench {

struct File {
  int size;  // the program's first argument
  std::string path;
  int descriptor;
};

inline File open_file(int count, char** arguments) {
  const std::string path = std::string(count > 2 ? arguments[2] : "/dev/shm") + "/file";
  return {size_argument(count, arguments), path, open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)};
}

constexpr size_t kMebibyte = 1 << 20;

/// `count` MiB, each beginning with its number; false when it does not fit.
inline bool fill(const File& file, int count, std::string& bytes) {
  for (int i = 0; i < count; ++i) {
    bytes[0] = static_cast<char>(i);
    if (pwrite(file.descriptor, bytes.data(), kMebibyte, static_cast<off_t>(i) * static_cast<off_t>(kMebibyte)) !=
        static_cast<ssize_t>(kMebibyte)) {
      return false;
    }
  }
  return true;
}

}  // namespace bench
