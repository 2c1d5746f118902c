// SPDX-License-Identifier: Apache-2.0
//
// `sgxx pack`: a program becomes an image file, or an image that is packed already gets more data.
#include <fmt/format.h>

#include "base/file.h"
#include "cli/hex.h"
#include "cli/keys.h"
#include "cli/subject.h"
#include "image/data.h"
#include "image/pandora.h"
#include "image/sigstruct.h"

namespace sgxx::cli {
namespace {

struct PackOptions {
  std::string input;
  std::string output;
  std::string key;
  std::string split;
  std::string dump;
  BuildOptions build;
};

/// Data goes behind what an image has; only then is it measured anew, so an existing signature is dropped.
Result<Subject> append(const PackOptions& options, ByteView file) {
  auto rest = options.build;
  rest.measured_data.clear();
  rest.unmeasured_data.clear();
  if (auto given = rest.first_given(); !given.empty()) {
    return bad_input(
        fmt::format("{}: is packed already: {} is for programs; pack the program again with it", options.input, given));
  }
  auto view = TRY(image::read_image(file));
  std::vector<u8> measured, unmeasured;
  if (!options.build.measured_data.empty()) measured = TRY(read_file(options.build.measured_data));
  if (!options.build.unmeasured_data.empty()) unmeasured = TRY(read_file(options.build.unmeasured_data));
  auto stream = TRY(image::append_data(view.stream, {.measured = measured, .unmeasured = unmeasured}));
  auto sigstruct = view.sigstruct;
  if (sigstruct) {
    sigstruct->enclave_hash = stream.mr_enclave;
    sigstruct->modulus = sigstruct->signature = sigstruct->q1 = sigstruct->q2 = {};
  }
  Subject subject;
  subject.packed = std::move(stream.bytes);
  subject.stream = subject.packed;
  subject.sigstruct = sigstruct;
  subject.notes = view.notes;
  return subject;
}

Result<int> pack(const PackOptions& options) {
  auto file = TRY(read_file(options.input));
  auto subject = image::is_image(file) ? append(options, file) : pack_program(file, options.build, ForceDebug::no);
  if (!subject) return Failure{std::move(subject.error()).with_context(options.input)};
  if (!options.key.empty()) {
    auto key = TRY(read_key(options.key));
    if (!subject->sigstruct) return bad_input(options.input + ": a plain stream says nothing about attributes to sign");
    subject->sigstruct = TRY(image::sign(*subject->sigstruct, key));
  }
  TRY(write_file(options.output, image::write_image(subject->stream, subject->sigstruct, subject->notes)));
  if (!options.split.empty()) TRY(write_file(options.split, subject->stream));
  if (!options.dump.empty()) {
    if (!subject->sigstruct) return bad_input(options.input + ": a plain stream says nothing about attributes to dump");
    TRY(image::write_pandora_dump(subject->stream, subject->sigstruct->attributes, subject->sigstruct->misc_select,
                                  options.dump));
  }
  auto measurement = TRY(image::measure_stream(subject->stream));
  fmt::print("MRENCLAVE {}\n", hex(measurement));
  return exit_code::ok;
}

}  // namespace

void add_pack(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<PackOptions>();
  auto* command = app.add_subcommand("pack", "Make an image file from a program");
  command->add_option("program", options->input, "A static-PIE (sgxx c++), or an image to append data to")->required();
  command->add_option("-o,--output", options->output, "The image file to write")->type_name("FILE")->required();
  command->add_option("--key", options->key, "Sign with this private key at once")->type_name("FILE");
  command->add_option("--split", options->split, "Also write the plain SGX stream: its SHA-256 is MRENCLAVE")->type_name("FILE");
  command->add_option("--pandora-dump", options->dump, "Also write PREFIX.dump and PREFIX.json for outside analysers")
      ->type_name("PREFIX");
  add_build_options(*command, options->build);
  command->footer(R"(The same program, manifest and sgxx give the same bytes on any machine. Prints MRENCLAVE.

Examples:
  sgxx pack app -o app.sgx --manifest app.toml --key release.pem
  sgxx pack app -o app.sgx && sgxx sign app.sgx --key release.pem
  sgxx pack app.sgx -o tuned.sgx --measured-data model.bin)");
  choose(*command, chosen, options, pack);
}

}  // namespace sgxx::cli
