// SPDX-License-Identifier: Apache-2.0
//
// Commands about a volume as a whole: keygen, create, rewrap, info, check.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/hex.h"
#include "cli/volume/commands.h"
#include "cli/volume/key_file.h"
#include "cli/volume/opened.h"
#include "image/manifest.h"

namespace sgxx::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(volume::SlotKind kind) {
  switch (kind) {
    case volume::SlotKind::empty: return "none";
    case volume::SlotKind::provisioned: return "provisioned";
    case volume::SlotKind::enclave: return "enclave";
    case volume::SlotKind::signer: return "signer";
  }
  return "unknown";
}

std::vector<std::string> keys_of(const volume::Header& header) {
  std::vector<std::string> names;
  for (const auto& slot : header.slots) {
    if (slot.kind != volume::SlotKind::empty) names.push_back(name_of(slot.kind));
  }
  return names;
}

Json json_of(const volume::Anchor& anchor) {
  if (anchor.generation == 0) return nullptr;
  return {{"generation", anchor.generation}, {"state", hex(anchor.state)}};
}

std::string text_of(const volume::Anchor& anchor) {
  return anchor.generation == 0 ? "never" : fmt::format("generation {}, state {}", anchor.generation, hex(anchor.state));
}

Json info_of(const volume::Header& header) {
  return {
      {"format", header.version}, {"id", hex(header.id)}, {"header_generation", header.generation}, {"keys", keys_of(header)}};
}

void add_state(Json& json, const volume::VolumeInfo& info) {
  json["state"] = json_of(info.anchor);
  json["anchored"] = json_of(info.anchored);
  json["bytes"] = info.block_count * volume::kBlockSize;
  json["used_bytes"] = info.used_blocks * volume::kBlockSize;
  json["most_bytes"] = info.most_blocks * volume::kBlockSize;
  json["objects"] = info.objects;
}

void print_state(const volume::VolumeInfo& info) {
  constexpr double kMiB = 1 << 20;
  const auto mebibytes = [&](u64 blocks) { return static_cast<double>(blocks * volume::kBlockSize) / kMiB; };
  fmt::print("state      {}\nanchored   {}\n", text_of(info.anchor), text_of(info.anchored));
  fmt::print("used       {:.1f} MiB of {:.1f} on disk, {:.0f} at most\n", mebibytes(info.used_blocks),
             mebibytes(info.block_count), mebibytes(info.most_blocks));
  fmt::print("objects    {}\n", info.objects);
}

int report(const volume::FileTree::Report& found, bool as_json) {
  if (as_json) {
    const Json json = {{"sound", found.problems.empty()},
                       {"files", found.files},
                       {"directories", found.directories},
                       {"links", found.links},
                       {"bytes", found.bytes},
                       {"problems", found.problems}};
    fmt::print("{}\n", json.dump(2, ' ', true, Json::error_handler_t::replace));
  } else {
    for (const auto& problem : found.problems) fmt::print("{}\n", problem);
    fmt::print("{}: {} files, {} directories, {} symbolic links, {} bytes\n",
               found.problems.empty() ? "sound" : fmt::format("{} problems", found.problems.size()), found.files,
               found.directories, found.links, found.bytes);
  }
  return found.problems.empty() ? exit_code::ok : exit_code::refused;
}

}  // namespace

Result<int> volume_keygen(const VolumeCommandOptions& options) {
  TRY(make_key_file(options.key_file, options.hexadecimal ? KeyForm::hexadecimal : KeyForm::bytes));
  return exit_code::ok;
}

Result<int> volume_create(const VolumeCommandOptions& options) {
  u64 most = 0;
  if (!options.size.empty()) {
    const auto size = image::parse_size(options.size);
    if (!size || *size < kLeastVolume || *size > kMostVolume || *size % volume::kBlockSize != 0) {
      return bad_input(fmt::format("--size: expected one from 1MiB to 1TiB, a multiple of 4096, not {}", options.size));
    }
    most = *size;
  }
  const auto secret = TRY(read_key_file(options.key_file));
  const auto id = TRY(make_volume(options.folder, secret, most));
  fmt::print("{}\n", hex(id));
  return exit_code::ok;
}

Result<int> volume_rewrap(const VolumeCommandOptions& options) {
  const auto secret = TRY(read_key_file(options.new_key_file));
  const auto opened = TRY(open_volume(options.folder, options.key_file, Open::to_write));
  const volume::KeySlotRequest slots[] = {{.kind = volume::SlotKind::provisioned, .sealing = {}, .secret = secret.bytes()}};
  TRY(lifted(opened.volume->rewrap(slots), volume_file_of(options.folder)));
  return exit_code::ok;
}

Result<int> volume_info(const VolumeCommandOptions& options) {
  const auto header = TRY(read_volume_header(options.folder));
  Json json = info_of(header);
  std::optional<OpenedVolume> opened;
  if (!options.key_file.empty()) opened = TRY(open_volume(options.folder, options.key_file, Open::to_read));
  if (options.json) {
    if (opened) add_state(json, opened->volume->info());
    fmt::print("{}\n", json.dump(2));
    return exit_code::ok;
  }
  fmt::print("id         {}\nformat     {}\nkeys       {}\n", hex(header.id), header.version, fmt::join(keys_of(header), ", "));
  if (opened) print_state(opened->volume->info());
  return exit_code::ok;
}

Result<int> volume_check(const VolumeCommandOptions& options) {
  const auto secret = TRY(read_key_file(options.key_file));
  auto opened = try_open_volume(options.folder, secret, Open::to_read);
  if (!opened && !opened.error().damaged) return Failure{std::move(opened.error().error)};
  volume::FileTree::Report found;
  if (opened) {
    found = TRY(opened->tree->check());
  } else {
    found.problems.push_back(opened.error().error.message());
  }
  opened = Failure{OpeningFailure{Error(ErrorKind::bad_input, ""), false}};  // also ends the line of progress
  return report(found, options.json);
}

}  // namespace sgxx::cli
