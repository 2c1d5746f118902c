// SPDX-License-Identifier: Apache-2.0
#include "image/blob.h"

#include <string>

namespace sgxx::image {
namespace {

constexpr u64 kDataAlignment = 64;  // so that programs may overlay what they like

// Appends the strings and returns how many bytes they take.
u64 append_strings(std::vector<u8>& blob, const std::vector<std::string>& strings) {
  const u64 begin = blob.size();
  for (const std::string& text : strings) {
    blob.insert(blob.end(), text.begin(), text.end());
    blob.push_back(0);
  }
  return blob.size() - begin;
}

/// The contents of all files first, so that the records lie in one piece behind them.
void append_tree(std::vector<u8>& blob, std::span<const TreeItem> tree, abi::EnclaveConfig& config) {
  std::vector<u8> records;
  for (const TreeItem& item : tree) {
    blob.resize(align_up(blob.size(), kDataAlignment));
    abi::MountRecord record{};
    record.kind = static_cast<u32>(item.kind);
    record.mode = item.mode;
    record.size = item.size;
    record.data = blob.size();
    record.data_length = item.contents.size();
    record.path_length = static_cast<u32>(item.path.size());
    record.target_length = static_cast<u32>(item.target.size());
    record.freshness_file_length = static_cast<u32>(item.freshness_file.size());
    record.strings_length = align_up(item.path.size() + item.target.size() + item.freshness_file.size(), 8);
    record.cache = item.cache;
    record.key = static_cast<u32>(item.key);
    record.freshness = static_cast<u32>(item.freshness);
    record.flags = item.create ? abi::mount_flag::create : 0;
    blob.insert(blob.end(), item.contents.begin(), item.contents.end());
    const auto bytes = as_bytes_of(record);
    records.insert(records.end(), bytes.begin(), bytes.end());
    const size_t strings = records.size();
    records.insert(records.end(), item.path.begin(), item.path.end());
    records.insert(records.end(), item.target.begin(), item.target.end());
    records.insert(records.end(), item.freshness_file.begin(), item.freshness_file.end());
    records.resize(strings + record.strings_length);
  }
  config.mounts = config.mounts_length = 0;
  if (tree.empty()) return;
  blob.resize(align_up(blob.size(), kDataAlignment));
  config.mounts = blob.size();
  config.mounts_length = records.size();
  blob.insert(blob.end(), records.begin(), records.end());
}

}  // namespace

std::vector<u8> make_blob(const Manifest& manifest, std::span<const TreeItem> tree, ByteView measured_data,
                          abi::EnclaveConfig& config) {
  std::vector<u8> blob;
  config.environment = 0;
  config.environment_length = append_strings(blob, manifest.environment);
  config.environment_count = static_cast<u32>(manifest.environment.size());
  config.arguments = blob.size();
  config.arguments_length = 0;
  config.argument_count = 0;
  if (manifest.arguments_from_manifest) {
    config.flags |= abi::config_flag::arguments_from_manifest;
    config.arguments_length = append_strings(blob, manifest.arguments);
    config.argument_count = static_cast<u32>(manifest.arguments.size());
  }
  append_tree(blob, tree, config);
  config.measured_data = 0;
  config.measured_data_length = 0;
  extend_blob(blob, measured_data, config);
  return blob;
}

void extend_blob(std::vector<u8>& blob, ByteView more, abi::EnclaveConfig& config) {
  if (more.empty()) return;
  if (config.measured_data_length == 0) {
    blob.resize(align_up(blob.size(), kDataAlignment));
    config.measured_data = blob.size();
  } else {
    blob.resize(config.measured_data + config.measured_data_length);
  }
  blob.insert(blob.end(), more.begin(), more.end());
  config.measured_data_length += more.size();
}

}  // namespace sgxx::image
