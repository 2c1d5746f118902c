// SPDX-License-Identifier: Apache-2.0
#include "cli/quoting.h"

#include <unistd.h>

#include "cli/builtin.h"
#include "cli/command.h"
#include "cli/keys.h"
#include "device/device.h"
#include "host/aesm.h"
#include "host/run.h"
#include "image/builder.h"
#include "image/sigstruct.h"

namespace sgxx::cli {
namespace {

constexpr const char* kCommand = "quoting-enclave";

/// Small, and granted nothing but the streams on which it is asked.
image::Manifest quoting_manifest() {
  image::Manifest manifest;
  manifest.heap = u64{64} << 20;
  manifest.threads = 2;
  manifest.product_id = 1;
  manifest.version = 1;
  manifest.grants = abi::grant::streams;
  manifest.exitless = false;
  manifest.arguments_from_manifest = true;
  manifest.arguments = {kCommand};
  return manifest;
}

/// The same program asks for a quote of itself instead.
image::Manifest sample_manifest() {
  image::Manifest manifest = quoting_manifest();
  manifest.product_id = 2;
  manifest.grants = abi::grant::streams | abi::grant::quotes;
  manifest.arguments = {kCommand, "sample"};
  return manifest;
}

Result<int> run_builtin(const image::Manifest& manifest, device::Device& device, host::QuotingService* quoting) {
  const auto built = TRY(image::build({.runtime = builtin_runtime(), .program = builtin_quoting_enclave()}, manifest));
  constexpr u32 kNoDate = 0x19700101;
  const isa::SigStruct to_sign = TRY(image::unsigned_sigstruct_of(built, manifest, kNoDate));
  const auto key = TRY(development_key());
  const isa::SigStruct signature = TRY(image::sign(to_sign, key));
  host::RunOptions options;
  options.quoting = quoting;
  const auto ending = TRY(host::run(device, built.stream.bytes, signature, options));
  ::_exit(ending.status.kind == host::ExitStatus::Kind::exited ? static_cast<int>(ending.status.value) : exit_code::aborted);
}

struct NoOptions {};

/// Serves on the standard streams until they end. Signed with the user's development key and without DEBUG: nobody but this user
/// could change it, and nobody believes it but who trusts this user's root.
Result<int> run_quoting_enclave(const NoOptions&) {
  const auto device = TRY(device::open_soft_device());
  return run_builtin(quoting_manifest(), *device, nullptr);
}

}  // namespace

std::unique_ptr<host::QuotingEnclave> software_quoting_enclave() {
  return std::make_unique<host::QuotingEnclave>(std::vector<std::string>{"/proc/self/exe", kCommand});
}

std::unique_ptr<host::QuotingService> quoting_service(Platform platform) {
  if (platform == Platform::software) return software_quoting_enclave();
  return std::make_unique<host::AesmService>();
}

Result<int> run_quote_sample(OpenDevice opened) {
  const auto quoting = quoting_service(opened.platform);
  return run_builtin(sample_manifest(), *opened.device, quoting.get());
}

void add_quoting_enclave(CLI::App& app, Action& chosen) {
  auto* command = app.add_subcommand(kCommand, "The software SGX's quoting enclave, on standard input and output");
  command->group("");  // not in the help
  choose(*command, chosen, std::make_shared<NoOptions>(), run_quoting_enclave);
}

}  // namespace sgxx::cli
