// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/descriptor.h"

namespace sgxx {
namespace {

Failure<Error> failed(const std::string& path, const char* what) {
  auto failure = system_error(path + ": cannot " + what);
  return {Error(ErrorKind::bad_input, failure.error.message())};
}

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<u8*>(bytes_.data()), bytes_.size());
}

Result<MappedFile> map_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return failed(path, "read");
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return failed(path, "read");
  MappedFile mapped;
  if (status.st_size == 0) return mapped;
  const auto length = static_cast<size_t>(status.st_size);
  void* memory = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.number(), 0);
  if (memory == MAP_FAILED) return failed(path, "read");
  mapped.bytes_ = {static_cast<const u8*>(memory), length};
  return mapped;
}

bool is_regular_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<std::vector<u8>> read_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return failed(path, "read");
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return failed(path, "read");
  // One byte more than the size, so that the usual file needs one read and one that says that it has ended.
  std::vector<u8> bytes(S_ISREG(status.st_mode) ? static_cast<size_t>(status.st_size) + 1 : size_t{65536});
  size_t length = 0;
  for (;;) {
    if (length == bytes.size()) bytes.resize(bytes.size() * 2);
    ssize_t count = ::read(file.number(), bytes.data() + length, bytes.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path, "read");
    if (count == 0) break;
    length += static_cast<size_t>(count);
  }
  bytes.resize(length);
  return bytes;
}

Result<void> write_file(const std::string& path, ByteView bytes, FileMode mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.number() < 0 || !write_all(file.number(), bytes)) return failed(path, "write");
    return {};
  }
  std::string temporary = path + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return failed(path, "write");
  mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(file.number(), static_cast<mode_t>(mode) & ~mask) != 0 || !write_all(file.number(), bytes) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    auto failure = failed(path, "write");
    ::unlink(temporary.c_str());
    return failure;
  }
  return {};
}

}  // namespace sgxx
