// SPDX-License-Identifier: Apache-2.0
//
// The standard streams. What a stream is connected to (terminal, pipe, file) is what the host said at start: it steers buffering,
// nothing else.
#pragma once

#include "abi/host_call.h"
#include "enclave/file/open_file.h"

namespace sgxx::enclave {

class Stream : public OpenFile {
 public:
  /// `handle`: 0 to 2.
  Stream(u32 handle, const abi::StreamInfo& info)
      : OpenFile(FileKind::stream, info.terminal != 0 ? open_flag::read_write : direction_of(handle)),
        handle_(handle),
        info_(info) {}

  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<FileStatus> status();
  Outcome<u64> control(u64 request, u64 argument);
  u32 ready() { return 0; }
  u32 handle() const { return handle_; }

 private:
  static u32 direction_of(u32 handle) { return handle == 0 ? open_flag::read_only : open_flag::write_only; }
  i64 timeout() const { return is_nonblocking() ? 0 : -1; }

  u32 handle_;
  abi::StreamInfo info_;
};

}  // namespace sgxx::enclave
