// SPDX-License-Identifier: Apache-2.0
#include "image/mounts.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/file.h"

namespace sgxx::image {
namespace {

namespace fs = std::filesystem;

constexpr u32 kReadable = 0444, kExecutable = 0111, kWritable = 0200;

/// Collects what lies outside; `extra`: permissions beyond those to read.
class Collector {
 public:
  explicit Collector(u32 extra) : extra_(extra) {}
  /// What lies at `source` outside, at `path` inside.
  Result<void> add(const fs::path& source, const std::string& path);
  Result<void> add_folder(const fs::path& source, const std::string& path);
  std::vector<TreeItem> take() { return std::move(items_); }

 private:
  u32 extra_;
  std::vector<TreeItem> items_;
};

Result<void> Collector::add_folder(const fs::path& source, const std::string& path) {
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator entry(source, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  if (error) return bad_input(source.string() + ": cannot read the folder: " + error.message());
  std::sort(names.begin(), names.end());
  for (const fs::path& name : names) TRY(add(source / name, path + "/" + name.string()));
  return {};
}

Result<void> Collector::add(const fs::path& source, const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(source, error);
  switch (status.type()) {
    case fs::file_type::regular: {
      const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      items_.push_back({.kind = abi::MountKind::file, .path = path, .mode = kReadable | extra_ | (executable ? kExecutable : 0)});
      items_.back().contents = TRY(read_file(source.string()));
      return {};
    }
    case fs::file_type::directory:
      items_.push_back({.kind = abi::MountKind::directory, .path = path, .mode = kReadable | kExecutable | extra_});
      return add_folder(source, path);
    case fs::file_type::symlink:
      items_.push_back({.kind = abi::MountKind::link, .path = path, .target = fs::read_symlink(source, error).string()});
      if (error || items_.back().target.empty()) return bad_input(source.string() + ": cannot read the link");
      return {};
    case fs::file_type::not_found: return bad_input(source.string() + ": cannot read: there is no such file");
    default: return bad_input(source.string() + ": cannot be measured: only files, folders and symbolic links can");
  }
}

void append(std::vector<TreeItem>& items, std::vector<TreeItem> more) {
  items.insert(items.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// A folder is a mount of its own; a single file just a file.
Result<void> add_measured(const Mount& mount, std::vector<TreeItem>& items) {
  std::error_code error;
  const fs::path source = fs::canonical(mount.source, error);
  if (error) return bad_input(mount.source + ": cannot read: " + error.message());
  Collector collector(0);
  if (!fs::is_directory(source, error)) {
    TRY(collector.add(source, mount.path));
  } else {
    items.push_back({.kind = abi::MountKind::measured, .path = mount.path, .mode = kReadable | kExecutable});
    TRY(collector.add_folder(source, mount.path));
  }
  append(items, collector.take());
  return {};
}

Result<void> add_tmpfs(const Mount& mount, std::vector<TreeItem>& items) {
  items.push_back({.kind = abi::MountKind::memory, .path = mount.path, .size = mount.size});
  if (mount.source.empty()) return {};
  Collector collector(kWritable);
  TRY(collector.add_folder(mount.source, mount.path));
  append(items, collector.take());
  return {};
}

}  // namespace

const Mount* host_folder_above(std::span<const Mount> mounts, std::string_view path) {
  const auto found = std::find_if(mounts.begin(), mounts.end(), [path](const Mount& mount) {
    const bool is_outside = mount.type == Mount::Type::host || mount.type == Mount::Type::encrypted;
    return is_outside && path.starts_with(mount.path + "/");
  });
  return found == mounts.end() ? nullptr : &*found;
}

Result<std::vector<TreeItem>> read_tree(const std::vector<Mount>& mounts, const std::string& working_directory) {
  std::vector<TreeItem> items;
  for (const Mount& mount : mounts) {
    switch (mount.type) {
      case Mount::Type::tmpfs: TRY(add_tmpfs(mount, items)); break;
      case Mount::Type::measured: TRY(add_measured(mount, items)); break;
      case Mount::Type::host:
        items.push_back({.kind = abi::MountKind::host,
                         .path = mount.path,
                         .target = mount.source,
                         .mode = kReadable | kExecutable | (mount.read_only ? 0 : kWritable)});
        break;
      case Mount::Type::encrypted:
        items.push_back({.kind = abi::MountKind::encrypted,
                         .path = mount.path,
                         .target = mount.source,
                         .mode = kReadable | kExecutable | kWritable,
                         .size = mount.size,
                         .key = mount.key,
                         .freshness = mount.freshness,
                         .freshness_file = mount.freshness_file,
                         .cache = mount.cache,
                         .create = mount.create});
        break;
    }
  }
  if (!working_directory.empty()) items.push_back({.kind = abi::MountKind::working_directory, .path = working_directory});
  return items;
}

}  // namespace sgxx::image
