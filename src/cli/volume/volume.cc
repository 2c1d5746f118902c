// SPDX-License-Identifier: Apache-2.0
//
// `sgxx volume`: encrypted volumes (docs/volumes.md) from outside of an enclave, for who has their key.
#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/volume/commands.h"

namespace sgxx::cli {
namespace {

using Options = VolumeCommandOptions;

constexpr auto kFooter =
    R"(A volume is one file, `volume`, in a folder of its own. Its key is a file: 32 bytes, or 64 hexadecimal digits.
None of these commands asks a freshness service: what they show is whole, and may be an older state (docs/volumes.md).

Examples:
  sgxx volume keygen volume.key
  sgxx volume create notes --key-file volume.key
  sgxx volume cp -r ./data notes:/data --key-file volume.key
  sgxx volume ls notes /data --key-file volume.key
  sgxx volume check notes --key-file volume.key

Exit codes: 1 check has found something; 2 wrong command line; 125 not a volume, another key, no such file; 126 the disk failed.)";

CLI::App* add(CLI::App& volume, Action& chosen, std::shared_ptr<Options> options, const char* name, const char* what,
              Result<int> (*run)(const Options&)) {
  auto* command = volume.add_subcommand(name, what);
  choose(*command, chosen, options, run);
  return command;
}

void add_folder(CLI::App& command, Options& options) {
  command.add_option("folder", options.folder, "The volume's folder")->required()->type_name("FOLDER");
}
CLI::Option* add_key(CLI::App& command, Options& options) {
  return command.add_option("--key-file", options.key_file, "The volume's key")->type_name("FILE");
}
void add_json(CLI::App& command, Options& options) { command.add_flag("--json", options.json, "For scripts"); }

void add_making(CLI::App& volume, Action& chosen, const std::shared_ptr<Options>& options) {
  auto* keygen = add(volume, chosen, options, "keygen", "Make a key", volume_keygen);
  keygen->add_option("file", options->key_file, "Where to write it (mode 0600)")->required()->type_name("FILE");
  keygen->add_flag("--hex", options->hexadecimal, "As 64 hexadecimal digits");
  auto* create = add(volume, chosen, options, "create", "Make an empty volume", volume_create);
  add_folder(*create, *options);
  add_key(*create, *options)->required();
  create->add_option("--size", options->size, "What it may grow to, such as 64GiB (default: 1 TiB)")->type_name("SIZE");
  auto* rewrap = add(volume, chosen, options, "rewrap", "Give a volume another key; nothing is encrypted anew", volume_rewrap);
  add_folder(*rewrap, *options);
  add_key(*rewrap, *options)->required();
  rewrap->add_option("--new-key-file", options->new_key_file, "The key that opens it from now on, alone")
      ->required()
      ->type_name("FILE");
  rewrap->footer("An old copy of the volume still opens with the old key.");
}

void add_looking(CLI::App& volume, Action& chosen, const std::shared_ptr<Options>& options) {
  auto* info = add(volume, chosen, options, "info", "What a volume is; with its key, in which state", volume_info);
  add_folder(*info, *options);
  add_key(*info, *options);
  add_json(*info, *options);
  auto* check = add(volume, chosen, options, "check", "Read and verify everything", volume_check);
  add_folder(*check, *options);
  add_key(*check, *options)->required();
  add_json(*check, *options);
  auto* ls = add(volume, chosen, options, "ls", "List files", volume_ls);
  add_folder(*ls, *options);
  ls->add_option("path", options->path, "In the volume (default: /)");
  add_key(*ls, *options)->required();
  ls->add_flag("-R,--recursive", options->recursive, "All that lies below, too");
  add_json(*ls, *options);
}

void add_copying(CLI::App& volume, Action& chosen, const std::shared_ptr<Options>& options) {
  auto* cp = add(volume, chosen, options, "cp", "Copy files into a volume, or out of it", volume_cp);
  cp->add_option("from", options->from, "FOLDER:/PATH in a volume, or a file")->required();
  cp->add_option("to", options->to, "FOLDER:/PATH in a volume, or a file")->required();
  add_key(*cp, *options)->required();
  cp->add_flag("-r,--recursive", options->recursive, "Directories with all that lies below");
  cp->footer(
      R"(One of the two is in a volume. An existing directory as the destination takes the copy in. Permissions and the time of the last
change are copied, symbolic links as links with -r. What is copied in becomes the program's (user 1000), all at once when all is there.
A volume that a freshness service keeps can be copied out of, not into.)");
}

}  // namespace

void add_volume(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<Options>();
  auto* volume = app.add_subcommand("volume", "Make, look into, check and fill encrypted volumes");
  volume->require_subcommand(1);
  volume->footer(kFooter);
  add_making(*volume, chosen, options);
  add_looking(*volume, chosen, options);
  add_copying(*volume, chosen, options);
}

}  // namespace sgxx::cli
