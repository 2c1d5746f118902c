// SPDX-License-Identifier: Apache-2.0
//
// Mount: one file system in the tree. The root is one of the runtime's own, read-only, which holds the places where others are
// mounted; the manifest declares the rest.
#pragma once

#include "abi/mount.h"
#include "enclave/thread/sleep_lock.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class MountedVolume;

struct Mount {
  enum class Kind : u8 { root, memory, process, host, encrypted } kind = Kind::memory;
  bool read_only = false;
  bool is_locked = false;  // of Kind::encrypted: the program has yet to open it
  u32 device = 0;          // st_dev
  u32 folder = 0;          // of Kind::host: its number in host calls
  Inode* root = nullptr;
  Inode* covers = nullptr;  // the directory that it is mounted on; nullptr: the root of all
  PageBudget budget;
  Mount* next = nullptr;            // in the order of mounting
  Text type;                        // as /proc/self/mounts says it
  MountedVolume* volume = nullptr;  // of Kind::encrypted; `budget` is that of its cache
};

/// Guards names: directories, links, parents, working directory.
extern constinit SleepLock tree_lock;

/// The tree as the manifest declares it; boot calls it once.
void initialize_files();

Inode& root_directory();
/// All mounts, in the order of mounting.
Mount& first_mount();

/// Whether any mount is a folder of the host's.
bool has_host_folders();
/// `count` more folders of the host's are in use: the number of the first (abi/mount.h).
u32 take_folders(u32 count);

/// Of files that never have a name: memfd_create.
Mount& anonymous_mount();
/// umask.
u32 file_mask();
u32 exchange_file_mask(u32 mask);

/// A new inode, without a name; ENOSPC, and in a volume Errno::volume_full (volume/stored_names.h).
Outcome<InodeReference> make_inode(Mount& mount, u32 mode);
/// `inode` is called `name` in the directory `above`, where that name is free; errors as above. The tree lock is held.
Outcome<Entry*> add_name(Inode& above, Text name, Inode& inode);
/// What is mounted on `inode`, or itself.
Inode& through_mounts(Inode& inode);
/// The directory above; that of the root is itself.
Inode& parent_of(Inode& directory);

// For boot: these end the enclave where there is no memory.
Mount& make_mount(Mount::Kind kind, Text type, u32 permissions, u64 pages);
void mount_at(Mount& mount, Inode& directory);
Entry& add_file(Inode& above, Text name, u32 mode);
/// The directory at an absolute path, made where it is absent.
Inode& make_directories(Text path);

/// A new file at an absolute path, the directories above it made where they are absent.
Inode& make_node(Text path, u32 mode);

}  // namespace sgxx::enclave
