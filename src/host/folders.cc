// SPDX-License-Identifier: Apache-2.0
#include "host/folders.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "abi/mount.h"

namespace sgxx::host {

std::vector<Folder> folders_in(ByteView records) {
  constexpr u32 kWritable = 0222;
  std::vector<Folder> folders;
  for (u64 at = 0; at < records.size();) {
    const auto record = read_at<abi::MountRecord>(records, at);
    if (!record) break;
    at += sizeof(*record);
    const u64 strings = u64{record->path_length} + record->target_length + record->freshness_file_length;
    if (!fits(at, record->strings_length, records.size()) || strings > record->strings_length) break;
    const bool is_volume = record->kind == static_cast<u32>(abi::MountKind::encrypted);
    if (is_volume || record->kind == static_cast<u32>(abi::MountKind::host)) {
      const auto* text = reinterpret_cast<const char*>(records.data() + at);
      folders.push_back({std::string(text, record->path_length), std::string(text + record->path_length, record->target_length),
                         (record->mode & kWritable) == 0, is_volume});
      const std::string file(text + record->path_length + record->target_length, record->freshness_file_length);
      if (is_volume && !file.empty()) {
        const std::filesystem::path folder = std::filesystem::path(file).parent_path();
        // No path of a mount has a space at its end: nothing moves this one elsewhere.
        folders.push_back({folders.back().path + " ", folder.empty() ? "." : folder.string(), false});
      }
    }
    at += record->strings_length;
  }
  return folders;
}

Result<void> open_folders(std::vector<Folder>& folders, const std::map<std::string, std::string>& elsewhere) {
  for (const auto& [path, source] : elsewhere) {
    const auto found = std::find_if(folders.begin(), folders.end(), [&](const Folder& folder) { return folder.path == path; });
    if (found == folders.end())
      return bad_input("--mount " + path + ": the manifest has no mount of type \"host\" or \"encrypted\" at this path");
    found->source = source;
  }
  for (Folder& folder : folders) {
    folder.descriptor = ::open(folder.source.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder.descriptor < 0)
      return system_error("cannot open the folder " + folder.source + " for the mount at " + folder.path);
  }
  return {};
}

}  // namespace sgxx::host
