// SPDX-License-Identifier: Apache-2.0
//
// `sgxx measure`: MRENCLAVE, computed anew and believed from nowhere.
#include <fmt/format.h>

#include "cli/hex.h"
#include "cli/subject.h"

namespace sgxx::cli {
namespace {

struct MeasureOptions {
  std::string input;
  BuildOptions build;
};

Result<int> measure(const MeasureOptions& options) {
  auto subject = TRY(load_subject(options.input, options.build));
  auto measurement = image::measure_stream(subject.stream);
  if (!measurement) return Failure{std::move(measurement.error()).with_context(options.input)};
  fmt::print("{}  {}\n", hex(*measurement), options.input);
  if (subject.sigstruct && subject.sigstruct->enclave_hash != *measurement) {
    return bad_input(fmt::format("{}: its signature is for another enclave, {}; pack it again", options.input,
                                 hex(subject.sigstruct->enclave_hash)));
  }
  return exit_code::ok;
}

}  // namespace

void add_measure(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<MeasureOptions>();
  auto* command = app.add_subcommand("measure", "Print MRENCLAVE of an image, an SGX stream or a program");
  command->add_option("file", options->input, "An image, a plain stream, or a program to pack in memory")->required();
  add_build_options(*command, options->build);
  command->footer(R"(For a stream in which everything is measured this is its SHA-256: sha256sum agrees.

Examples:
  sgxx measure app.sgx
  sgxx measure app --manifest app.toml)");
  choose(*command, chosen, options, measure);
}

}  // namespace sgxx::cli
