// SPDX-License-Identifier: Apache-2.0
#include "volume/native/file_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sgxx::volume {
namespace {

constexpr u64 kMostPieces = 64;

bool is_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

Failure<Error> failed(u64 block) {
  if (is_full(errno)) return fail(Fault::no_space, block, errno);
  return fail(Fault::io, block, errno);
}

}  // namespace

Outcome<FileDisk> FileDisk::open(const std::string& path, Access access) {
  const int flags = access == Access::read_only ? O_RDONLY : access == Access::read_write ? O_RDWR : O_RDWR | O_CREAT | O_EXCL;
  FileDisk disk(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (disk.descriptor_ < 0) return failed(0);
  if (::flock(disk.descriptor_, (access == Access::read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) return failed(0);
  return disk;
}

FileDisk::~FileDisk() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Outcome<> FileDisk::read(u64 first, std::span<u8* const> blocks) {
  while (!blocks.empty()) {
    std::array<iovec, kMostPieces> pieces;
    const u64 count = std::min<u64>(blocks.size(), kMostPieces);
    for (u64 i = 0; i < count; ++i) pieces[i] = {blocks[i], kBlockSize};
    const ssize_t read = ::preadv(descriptor_, pieces.data(), static_cast<int>(count), static_cast<off_t>(first * kBlockSize));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return failed(first);
    // A block that is read in part is read again; one that never is whole is the end of the file.
    const u64 whole = static_cast<u64>(read) / kBlockSize;
    if (whole == 0) return fail(Fault::integrity, first);
    first += whole;
    blocks = blocks.subspan(whole);
  }
  return {};
}

Outcome<> FileDisk::write(u64 first, ByteView bytes) {
  u64 offset = first * kBlockSize;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(offset / kBlockSize);
    offset += static_cast<u64>(written);
    bytes = bytes.subspan(static_cast<u64>(written));
  }
  return {};
}

Outcome<> FileDisk::sync() {
  if (::fdatasync(descriptor_) != 0) return failed(0);
  return {};
}

Outcome<u64> FileDisk::size() {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return failed(0);
  return static_cast<u64>(status.st_size) / kBlockSize;
}

Outcome<> FileDisk::resize(u64 blocks) {
  const u64 now = TRY(size());
  if (blocks <= now) return {};
  const off_t from = static_cast<off_t>(now * kBlockSize);
  const off_t length = static_cast<off_t>((blocks - now) * kBlockSize);
  if (::fallocate(descriptor_, 0, from, length) == 0) return {};
  if (errno != EOPNOTSUPP && errno != ENOSYS) return failed(now);
  if (::ftruncate(descriptor_, from + length) != 0) return failed(now);
  return {};
}

}  // namespace sgxx::volume
