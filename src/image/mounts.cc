// SPDX-License-Identifier: Apache-2.0
#include "image/mounts.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"

namespace sgxx::image {
namespace {

namespace fs = std::filesystem;

constexpr u32 kReadable = 0444, kReadableExecutable = 0555;

Result<void> add(const fs::path& source, const std::string& path, std::vector<TreeItem>& items);

Result<void> add_folder(const fs::path& source, const std::string& path, std::vector<TreeItem>& items) {
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator entry(source, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  if (error) return bad_input(source.string() + ": cannot read the folder: " + error.message());
  std::sort(names.begin(), names.end());
  for (const fs::path& name : names) TRY(add(source / name, path + "/" + name.string(), items));
  return {};
}

/// What lies at `source` outside, at `path` inside.
Result<void> add(const fs::path& source, const std::string& path, std::vector<TreeItem>& items) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(source, error);
  switch (status.type()) {
    case fs::file_type::regular: {
      const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      items.push_back({.kind = abi::MountKind::file, .path = path, .mode = executable ? kReadableExecutable : kReadable});
      items.back().contents = TRY(read_file(source.string()));
      return {};
    }
    case fs::file_type::directory:
      items.push_back({.kind = abi::MountKind::directory, .path = path, .mode = kReadableExecutable});
      return add_folder(source, path, items);
    case fs::file_type::symlink:
      items.push_back({.kind = abi::MountKind::link, .path = path, .target = fs::read_symlink(source, error).string()});
      if (error || items.back().target.empty()) return bad_input(source.string() + ": cannot read the link");
      return {};
    case fs::file_type::not_found: return bad_input(source.string() + ": cannot read: there is no such file");
    default: return bad_input(source.string() + ": cannot be measured: only files, folders and symbolic links can");
  }
}

/// A folder is a mount of its own; a single file just a file.
Result<void> add_measured(const Mount& mount, std::vector<TreeItem>& items) {
  std::error_code error;
  const fs::path source = fs::canonical(mount.source, error);
  if (error) return bad_input(mount.source + ": cannot read: " + error.message());
  if (!fs::is_directory(source, error)) return add(source, mount.path, items);
  items.push_back({.kind = abi::MountKind::measured, .path = mount.path, .mode = kReadableExecutable});
  return add_folder(source, mount.path, items);
}

}  // namespace

Result<std::vector<TreeItem>> read_tree(const std::vector<Mount>& mounts) {
  std::vector<TreeItem> items;
  for (const Mount& mount : mounts) {
    switch (mount.type) {
      case Mount::Type::tmpfs: items.push_back({.kind = abi::MountKind::memory, .path = mount.path, .size = mount.size}); break;
      case Mount::Type::measured: TRY(add_measured(mount, items)); break;
    }
  }
  return items;
}

}  // namespace sgxx::image
