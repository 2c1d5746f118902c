// SPDX-License-Identifier: Apache-2.0
#include "host/run.h"

#include "host/loader.h"
#include "host/process.h"

namespace sgxx::host {

Result<ExitStatus> run(device::Device& device, ByteView stream, const isa::SigStruct& signature, const RunOptions& options) {
  const TscRate counter;  // loading takes long enough to see how fast it runs
  LoadedEnclave enclave = TRY(load(device, stream, signature));
  Process process(device, std::move(enclave), counter);
  return process.run(options);
}

}  // namespace sgxx::host
