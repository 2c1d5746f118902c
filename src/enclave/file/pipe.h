// SPDX-License-Identifier: Apache-2.0
//
// Pipes and connected pairs of sockets: bytes that go from one file of the enclave to another and never leave it.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/lock.h"

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
  Records records = Records::no;
  PipeEnd* reader = nullptr;  // nullptr once it is closed or shut down
  PipeEnd* writer = nullptr;
  u32 owners = 2;
};

class PipeEnd : public OpenFile {
 public:
  /// pipe2: a reading and a writing end.
  struct Pair {
    FileReference first, second;
  };
  static Outcome<Pair> make_pipe(u32 flags);
  /// socketpair: both ends read and write.
  static Outcome<Pair> make_sockets(u32 flags, Pipe::Records records);

  PipeEnd(u32 flags, Pipe* in, Pipe* out, bool socket);
  ~PipeEnd();

  bool is_socket() const { return socket_; }
  bool keeps_records() const { return in_ != nullptr && in_->records == Pipe::Records::yes; }
  enum class Peek : bool { no, yes };
  enum class Wait : bool { no, yes };
  /// Reads as recv does; with records, the rest of a record that does not fit is dropped and `record_length` says how long it
  /// was.
  Outcome<> receive(Transfer& transfer, Peek peek, Wait wait, u64* record_length);
  Outcome<> send(Transfer& transfer, Wait wait);
  /// SHUT_RD (0), SHUT_WR (1), SHUT_RDWR (2).
  void shut_down(u32 how);

  Outcome<> read(Transfer& transfer) { return receive(transfer, Peek::no, Wait::yes, nullptr); }
  Outcome<> write(Transfer& transfer);
  Outcome<FileStatus> status();
  Outcome<u64> control(u64 request, u64 argument);
  u32 ready();

 private:
  Outcome<> receive_now(Transfer& transfer, Peek peek, u64* record_length);
  Outcome<> send_now(Transfer& transfer);
  static Outcome<Pair> make(u32 first_flags, u32 second_flags, bool socket, Pipe::Records records);

  Pipe* in_;
  Pipe* out_;
  bool socket_;
};

}  // namespace sgxx::enclave
