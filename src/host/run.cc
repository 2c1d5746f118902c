// SPDX-License-Identifier: Apache-2.0
#include "host/run.h"

#include <sys/resource.h>

#include "host/loader.h"
#include "host/process.h"

namespace sgxx::host {
namespace {

/// How many files are open is the enclave's to limit.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<Ending> run(device::Device& device, ByteView stream, const isa::SigStruct& signature, const RunOptions& options) {
  const TscRate counter;  // loading takes long enough to see how fast it runs
  LoadedEnclave enclave = TRY(load(device, stream, signature, options.configuration));
  TRY(open_folders(enclave.folders, options.folders));
  raise_descriptor_limit();
  // When the program has ended, threads may still be inside the enclave or serve it: what they use lives until this process ends.
  auto* const process = new Process(device, std::move(enclave), counter);
  return process->run(options);
}

}  // namespace sgxx::host
