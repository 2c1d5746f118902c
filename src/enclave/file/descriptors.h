// SPDX-License-Identifier: Apache-2.0
//
// File descriptors: the runtime's own numbers, each naming an open file. The host never learns them.
#pragma once

#include "abi/host_call.h"
#include "enclave/file/open_file.h"

namespace sgxx::enclave {

/// RLIMIT_NOFILE: what a program starts with, and the most it may ask for.
inline constexpr u64 kDescriptorsAtStart = 1024, kMostDescriptors = 65536;
u64 descriptor_limit();
void set_descriptor_limit(u64 limit);

/// Opens descriptors 0 to 2 for the streams that the host has; boot calls it once.
void initialize_descriptors(const std::array<abi::StreamInfo, 3>& streams);

enum class CloseOnExec : bool { no, yes };

/// The open file behind a descriptor, or EBADF, also for one that was opened with O_PATH.
Outcome<FileReference> file_of(u64 descriptor);
/// The same for the few calls that take any descriptor.
Outcome<FileReference> file_or_path_of(u64 descriptor);
/// The lowest free descriptor from `lowest` on names `file` now. EMFILE, ENOMEM, EINVAL (`lowest` is beyond the limit).
Outcome<u64> open_descriptor(FileReference file, CloseOnExec close_on_exec, u64 lowest = 0);
/// The lowest free descriptor, which names nothing until it is filled, and is nobody else's meanwhile.
class NewDescriptor {
 public:
  /// EMFILE, ENOMEM.
  static Outcome<NewDescriptor> reserve(CloseOnExec close_on_exec);
  NewDescriptor(NewDescriptor&& other) noexcept : number_(std::exchange(other.number_, kNone)), flags_(other.flags_) {}
  NewDescriptor& operator=(NewDescriptor&&) = delete;
  ~NewDescriptor();
  u64 number() const { return number_; }
  /// The number, which names `file` now.
  u64 fill(FileReference file);

 private:
  static constexpr u64 kNone = ~u64{0};
  NewDescriptor(u64 number, CloseOnExec flags) : number_(number), flags_(flags) {}
  u64 number_;
  CloseOnExec flags_;
};
/// `target` names `file`, whatever it was. EBADF beyond the limit, EBUSY while it is reserved.
Outcome<u64> replace_descriptor(FileReference file, u64 target, CloseOnExec close_on_exec);
Outcome<> close_descriptor(u64 descriptor);
/// Closes (or marks close-on-exec) all from `first` to `last`.
void close_descriptors(u64 first, u64 last);
Outcome<CloseOnExec> close_on_exec(u64 descriptor);
Outcome<> set_close_on_exec(u64 descriptor, CloseOnExec value);
/// The lowest open descriptor from `from` on, or kMostDescriptors: for /proc/self/fd.
u64 next_descriptor(u64 from);

}  // namespace sgxx::enclave
