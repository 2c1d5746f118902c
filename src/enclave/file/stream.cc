// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/stream.h"

#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/signal/signals.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {

Outcome<> Stream::read(Transfer& transfer) {
  if (transfer.remaining() == 0) return {};
  for (;;) {
    const auto count = host::read(handle_, transfer, timeout());
    if (count.ok()) return {};
    if (count.error() != Errno::intr) return fail(count.error());
    if (has_deliverable_signal(current())) return fail(Errno::restart);
  }
}

/// One host call's worth is at most kHostDataSize: a longer write goes on until it is done or comes up short.
Outcome<> Stream::write(Transfer& transfer) {
  while (transfer.remaining() != 0) {
    const u64 asked = transfer.remaining() < abi::kHostDataSize ? transfer.remaining() : abi::kHostDataSize;
    const auto written = host::write(handle_, transfer, timeout());
    if (!written.ok()) {
      if (written.error() == Errno::pipe) send_signal(&current(), sig::pipe, si::kernel, 0);
      if (written.error() != Errno::intr) return fail(written.error());
      if (has_deliverable_signal(current())) return fail(Errno::restart);
      continue;
    }
    if (*written < asked) return {};
  }
  return {};
}

Outcome<FileStatus> Stream::status() {
  FileStatus status{};
  status.inode = handle_ + 2;
  status.links = 1;
  status.mode = info_.mode;
  status.uid = status.gid = kUserId;
  status.block_size = info_.terminal != 0 ? 1024 : abi::kHostDataSize / 2;  // what is worth an exit
  if ((info_.mode & file_mode::format) == file_mode::character) status.special_device = info_.terminal != 0 ? 0x8800 : 0x103;
  return status;
}

Outcome<u64> Stream::control(u64 request, u64 argument) {
  constexpr u64 kGetTermios = 0x5401, kGetWindowSize = 0x5413;
  if (info_.terminal == 0) return fail(Errno::notty);
  if (request == kGetTermios) {
    struct Termios {
      u32 input, output, control, local;
      std::array<u8, 20> rest;
    } termios{0x500, 0x5, 0xbf, 0x8a3b, {}};
    TRY(store(argument, termios));
    return u64{0};
  }
  if (request == kGetWindowSize) {
    const std::array<u16, 4> size{static_cast<u16>(info_.columns_rows), static_cast<u16>(info_.columns_rows >> 32), 0, 0};
    TRY(store(argument, size));
    return u64{0};
  }
  return fail(Errno::notty);
}

}  // namespace sgxx::enclave
