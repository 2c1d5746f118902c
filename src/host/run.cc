// SPDX-License-Identifier: Apache-2.0
#include "host/run.h"

#include "host/loader.h"
#include "host/process.h"

namespace sgxx::host {

Result<ExitStatus> run(device::Device& device, ByteView stream, const isa::SigStruct& signature, const RunOptions& options) {
  LoadedEnclave enclave = TRY(load(device, stream, signature));
  Process process(device, std::move(enclave));
  return process.run(options);
}

}  // namespace sgxx::host
