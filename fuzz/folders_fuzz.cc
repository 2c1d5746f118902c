// SPDX-License-Identifier: Apache-2.0
//
// Reads any bytes as the mount records of an image's configuration: what is found of the host's folders lies in the records, in
// their order, and a record that is cut off takes away nothing but itself and what follows.
#include "abi/mount.h"
#include "fuzz/target.h"
#include "host/folders.h"

namespace {

using namespace sgxx;

void require(bool promise) {
  if (!promise) std::abort();
}

void add(std::vector<u8>& to, abi::MountKind kind, std::string_view path, std::string_view target, u32 mode,
         std::string_view freshness_file = {}) {
  abi::MountRecord record{};
  record.kind = static_cast<u32>(kind);
  record.mode = mode;
  record.path_length = static_cast<u32>(path.size());
  record.target_length = static_cast<u32>(target.size());
  record.freshness_file_length = static_cast<u32>(freshness_file.size());
  record.strings_length = align_up(path.size() + target.size() + freshness_file.size(), 8);
  const ByteView head = as_bytes_of(record);
  to.insert(to.end(), head.begin(), head.end());
  to.insert(to.end(), path.begin(), path.end());
  to.insert(to.end(), target.begin(), target.end());
  to.insert(to.end(), freshness_file.begin(), freshness_file.end());
  to.resize(align_up(to.size(), 8));
}

bool same(const host::Folder& one, const host::Folder& other) {
  return one.path == other.path && one.source == other.source && one.read_only == other.read_only &&
         one.holds_volume == other.holds_volume;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView records(data, size);
  const std::vector<host::Folder> folders = host::folders_in(records);
  // A volume's freshness file brings a second folder, named after the first.
  require(folders.size() <= 2 * (size / sizeof(abi::MountRecord)));
  size_t strings = 0;
  for (const host::Folder& folder : folders) {
    strings += folder.path.size() + folder.source.size();
    require(folder.descriptor == -1);
  }
  require(strings <= 2 * size);
  const std::vector<host::Folder> before = host::folders_in(records.first(size / 2));
  require(before.size() <= folders.size());
  for (size_t i = 0; i < before.size(); ++i) require(same(before[i], folders[i]));
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  std::vector<u8> several, one;
  add(several, abi::MountKind::memory, "/tmp", "", 0755);
  add(several, abi::MountKind::host, "/data", "/srv/data", 0755);
  add(several, abi::MountKind::link, "/link", "/data/there", 0777);
  add(several, abi::MountKind::host, "/logs", "logs", 0555);
  add(several, abi::MountKind::encrypted, "/kept", "volume", 0755, "elsewhere/anchor");
  add(several, abi::MountKind::encrypted, "/loose", "other", 0755);
  add(several, abi::MountKind::working_directory, "/data", "", 0);
  add(one, abi::MountKind::host, "/", ".", 0555);
  return {several, one, {}};
}
