// SPDX-License-Identifier: Apache-2.0
//
// The manifest's [[mount]] tables.
#include <algorithm>
#include <iterator>

#include "image/manifest_value.h"

namespace sgxx::image {
namespace {

constexpr u64 kLargestTmpfs = u64{1} << 36;
constexpr u64 kSmallestVolume = u64{1} << 20, kLargestVolume = u64{1} << 50;
constexpr u64 kSmallestCache = u64{1} << 20, kLargestCache = u64{1} << 36;
constexpr u64 kLongestSource = 4095;

/// A word of the manifest and what it stands for.
template <class T>
struct Word {
  std::string_view name;
  T value;
};
constexpr Word<Mount::Type> kTypes[] = {{"tmpfs", Mount::Type::tmpfs},
                                        {"measured", Mount::Type::measured},
                                        {"host", Mount::Type::host},
                                        {"encrypted", Mount::Type::encrypted}};
constexpr Word<abi::VolumeKey> kVolumeKeys[] = {
    {"enclave", abi::VolumeKey::enclave}, {"signer", abi::VolumeKey::signer}, {"program", abi::VolumeKey::program}};
constexpr Word<abi::VolumeFreshness> kFreshness[] = {
    {"none", abi::VolumeFreshness::none}, {"file", abi::VolumeFreshness::file}, {"program", abi::VolumeFreshness::program}};

template <class T, size_t count>
Read<T> read_word(std::string_view key, const toml::node& node, const Word<T> (&words)[count]) {
  const auto text = node.value_exact<std::string_view>();
  std::string known;
  for (const Word<T>& word : words) {
    if (text && word.name == *text) return word.value;
    known += (known.empty() ? "\"" : ", \"") + std::string(word.name) + "\"";
  }
  return expected(std::string(key) + " to be one of " + known, &node);
}

/// A value inside a mount: its message names the key.
template <class T>
Read<T> within(std::string_view key, const toml::node& node, Read<T> value) {
  if (value) return value;
  return expected(std::string(key) + " to be " + value.error().text, &node);
}

Read<std::string> read_outer_path(std::string_view key, const toml::node& node, std::string_view what) {
  std::string path = TRY(within(key, node, read_text(node, what)));
  if (path.size() > kLongestSource) return expected(std::string(key) + " to be a path of at most 4095 characters", &node);
  return path;
}

/// The keys of every mount, and those of volumes alone.
constexpr std::string_view kNames[] = {"type", "path", "size", "source", "read_only"};
constexpr std::string_view kVolumeNames[] = {"key", "freshness", "freshness_file", "cache", "create"};

Read<void> read_volume_key(std::string_view key, const toml::node& node, Mount& mount) {
  if (key == "key") {
    mount.key = TRY(read_word(key, node, kVolumeKeys));
  } else if (key == "freshness") {
    mount.freshness = TRY(read_word(key, node, kFreshness));
  } else if (key == "freshness_file") {
    mount.freshness_file = TRY(read_outer_path(key, node, "the path of a file of the machine that the enclave runs on"));
  } else if (key == "cache") {
    mount.cache = TRY(within(key, node, read_size(node, kSmallestCache, kLargestCache)));
  } else {
    mount.create = TRY(within(key, node, read_boolean(node)));
  }
  return {};
}

Read<void> read_mount_key(std::string_view key, const toml::node& node, Mount& mount) {
  if (key == "type") {
    mount.type = TRY(read_word(key, node, kTypes));
  } else if (key == "path") {
    mount.path = TRY(within(key, node, read_inner_path(node)));
  } else if (key == "size") {
    mount.size = TRY(within(key, node, read_size(node, kPageSize, kLargestVolume)));
  } else if (key == "source") {
    mount.source = TRY(read_outer_path(key, node, "the path of a file or folder, relative to the manifest's folder"));
  } else if (key == "read_only") {
    mount.read_only = TRY(within(key, node, read_boolean(node)));
  } else if (std::find(std::begin(kVolumeNames), std::end(kVolumeNames), key) != std::end(kVolumeNames)) {
    return read_volume_key(key, node, mount);
  } else {
    std::vector<std::string_view> names(std::begin(kNames), std::end(kNames));
    names.insert(names.end(), std::begin(kVolumeNames), std::end(kVolumeNames));
    const auto nearest = nearest_name(key, names);
    return expected(
        "the keys type, path, size, source and read_only, and in an encrypted volume key, freshness, freshness_file, "
        "cache and create, not " +
            std::string(key) + (nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?"),
        &node);
  }
  return {};
}

/// Keys that are there need the type that they belong to.
Read<void> check_keys(const toml::table& table, const Mount& mount) {
  using Type = Mount::Type;
  if (const auto* size = table.get("size")) {
    if (mount.type == Type::tmpfs && mount.size > kLargestTmpfs) return expected("size to be at most 64 GiB in a tmpfs", size);
    if (mount.type == Type::encrypted && mount.size < kSmallestVolume) {
      return expected("size to be at least 1 MiB in an encrypted volume", size);
    }
    if (mount.type != Type::tmpfs && mount.type != Type::encrypted)
      return expected("size only in a tmpfs or an encrypted volume", size);
  }
  for (const std::string_view name : kVolumeNames) {
    const auto* node = table.get(name);
    if (node != nullptr && mount.type != Type::encrypted) {
      return expected(std::string(name) + " only in a mount of type \"encrypted\"", node);
    }
  }
  if (mount.type != Type::host && mount.read_only) return expected("read_only only in a mount of type \"host\"", &table);
  return {};
}

Read<Mount> read_mount(const toml::node& item) {
  const auto* table = item.as_table();
  if (table == nullptr) return expected("[[mount]] tables with type and path", &item);
  Mount mount;
  for (const auto& [key, value] : *table) TRY(read_mount_key(key.str(), value, mount));
  if (!table->contains("type") || mount.path.empty()) return expected("type and path in each mount", &item);
  TRY(check_keys(*table, mount));
  if (mount.type == Mount::Type::measured && mount.source.empty()) return expected("a source: the file or folder outside", &item);
  if (mount.type == Mount::Type::host && mount.source.empty()) return expected("a source: the folder outside", &item);
  if (mount.type == Mount::Type::encrypted && mount.source.empty()) {
    return expected("a source: the folder outside that holds the volume", &item);
  }
  if ((mount.freshness == abi::VolumeFreshness::file) != !mount.freshness_file.empty()) {
    return expected("freshness_file with freshness = \"file\", and only then", &item);
  }
  return mount;
}

}  // namespace

Read<std::vector<Mount>> read_mounts(const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr) return expected("[[mount]] tables with type and path");
  std::vector<Mount> mounts;
  for (const auto& item : *list) {
    mounts.push_back(TRY(read_mount(item)));
    const auto same = [&](const Mount& other) { return other.path == mounts.back().path; };
    if (std::any_of(mounts.begin(), mounts.end() - 1, same))
      return expected("each path once, not two mounts at " + mounts.back().path, &item);
  }
  // What lies above comes first.
  std::sort(mounts.begin(), mounts.end(), [](const Mount& one, const Mount& other) { return one.path < other.path; });
  for (const Mount& mount : mounts) {
    if (const Mount* const above = host_folder_above(mounts, mount.path)) {
      const bool is_volume = above->type == Mount::Type::encrypted;
      return expected("no mount within " + std::string(is_volume ? "an encrypted volume" : "a folder of the host's") + ": " +
                      mount.path + " lies in " + above->path);
    }
  }
  return mounts;
}

}  // namespace sgxx::image
