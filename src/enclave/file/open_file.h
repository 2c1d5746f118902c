// SPDX-License-Identifier: Apache-2.0
//
// OpenFile: what a descriptor names (POSIX's open file description), shared by the descriptors that dup made and by the threads
// that are using it; it ends with the last of them. Each kind of file is a class that derives from it and hides the members
// whose default answer below is not its own. There are no virtual functions, because a table of them would need relocations:
// `visit` (kinds.h) calls a member on the kind that a file is.
//
// A kind is either the enclave's own (pipes, events, files in memory), and then `ready` knows its state and `notify` tells who
// waits; or it has a handle of the host's (streams, sockets), and then the host is asked for its state.
#pragma once

#include <atomic>

#include "enclave/errno.h"
#include "enclave/file/file_status.h"
#include "enclave/file/transfer.h"

namespace sgxx::enclave {

/// X(enumerator, class). Each kind has a header of its own, which kinds.h includes.
#define SGXX_FILE_KINDS(X)    \
  X(stream, Stream)           \
  X(pipe_end, PipeEnd)        \
  X(event, EventFile)         \
  X(epoll, Epoll)             \
  X(socket, Socket)           \
  X(netlink, NetlinkFile)     \
  X(timer, TimerFile)         \
  X(signal, SignalFile)       \
  X(memory, MemoryFile)       \
  X(directory, DirectoryFile) \
  X(path, PathFile)           \
  X(folder_file, FolderFile)  \
  X(folder, FolderDirectory)  \
  X(device, DeviceFile)       \
  X(text, TextFile)

enum class FileKind : u8 {
#define SGXX_X(name, type) name,
  SGXX_FILE_KINDS(SGXX_X)
#undef SGXX_X
};

/// O_* of Linux on x86-64.
namespace open_flag {
inline constexpr u32 access_mode = 3, read_only = 0, write_only = 1, read_write = 2;
inline constexpr u32 create = 0100, exclusive = 0200, no_controlling_terminal = 0400, truncate = 01000, append = 02000,
                     nonblocking = 04000, synchronous_data = 010000, direct = 040000, large_file = 0100000, directory = 0200000,
                     no_follow = 0400000, close_on_exec = 02000000, path = 010000000, temporary = 020000000;
}  // namespace open_flag

/// POLL* and EPOLL* share these bits.
namespace poll_event {
inline constexpr u32 in = 1, priority = 2, out = 4, error = 8, hang_up = 0x10, invalid = 0x20, read_normal = 0x40,
                     read_band = 0x80, write_normal = 0x100, write_band = 0x200, peer_closed = 0x2000;
inline constexpr u32 always = error | hang_up;  // reported whether asked for or not
}  // namespace poll_event

struct Waiter;
struct Inode;

class OpenFile {
 public:
  OpenFile(FileKind kind, u32 flags) : kind_(kind), flags_(flags) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  FileKind kind() const { return kind_; }
  u32 flags() const { return flags_.load(std::memory_order_relaxed); }
  bool is_nonblocking() const { return (flags() & open_flag::nonblocking) != 0; }
  bool is_readable() const { return (flags() & open_flag::access_mode) != open_flag::write_only; }
  bool is_writable() const { return (flags() & open_flag::access_mode) != open_flag::read_only; }
  void acquire() { references_.fetch_add(1, std::memory_order_relaxed); }
  /// The last user's release ends the file.
  void release();
  /// False when the file is already ending.
  bool try_acquire();

  // What every kind can be asked. `read` and `write` move at least one byte of a non-empty transfer or fail, except that 0 read
  // is the end; they block unless the file is non-blocking (EAGAIN), and a signal ends them with Errno::restart.
  Outcome<> read(Transfer&) { return fail(Errno::inval); }
  Outcome<> write(Transfer&) { return fail(Errno::inval); }
  Outcome<> read_at(Transfer&, u64) { return fail(Errno::spipe); }
  Outcome<> write_at(Transfer&, u64) { return fail(Errno::spipe); }
  Outcome<u64> seek(i64, u32) { return fail(Errno::spipe); }
  Outcome<FileStatus> status() { return anonymous_status(); }
  Outcome<> truncate(u64) { return fail(Errno::inval); }
  Outcome<> synchronise() { return fail(Errno::inval); }                       // fsync, fdatasync
  Outcome<u64> control(u64, u64) { return fail(Errno::notty); }                // ioctl
  Outcome<u64> file_control(u32 operation, u64 argument);                      // fcntl beyond flags and dup
  Outcome<> reserve(u32, u64, u64) { return fail(Errno::nodev); }              // fallocate: mode, offset, length
  Outcome<u64> list(u64, u64) { return fail(Errno::notdir); }                  // getdents64: address, length
  Inode* inode() const { return nullptr; }                                     // of a file that lies in the tree of names
  Outcome<> set_flags(u32 flags) { return change_flags(flags), Outcome<>{}; }  // F_SETFL
  /// POLL* bits that hold now, as far as the enclave itself knows. Called with no lock held.
  u32 ready() { return poll_event::in | poll_event::out; }
  /// When it will change by itself: ns of CLOCK_MONOTONIC, ~0 for never. Only of a kind that is `kTimed`.
  u64 next_event() { return ~u64{0}; }
  static constexpr bool kTimed = false;
  bool can_be_polled() const { return true; }
  /// The host's handle of this file, or kNoHandle.
  static constexpr u32 kNoHandle = ~u32{0};
  u32 handle() const { return kNoHandle; }

  /// Whoever waits for this file (events.h); guarded by the event lock.
  Waiter* waiters = nullptr;

 protected:
  /// The flags that F_SETFL may change.
  void change_flags(u32 flags) {
    constexpr u32 kChangeable = open_flag::append | open_flag::nonblocking | open_flag::direct;
    flags_.store((flags_.load() & ~kChangeable) | (flags & kChangeable));
  }

 private:
  FileKind kind_;
  std::atomic<u32> flags_;
  std::atomic<u32> references_{1};
};

/// A counted reference to an open file.
class FileReference {
 public:
  /// Takes over a reference that the caller owns.
  explicit FileReference(OpenFile* file) : file_(file) {}
  FileReference(FileReference&& other) noexcept : file_(other.file_) { other.file_ = nullptr; }
  FileReference& operator=(FileReference&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~FileReference() {
    if (file_ != nullptr) file_->release();
  }
  OpenFile& operator*() const { return *file_; }
  OpenFile* operator->() const { return file_; }
  OpenFile* get() const { return file_; }
  OpenFile* take() { return std::exchange(file_, nullptr); }

 private:
  OpenFile* file_;
};

}  // namespace sgxx::enclave
