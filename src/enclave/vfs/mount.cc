// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/mount.h"

#include "enclave/abort.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kFirstDevice = 0x20;

Mount* mounts;
Mount* last_mount;
u32 next_device = kFirstDevice;
u32 host_folders, host_mounts;
constinit std::atomic<u32> mask{022};

}  // namespace

constinit SleepLock tree_lock;

Mount& make_mount(Mount::Kind kind, Text type, u32 permissions, u64 pages) {
  const auto mount = create<Mount>();
  require(mount.ok(), abi::AbortReason::bad_config);
  (*mount)->kind = kind;
  if (kind == Mount::Kind::host) {
    (*mount)->folder = take_folders(1);
    ++host_mounts;
  }
  (*mount)->type = type;
  (*mount)->device = next_device++;
  (*mount)->budget.most = pages;
  auto root = make_inode(**mount, file_mode::directory | permissions);
  require(root.ok(), abi::AbortReason::bad_config);
  (*root)->links = 2;
  (*root)->acquire();  // for ever
  (*mount)->root = root->get();
  return **mount;
}

void mount_at(Mount& mount, Inode& directory) {
  (last_mount != nullptr ? last_mount->next : mounts) = &mount;
  last_mount = &mount;
  if (directory.mount == &mount) return;  // the root
  mount.covers = &directory;
  directory.covered_by = mount.root;
}

bool has_host_folders() { return host_mounts != 0; }

u32 take_folders(u32 count) {
  host_folders += count;
  return host_folders - count;
}

Inode& root_directory() { return through_mounts(*mounts->root); }
Mount& first_mount() { return *mounts; }

u32 file_mask() { return mask.load(); }
u32 exchange_file_mask(u32 value) { return mask.exchange(value); }

Outcome<InodeReference> make_inode(Mount& mount, u32 mode) {
  const auto inode = create<Inode>(mount, mode);
  if (!inode.ok()) return fail(Errno::nospc);
  InodeReference made = InodeReference::adopt(*inode);
  if (mount.volume != nullptr) TRY(mount.volume->add_file(*made));
  return made;
}

Inode& through_mounts(Inode& inode) {
  Inode* at = &inode;
  while (at->covered_by != nullptr) at = at->covered_by;
  return *at;
}

Inode& parent_of(Inode& directory) {
  Inode* at = &directory;
  while (at->parent == nullptr && at->mount->covers != nullptr && at == at->mount->root) at = at->mount->covers;
  return at->parent != nullptr ? through_mounts(*at->parent) : *at;
}

Inode& make_directories(Text path) {
  Inode* at = &root_directory();
  for (u64 i = 0; i < path.length;) {
    while (i < path.length && path.data[i] == '/') ++i;
    const u64 begin = i;
    while (i < path.length && path.data[i] != '/') ++i;
    const Text name{path.data + begin, i - begin};
    if (name.length == 0) break;
    require(at->mount->kind != Mount::Kind::host && at->mount->kind != Mount::Kind::encrypted, abi::AbortReason::bad_config);
    Entry* entry = at->entries.find(name);
    if (entry == nullptr) entry = &add_file(*at, name, file_mode::directory | 0755);
    require(entry->inode->is_directory(), abi::AbortReason::bad_config);
    at = &through_mounts(*entry->inode);
  }
  return *at;
}

Entry& add_file(Inode& above, Text name, u32 mode) {
  const auto made = make_inode(*above.mount, mode);
  require(made.ok(), abi::AbortReason::bad_config);
  Inode& inode = **made;
  inode.uid = above.uid;
  inode.gid = above.gid;
  const auto entry = add_name(above, name, inode);
  require(entry.ok(), abi::AbortReason::bad_config);
  return **entry;
}

Inode& make_node(Text path, u32 mode) {
  u64 length = path.length;
  while (path.data[length - 1] != '/') --length;
  Inode& above = make_directories({path.data, length});
  return *add_file(above, {path.data + length, path.length - length}, mode).inode;
}

Outcome<Entry*> add_name(Inode& above, Text name, Inode& inode) {
  TRY(allow_name(above, name.length));
  Entry* const entry = TRY(above.entries.add(above, name, inode));
  note_added(*entry);
  ++inode.links;
  inode.was_named = true;
  note_attributes(above);
  note_attributes(inode);
  if (inode.is_directory()) {
    inode.links = 2;
    ++above.links;
    above.acquire();
    inode.parent = &above;
  }
  return entry;
}

}  // namespace sgxx::enclave
