// SPDX-License-Identifier: Apache-2.0
//
// Control messages (struct cmsghdr) between sockets of the enclave's own: open files on their way (SCM_RIGHTS) and who sent them
// (SCM_CREDENTIALS). They never leave the enclave; there is one process, so the credentials are always its own.
#pragma once

#include <utility>

#include "enclave/file/open_file.h"
#include "enclave/net/control_room.h"

namespace sgxx::enclave {

/// struct ucred.
struct Credentials {
  i32 process;
  u32 user, group;
};
Credentials own_credentials();

/// The open files of one message. While it is on its way they are nobody's descriptors.
struct FileBatch {
  FileBatch* next = nullptr;
  u64 position = 0, length = 0;  // of the bytes that it came with, in the pipe that it is in
  u32 count = 0, capacity = 0;
  OpenFile*& file(u32 index) { return reinterpret_cast<OpenFile**>(this + 1)[index]; }
};

/// A batch that somebody holds: nobody gets the files of one that goes.
class SentFiles {
 public:
  static constexpr u32 kMost = 253;  // SCM_MAX_FD

  SentFiles() = default;
  explicit SentFiles(FileBatch* batch) : batch_(batch) {}
  SentFiles(SentFiles&& other) noexcept : batch_(std::exchange(other.batch_, nullptr)) {}
  SentFiles& operator=(SentFiles&& other) noexcept {
    std::swap(batch_, other.batch_);
    return *this;
  }
  ~SentFiles();

  u32 count() const { return batch_ == nullptr ? 0 : batch_->count; }
  OpenFile* file(u32 index) const { return batch_->file(index); }
  FileBatch* take() { return std::exchange(batch_, nullptr); }

  /// As many files as `count`, none of them there yet; ENOMEM. ETOOMANYREFS: more are on their way than there may be descriptors.
  static Outcome<SentFiles> make(u32 count);
  /// Takes over a reference.
  void add(OpenFile* file) { batch_->file(batch_->count++) = file; }
  /// Another batch of the same files, for who only looks.
  static Outcome<SentFiles> copy(FileBatch& batch);

 private:
  FileBatch* batch_ = nullptr;
};

/// The control messages that a program sends: EINVAL, EBADF, EPERM, EFAULT, ENOBUFS, ETOOMANYREFS.
Outcome<SentFiles> load_control(u64 address, u64 length);

/// What a program is told with a message that it received.
struct ReceivedControl {
  SentFiles files;
  bool credentials = false;
  bool close_on_exec = false;  // MSG_CMSG_CLOEXEC
};
Outcome<> store_control(ReceivedControl control, ControlRoom& room);

}  // namespace sgxx::enclave
