// SPDX-License-Identifier: Apache-2.0
//
// Loads a signed enclave into a device and runs the program in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "abi/entry.h"
#include "device/device.h"
#include "host/loader.h"
#include "host/quoting.h"
#include "host/recorder.h"

namespace sgxx::host {

struct RunOptions {
  std::vector<std::string> arguments;  ///< argv, the program's name included
  bool count = false;                  ///< fill the report
  /// Folders of this machine for mounts of type "host", by the path inside, in place of those that the manifest names.
  std::map<std::string, std::string> folders = {};
  int trace = -1;  ///< a descriptor for a line about each host call; -1: none
  LaunchConfiguration configuration = {};
  QuotingService* quoting = nullptr;  ///< null: the program gets no quotes
};

/// How the program ended.
struct ExitStatus {
  enum class Kind {
    exited,    ///< with `value` as exit code
    signaled,  ///< by signal number `value`
    aborted,   ///< the enclave ended itself; `value` is an abi::AbortReason
    failed,    ///< the device refused an entry or the runtime broke down; `value` is 0
    lost,      ///< a thread that served the enclave has been ended by somebody; `value` is 0
  } kind = Kind::exited;
  unsigned value = 0;
};

/// How it ended and, when it was asked for, what was counted.
struct Ending {
  ExitStatus status;
  std::optional<Report> report;
};

/// Loads `stream` (an SGX stream), signed by `signature`, into `device` and runs it to its end. Threads of the program may still
/// be inside when this returns: end the process soon.
Result<Ending> run(device::Device& device, ByteView stream, const isa::SigStruct& signature, const RunOptions& options);

}  // namespace sgxx::host
