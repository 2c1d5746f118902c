// SPDX-License-Identifier: Apache-2.0
//
// `sgxx volume ls`.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/volume/commands.h"
#include "cli/volume/opened.h"

namespace sgxx::cli {
namespace {

using Json = nlohmann::ordered_json;
using volume::FileTree;

constexpr i64 kNanoseconds = 1'000'000'000;

char kind_of(u32 mode) {
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'l';
  return S_ISREG(mode) ? '-' : '?';
}

/// "-rw-r--r--", without set-user-id and the like, which do not exist inside.
std::string mode_text(u32 mode) {
  std::string text(1, kind_of(mode));
  for (int bit = 8; bit >= 0; --bit) text += (mode >> bit & 1) != 0 ? "xwr"[bit % 3] : '-';
  return text;
}

/// A name of the volume's on a terminal: no control characters.
std::string shown(std::string text) {
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < ' ' || letter == 0x7f) letter = '?';
  }
  return text;
}

std::string time_text(i64 nanoseconds) {
  std::time_t seconds = nanoseconds / kNanoseconds;
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "-";
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return text.data();
}

Result<std::string> target_of(FileTree& tree, const FileTree::Entry& entry) {
  if (!S_ISLNK(entry.record.mode)) return std::string();
  std::vector<u8> bytes(entry.record.size);
  TRY(tree.read(entry.object, 0, bytes));
  return std::string(bytes.begin(), bytes.end());
}

class Lister {
 public:
  Lister(FileTree& tree, const VolumeCommandOptions& options) : tree_(tree), options_(options) {}

  /// `prefix` stands in front of names: what lies between the path that was given and them.
  Result<void> list(const std::string& path, const std::string& prefix) {
    for (const auto& entry : TRY(tree_.list(path))) {
      TRY(add(entry, prefix + entry.name));
      if (options_.recursive && S_ISDIR(entry.record.mode)) TRY(list(path + "/" + entry.name, prefix + entry.name + "/"));
    }
    return {};
  }

  Result<void> add(const FileTree::Entry& entry, const std::string& name) {
    const auto target = TRY(target_of(tree_, entry));
    if (options_.json) {
      Json one = {{"name", name},
                  {"type", type_of(entry.record.mode)},
                  {"mode", entry.record.mode & 07777},
                  {"user", entry.record.user},
                  {"group", entry.record.group},
                  {"links", entry.record.links},
                  {"size", entry.record.size},
                  {"modified_ns", entry.record.modified},
                  {"object", entry.object}};
      if (!target.empty()) one["target"] = target;
      json_.push_back(std::move(one));
    } else {
      fmt::print("{} {:3} {:12} {} {}{}\n", mode_text(entry.record.mode), entry.record.links, entry.record.size,
                 time_text(entry.record.modified), shown(name), target.empty() ? "" : " -> " + shown(target));
    }
    return {};
  }

  void finish() const {
    if (options_.json) fmt::print("{}\n", json_.dump(2, ' ', true, Json::error_handler_t::replace));
  }

 private:
  static const char* type_of(u32 mode) {
    return S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "link" : S_ISREG(mode) ? "file" : "other";
  }

  FileTree& tree_;
  const VolumeCommandOptions& options_;
  Json json_ = Json::array();
};

}  // namespace

Result<int> volume_ls(const VolumeCommandOptions& options) {
  const auto opened = TRY(open_volume(options.folder, options.key_file, Open::to_read));
  const auto entry = TRY(opened.tree->look_up(options.path));
  Lister lister(*opened.tree, options);
  if (S_ISDIR(entry.record.mode)) {
    TRY(lister.list(options.path, ""));
  } else {
    TRY(lister.add(entry, entry.name));
  }
  lister.finish();
  return exit_code::ok;
}

}  // namespace sgxx::cli
