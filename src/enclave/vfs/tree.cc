// SPDX-License-Identifier: Apache-2.0
//
// The tree at start: the runtime's own root, the synthetic files, and the mounts that the measured configuration declares.
#include "enclave/abort.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/net/name_files.h"
#include "enclave/thread_block.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/synthetic.h"
#include "enclave/vfs/walk.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kOwnPermissions = 0755;

Mount* anonymous;

void require_config(bool holds) { require(holds, abi::AbortReason::bad_config); }

/// The records that the packer left in the blob.
class Records {
 public:
  Records()
      : at_(enclave_base() + enclave_config.blob.offset + enclave_config.mounts), end_(at_ + enclave_config.mounts_length) {}

  /// The next record, or nullptr.
  const abi::MountRecord* next() {
    if (at_ == end_) return nullptr;
    const auto* const record = reinterpret_cast<const abi::MountRecord*>(at_);
    require_config(fits(0, sizeof(*record), end_ - at_) && fits(sizeof(*record), record->strings_length, end_ - at_));
    require_config(
        fits(0, u64{record->path_length} + record->target_length + record->freshness_file_length, record->strings_length));
    require_config(fits(record->data, record->data_length, enclave_config.blob.length));
    at_ += sizeof(*record) + record->strings_length;
    return record;
  }

 private:
  u64 at_, end_;
};

Text path_in(const abi::MountRecord& record) { return {reinterpret_cast<const char*>(&record + 1), record.path_length}; }
Text target_in(const abi::MountRecord& record) { return {path_in(record).data + record.path_length, record.target_length}; }

/// What stands behind the last slash.
Text last_name(Text path) {
  u64 begin = path.length;
  while (begin != 0 && path.data[begin - 1] != '/') --begin;
  return {path.data + begin, path.length - begin};
}

u64 pages_of(const abi::MountRecord& record) {
  const u64 bytes = record.size != 0 ? record.size : enclave_config.heap.length / 2;
  return bytes / kPageSize;
}

void mount_memory(const abi::MountRecord& record) {
  mount_at(make_mount(Mount::Kind::memory, Text::of("tmpfs"), kOwnPermissions, pages_of(record)),
           make_directories(path_in(record)));
}

void mount_measured(const abi::MountRecord& record) {
  Mount& mount = make_mount(Mount::Kind::memory, Text::of("measured"), record.mode, 0);
  mount.read_only = true;
  mount.root->uid = mount.root->gid = 0;
  mount_at(mount, make_directories(path_in(record)));
}

void mount_host(const abi::MountRecord& record) {
  constexpr u32 kWritable = 0222;
  Mount& mount = make_mount(Mount::Kind::host, Text::of("host"), record.mode, 0);
  mount.read_only = (record.mode & kWritable) == 0;
  mount_at(mount, make_directories(path_in(record)));
}

u64 cache_pages_of(const abi::MountRecord& record) {
  constexpr u64 kMost = u64{64} << 20;
  const u64 quarter = enclave_config.heap.length / 4;
  return (record.cache != 0 ? record.cache : quarter < kMost ? quarter : kMost) / kPageSize;
}

/// Why an enclave cannot start with a volume that does not open.
abi::AbortReason reason_for(Errno error) {
  switch (error) {
    case Errno::badmsg: return abi::AbortReason::volume_damaged;
    case Errno::keyrejected: return abi::AbortReason::volume_key;
    case Errno::stale: return abi::AbortReason::volume_rolled_back;
    case Errno::noent: return abi::AbortReason::volume_absent;
    case Errno::busy: return abi::AbortReason::volume_in_use;
    case Errno::nomem: return abi::AbortReason::volume_memory;
    case Errno::notsup: return abi::AbortReason::volume_version;
    default: return abi::AbortReason::volume_refused;
  }
}

void mount_encrypted(const abi::MountRecord& record) {
  constexpr u64 kDefaultBlocks = u64{1} << 28;
  require_config(record.key <= 2 && record.freshness <= 2);
  VolumeSettings settings;
  settings.key = static_cast<abi::VolumeKey>(record.key);
  settings.freshness = static_cast<abi::VolumeFreshness>(record.freshness);
  const Text target = target_in(record);
  settings.freshness_file = last_name({target.data + target.length, record.freshness_file_length});
  settings.most_blocks = record.size != 0 ? record.size / kPageSize : kDefaultBlocks;
  settings.create = (record.flags & abi::mount_flag::create) != 0;
  settings.folder = take_folders(settings.freshness_file.length != 0 ? 2 : 1);
  Mount& mount = make_mount(Mount::Kind::encrypted, Text::of("encrypted"), kOwnPermissions, cache_pages_of(record));
  const auto volume = create<MountedVolume>(mount, settings);
  require_config(volume.ok());
  mount_at(mount, make_directories(path_in(record)));
  mount.is_locked = settings.key == abi::VolumeKey::program || settings.freshness == abi::VolumeFreshness::program;
  if (!mount.is_locked) {
    MountedVolume::Opening opening;
    opening.create = settings.create;
    const auto opened = (*volume)->open(opening);
    if (!opened.ok()) abort_enclave(reason_for(opened.error()));
  }
  mount.volume = *volume;
}

/// Measured bytes are used where they lie.
void make_measured_file(const abi::MountRecord& record) {
  Inode& file = make_node(path_in(record), file_mode::regular | record.mode);
  file.contents.use_measured(enclave_base() + enclave_config.blob.offset + record.data, record.data_length);
}

void make_measured_link(const abi::MountRecord& record) {
  const Text target = target_in(record);
  require_config(target.length != 0);
  Inode& link = make_node(path_in(record), file_mode::link | 0777);
  link.target = const_cast<char*>(target.data);
  link.owns_target = false;
  link.target_length = static_cast<u32>(target.length);
}

void apply(const abi::MountRecord& record) {
  switch (static_cast<abi::MountKind>(record.kind)) {
    case abi::MountKind::memory: return mount_memory(record);
    case abi::MountKind::measured: return mount_measured(record);
    case abi::MountKind::host: return mount_host(record);
    case abi::MountKind::encrypted: return mount_encrypted(record);
    case abi::MountKind::file: return make_measured_file(record);
    case abi::MountKind::directory: make_node(path_in(record), file_mode::directory | record.mode); return;
    case abi::MountKind::link: return make_measured_link(record);
    case abi::MountKind::working_directory: return set_working_directory(make_directories(path_in(record)));
  }
  require_config(false);
}

}  // namespace

Mount& anonymous_mount() { return *anonymous; }

void initialize_files() {
  const OneFileTime stamp;
  Mount& root = make_mount(Mount::Kind::root, Text::of("rootfs"), kOwnPermissions, 0);
  root.root->uid = root.root->gid = 0;
  root.read_only = true;
  mount_at(root, *root.root);
  anonymous = &make_mount(Mount::Kind::memory, Text::of("tmpfs"), kOwnPermissions, enclave_config.heap.length / kPageSize);
  make_synthetic_files();
  make_name_files();
  Records records;
  while (const abi::MountRecord* const record = records.next()) apply(*record);
}

}  // namespace sgxx::enclave
