// SPDX-License-Identifier: Apache-2.0
//
// Pipes, with a name (FIFOs) or without, and connected pairs of sockets: bytes that go from one file of the enclave to another
// and never leave it. All who open one side of a FIFO share one open file.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/lock.h"
#include "enclave/net/control.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class PipeEnd;

/// One direction: a ring of bytes between a reader and a writer. A record pipe keeps the boundaries of writes.
struct Pipe {
  static constexpr u64 kCapacity = 64 * 1024;
  static constexpr u64 kAtomic = 4096;  // PIPE_BUF: a write up to this size is never interleaved with others
  enum class Records : bool { no, yes };

  SpinLock lock;
  u64 buffer = 0;  // address of kCapacity bytes
  u64 begin = 0, length = 0;
  u64 taken = 0;                 // bytes that have been read or dropped so far
  FileBatch* batches = nullptr;  // files on their way, in the order of the bytes that they came with
  FileBatch* last_batch = nullptr;
  Records records = Records::no;
  PipeEnd* reader = nullptr;  // nullptr once it is closed or shut down
  PipeEnd* writer = nullptr;
  u32 owners = 2;
  Inode* fifo = nullptr;                       // of a pipe with a name
  u32 readers_opened = 0, writers_opened = 0;  // of it, so far
};

/// What setsockopt has said of an end of a socketpair.
struct PairOptions {
  std::atomic<i64> receive_timeout{-1}, send_timeout{-1};  // ns, -1: none
  std::atomic<u32> switches{0};                            // bit n: SO_* n is on
};

class PipeEnd : public OpenFile {
 public:
  /// pipe2: a reading and a writing end.
  struct Pair {
    FileReference first, second;
  };
  static Outcome<Pair> make_pipe(u32 flags);
  /// socketpair: both ends read and write.
  static Outcome<Pair> make_sockets(u32 flags, u32 socket_type);

  /// A FIFO, as open(2) does: waits for the other side unless `flags` say no. ENXIO where nobody reads, or where both sides are
  /// wanted at once and one of them is open alone.
  static Outcome<FileReference> open_fifo(Inode& inode, u32 flags);

  /// `socket_type`: SOCK_*, 0 for a pipe; `fifo`: nullptr for one without a name.
  PipeEnd(u32 flags, Pipe* in, Pipe* out, u32 socket_type, Inode* fifo = nullptr);
  ~PipeEnd();

  static constexpr u32 kStreamSocket = 1;  // SOCK_STREAM; the others keep records
  bool is_socket() const { return socket_type_ != 0; }
  u32 socket_type() const { return socket_type_; }
  bool keeps_records() const { return in_ != nullptr && in_->records == Pipe::Records::yes; }
  PairOptions& options() { return options_; }
  enum class Peek : bool { no, yes };
  enum class Wait : bool { no, yes };
  /// Reads as recv does; with records, the rest of a record that does not fit is dropped and `record_length` says how long it
  /// was.
  Outcome<> receive(Transfer& transfer, Peek peek, Wait wait, u64* record_length, SentFiles* files = nullptr);
  /// `files` go with the first byte, or the record.
  Outcome<> send(Transfer& transfer, Wait wait, SentFiles files = {});
  /// SHUT_RD (0), SHUT_WR (1), SHUT_RDWR (2).
  void shut_down(u32 how);

  Outcome<> read(Transfer& transfer) { return receive(transfer, Peek::no, Wait::yes, nullptr); }
  Outcome<> write(Transfer& transfer);
  Outcome<FileStatus> status();
  Outcome<u64> control(u64 request, u64 argument);
  Inode* inode() const { return fifo_.get(); }
  u32 ready();

 private:
  Outcome<> receive_now(Transfer& transfer, Peek peek, u64* record_length, SentFiles& files);
  Outcome<> send_now(Transfer& transfer, SentFiles& files);

  Pipe* in_;
  Pipe* out_;
  u32 socket_type_;
  PairOptions options_;
  InodeReference fifo_;
};

}  // namespace sgxx::enclave
