// SPDX-License-Identifier: Apache-2.0
//
// `sgxx keygen`: a key that signs enclaves.
#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "cli/command.h"
#include "cli/hex.h"
#include "cli/keys.h"

namespace sgxx::cli {
namespace {

struct KeygenOptions {
  std::string output;
  bool force = false;
};

Result<int> keygen(const KeygenOptions& options) {
  std::error_code error;
  if (!options.force && std::filesystem::exists(options.output, error)) {
    return bad_input(options.output + ": exists already; give another name, or --force to replace it");
  }
  auto key = TRY(image::SigningKey::generate());
  TRY(write_key(options.output, key));
  fmt::print("MRSIGNER {}\n", hex(image::mr_signer_of(key.modulus())));
  return exit_code::ok;
}

}  // namespace

void add_keygen(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<KeygenOptions>();
  auto* command = app.add_subcommand("keygen", "Make a key that signs enclaves (RSA-3072, e = 3)");
  command->add_option("key", options->output, "Where to write the private key (PEM, mode 0600)")->required();
  command->add_flag("--force", options->force, "Replace an existing file");
  command->footer(
      R"(Prints MRSIGNER, the identity that enclaves signed with this key have. Whoever holds the key can make enclaves that read what
yours have sealed: for production keep it in a hardware security module and sign in two steps (sgxx sign --help).

Examples:
  sgxx keygen release.pem
  openssl rsa -in release.pem -pubout -out release.pub.pem)");
  choose(*command, chosen, options, keygen);
}

}  // namespace sgxx::cli
