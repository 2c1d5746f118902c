// SPDX-License-Identifier: Apache-2.0
#include "enclave/folder/node.h"

#include "abi/folder.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constinit SpinLock name_lock;  // taken last
FolderName* names;

Text path_in(const FolderName& name) { return {name.path, name.length}; }

/// Whether `path` is `above` or lies below it.
bool is_within(Text path, Text above) {
  if (path.length < above.length || memcmp(path.data, above.data, above.length) != 0) return false;
  return path.length == above.length || path.data[above.length] == '/';
}

/// The living inode of that file at that path, with a reference.
Inode* find(const Mount& mount, Text path, const FileStatus& status) {
  for (FolderName* name = names; name != nullptr; name = name->next) {
    Inode& inode = *name->inode;
    if (inode.mount != &mount || name->is_gone || inode.number != status.inode || !(path_in(*name) == path)) continue;
    if (inode.type() == (status.mode & file_mode::format) && inode.try_acquire()) return &inode;
  }
  return nullptr;
}

/// What begins with `from` begins with `to` now. Nothing is left that could fail: a path that gets too long is gone.
void move(FolderName& name, Text from, Text to) {
  const u64 rest = name.length - from.length, length = to.length + rest;
  const auto memory = length <= abi::kLongestHostPath ? allocate(length + 1) : Outcome<void*>(fail(Errno::nametoolong));
  if (!memory.ok()) {
    name.is_gone = true;
    return;
  }
  auto* const path = static_cast<char*>(*memory);
  memcpy(path, to.data, to.length);
  memcpy(path + to.length, name.path + from.length, rest);
  release_memory(name.path, u64{name.length} + 1);
  name.path = path;
  name.length = static_cast<u32>(length);
}

}  // namespace

Outcome<InodeReference> folder_inode(Mount& mount, Text path, const FileStatus& status) {
  if (path.length == 0) return InodeReference(mount.root);
  {
    Guard guard(name_lock);
    if (Inode* const found = find(mount, path, status)) return InodeReference::adopt(found);
  }
  InodeReference inode = TRY(make_inode(mount, status.mode));
  inode->number = status.inode;
  inode->uid = status.uid;
  inode->gid = status.gid;
  auto* const letters = static_cast<char*>(TRY(allocate(path.length + 1)));
  memcpy(letters, path.data, path.length);
  const auto name = create<FolderName>(FolderName{nullptr, inode.get(), letters, static_cast<u32>(path.length), false});
  if (!name.ok()) {
    release_memory(letters, path.length + 1);
    return fail(name.error());
  }
  Guard guard(name_lock);
  inode->folder_name = *name;
  (*name)->next = std::exchange(names, *name);
  return inode;
}

Outcome<Text> folder_path_of(const Inode& inode, char* to) {
  if (inode.folder_name == nullptr) return Text{to, 0};
  Guard guard(name_lock);
  const FolderName& name = *inode.folder_name;
  if (name.is_gone) return fail(Errno::noent);
  memcpy(to, name.path, name.length);
  return Text{to, name.length};
}

void note_renamed(Mount& mount, Text from, Text to, bool exchanged) {
  if (from == to) return;
  Guard guard(name_lock);
  for (FolderName* name = names; name != nullptr; name = name->next) {
    if (name->inode->mount != &mount || name->is_gone) continue;
    if (is_within(path_in(*name), from)) {
      move(*name, from, to);
    } else if (is_within(path_in(*name), to)) {
      exchanged ? move(*name, to, from) : void(name->is_gone = true);
    }
  }
}

void note_removed(Mount& mount, Text path) {
  Guard guard(name_lock);
  for (FolderName* name = names; name != nullptr; name = name->next) {
    if (name->inode->mount == &mount && is_within(path_in(*name), path)) name->is_gone = true;
  }
}

void forget_folder_name(FolderName& name) {
  {
    Guard guard(name_lock);
    FolderName** link = &names;
    while (*link != &name) link = &(*link)->next;
    *link = name.next;
  }
  release_memory(name.path, u64{name.length} + 1);
  destroy(&name);
}

}  // namespace sgxx::enclave
