// SPDX-License-Identifier: Apache-2.0
//
// Making, changing and taking away names: mkdir, mknod, link, symlink, unlink, rmdir, rename.
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/syscall/path_argument.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/threads.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave::syscall {
namespace {

void stamp(Inode& directory) {
  directory.times.modified = directory.times.changed = file_time_now();
  note_attributes(directory);
}
void stamp_change(Inode& inode) {
  inode.times.changed = file_time_now();
  note_attributes(inode);
}

constexpr auto kBeneath = PathArgument::Roots::not_themselves;

/// What can be made in a folder of the host's: pipes, sockets and devices cannot.
Outcome<> make_outside(const FolderPlace& place, u32 mode) {
  const u32 permissions = mode & file_mode::permissions;
  switch (mode & file_mode::format) {
    case file_mode::directory: return make_folder_directory(place, permissions);
    case file_mode::regular: return make_folder_file(place, permissions);
    default: return fail(Errno::perm);
  }
}

Outcome<u64> make_node(u64 directory, u64 path, u32 mode, Walk::Makes makes) {
  PathArgument argument = TRY(PathArgument::load(directory, path));
  if (const auto place = TRY(argument.outside(Follow::no, kBeneath))) {
    TRY(make_outside(*place, mode & ~file_mask()));
    return u64{0};
  }
  return with_names([&](Reserve) -> Outcome<u64> {
    Guard guard(tree_lock);
    Walk walk;
    TRY(argument.walk(walk, Follow::no));
    Inode* const above = TRY(walk.vacant(makes));
    const InodeReference inode = TRY(make_inode(*above->mount, mode & ~file_mask()));
    TRY(add_name(*above, walk.name, *inode));
    stamp(*above);
    return u64{0};
  });
}

Outcome<u64> make_directory(u64 directory, u64 path, u64 mode) {
  return make_node(directory, path, file_mode::directory | (static_cast<u32>(mode) & 01777), Walk::Makes::directory);
}

Outcome<u64> make_special(u64 directory, u64 path, u64 raw_mode) {
  u32 mode = static_cast<u32>(raw_mode);
  if ((mode & file_mode::format) == 0) mode |= file_mode::regular;
  switch (mode & file_mode::format) {
    case file_mode::regular:
    case file_mode::fifo:
    case file_mode::socket:
      return make_node(directory, path, mode & (file_mode::format | file_mode::permissions), Walk::Makes::other);
    case file_mode::directory: return fail(Errno::perm);
    case file_mode::character:
    case file_mode::block: return fail(Errno::perm);
    default: return fail(Errno::inval);
  }
}

Outcome<u64> make_symbolic_link(u64 target_address, u64 directory, u64 path) {
  const ProgramPath target = TRY(ProgramPath::load(target_address));
  if (target.is_empty()) return fail(Errno::noent);
  PathArgument argument = TRY(PathArgument::load(directory, path));
  if (const auto place = TRY(argument.outside(Follow::no, kBeneath))) {
    TRY(make_folder_link(*place, target.text()));
    return u64{0};
  }
  return with_names([&](Reserve) -> Outcome<u64> {
    Guard guard(tree_lock);
    Walk walk;
    TRY(argument.walk(walk, Follow::no));
    Inode* const above = TRY(walk.vacant(Walk::Makes::other));
    const InodeReference inode = TRY(make_inode(*above->mount, file_mode::link | 0777));
    TRY(allow_target(*inode));
    const Text text = target.text();
    const auto memory = allocate(text.length);
    if (!memory.ok()) return fail(Errno::nospc);
    inode->target = static_cast<char*>(*memory);
    inode->target_length = static_cast<u32>(text.length);
    memcpy(inode->target, text.data, text.length);
    TRY(add_name(*above, walk.name, *inode));
    stamp(*above);
    return u64{0};
  });
}

Outcome<u64> make_link(u64 from_directory, u64 from, u64 to_directory, u64 to, u64 flags) {
  if ((flags & ~(at::follow | at::empty_path)) != 0) return fail(Errno::inval);
  const InodeReference inode =
      TRY(find_file(from_directory, from, (flags & at::follow) != 0 ? Follow::yes : Follow::no, flags & at::empty_path));
  PathArgument argument = TRY(PathArgument::load(to_directory, to));
  if (const auto place = TRY(argument.outside(Follow::no, kBeneath))) {
    if (&place->mount() != inode->mount) return fail(Errno::xdev);
    TRY(link_in_folder(*inode, *place));
    return u64{0};
  }
  return with_names([&](Reserve) -> Outcome<u64> {
    Guard guard(tree_lock);
    Walk walk;
    TRY(argument.walk(walk, Follow::no));
    Inode* const above = TRY(walk.vacant(Walk::Makes::other));
    if (above->mount != inode->mount) return fail(Errno::xdev);
    if (inode->is_directory()) return fail(Errno::perm);
    // The last name is gone already; only a file that never had one (O_TMPFILE) may get one.
    if (inode->links == 0 && inode->was_named) return fail(Errno::noent);
    TRY(add_name(*above, walk.name, *inode));
    stamp(*above);
    stamp_change(*inode);
    return u64{0};
  });
}

/// Takes a name away; the file may live on.
void remove_name(Entry& entry) {
  Inode& above = *entry.directory;
  Inode& inode = *entry.inode;
  --inode.links;
  if (inode.is_directory()) {
    inode.links = 0;
    --above.links;
  }
  stamp_change(inode);
  stamp(above);
  note_removal(entry);
  above.entries.remove(entry);
}

Outcome<u64> remove_file(u64 directory, u64 path) {
  PathArgument argument = TRY(PathArgument::load(directory, path));
  if (const auto place = TRY(argument.outside(Follow::no, kBeneath))) {
    TRY(remove_folder_file(*place));
    return u64{0};
  }
  return with_names([&](Reserve reserve) -> Outcome<u64> {
    Guard guard(tree_lock);
    Walk walk;
    TRY(argument.walk(walk, Follow::no));
    if (walk.directory == nullptr) return fail(Errno::isdir);
    Inode* const inode = TRY(walk.existing());
    TRY(require_removable(*walk.directory, *inode));
    if (inode->is_directory()) return fail(Errno::isdir);
    TRY(allow_change(*walk.entry, reserve));
    remove_name(*walk.entry);
    return u64{0};
  });
}

Outcome<u64> remove_directory(u64 directory, u64 path) {
  PathArgument argument = TRY(PathArgument::load(directory, path));
  if (const auto place = TRY(argument.outside(Follow::no, kBeneath))) {
    TRY(remove_folder_directory(*place));
    return u64{0};
  }
  return with_names([&](Reserve reserve) -> Outcome<u64> {
    Guard guard(tree_lock);
    Walk walk;
    TRY(argument.walk(walk, Follow::no));
    if (walk.directory == nullptr) {
      if (walk.name == Text::of(".")) return fail(Errno::inval);
      return fail(walk.name == Text::of("..") ? Errno::notempty : Errno::busy);
    }
    Inode* const inode = TRY(walk.existing());
    TRY(require_removable(*walk.directory, *inode));
    if (!inode->is_directory()) return fail(Errno::notdir);
    if (walk.entry->inode != inode) return fail(Errno::busy);  // something is mounted here
    if (inode->entries.count() != 0) return fail(Errno::notempty);
    TRY(allow_change(*walk.entry, reserve));
    remove_name(*walk.entry);
    return u64{0};
  });
}

/// True when `inode` is `directory` or lies above it.
bool is_above(const Inode& inode, Inode& directory) {
  for (Inode* at = &directory;; at = &parent_of(*at)) {
    if (at == &inode) return true;
    if (at == &parent_of(*at)) return false;
  }
}

/// A directory comes to lie in another one.
void set_parent(Inode& inode, Inode& above) {
  if (!inode.is_directory() || inode.parent == &above) return;
  --inode.parent->links;
  ++above.links;
  above.acquire();
  inode.parent->release();
  inode.parent = &above;
}

void exchange_names(Entry& one, Entry& other) {
  std::swap(one.inode, other.inode);
  one.inode->entry = &one;
  other.inode->entry = &other;
  set_parent(*one.inode, *one.directory);
  set_parent(*other.inode, *other.directory);
}

/// rename's checks of what would be replaced.
Outcome<> check_replaced(const Inode& source, const Walk& to) {
  if (to.inode == nullptr) return {};
  if (to.entry->inode != to.inode) return fail(Errno::busy);
  TRY(require_removable(*to.directory, *to.inode));
  if (source.is_directory() && !to.inode->is_directory()) return fail(Errno::notdir);
  if (!source.is_directory() && to.inode->is_directory()) return fail(Errno::isdir);
  if (to.inode->is_directory() && to.inode->entries.count() != 0) return fail(Errno::notempty);
  return {};
}

/// The entry that was `entry.inode`'s becomes that of `source`.
void replace_inode(Entry& entry, Inode& source) {
  Inode& replaced = *entry.inode;
  --replaced.links;
  if (replaced.is_directory()) {
    replaced.links = 0;
    --entry.directory->links;
  }
  stamp_change(replaced);
  if (replaced.entry == &entry) replaced.entry = nullptr;
  source.acquire();
  entry.inode = &source;
  source.entry = &entry;
  replaced.release();
}

Outcome<> move_name(Walk& from, Walk& to) {
  Inode& source = *from.inode;
  Inode& old_directory = *from.directory;
  if (to.entry == nullptr) {
    note_added(*TRY(to.directory->entries.add(*to.directory, to.name, source)));
  } else {
    replace_inode(*to.entry, source);
  }
  note_removal(*from.entry);
  old_directory.entries.remove(*from.entry);
  set_parent(source, *to.directory);
  stamp(old_directory);
  stamp(*to.directory);
  stamp_change(source);
  return {};
}

Outcome<u64> rename_file(u64 from_directory, u64 from_path, u64 to_directory, u64 to_path, u64 flags) {
  constexpr u64 kNoReplace = 1, kExchange = 2;
  if ((flags & ~(kNoReplace | kExchange)) != 0 || flags == (kNoReplace | kExchange)) return fail(Errno::inval);
  PathArgument from_argument = TRY(PathArgument::load(from_directory, from_path));
  if (from_argument.is_empty()) return fail(Errno::noent);
  PathArgument to_argument = TRY(PathArgument::load(to_directory, to_path));
  if (to_argument.is_empty()) return fail(Errno::noent);
  const auto from_outside = TRY(from_argument.outside(Follow::no, kBeneath));
  const auto to_outside = TRY(to_argument.outside(Follow::no, kBeneath));
  if (from_outside && to_outside) {
    TRY(rename_in_folder(*from_outside, *to_outside, static_cast<u32>(flags)));
    return u64{0};
  }
  return with_names([&](Reserve reserve) -> Outcome<u64> {
    Guard guard(tree_lock);
    Walk from, to;
    TRY(from_argument.walk(from, Follow::no));
    TRY(to_argument.walk(to, Follow::no));
    if (from.directory == nullptr || to.directory == nullptr) return fail(Errno::busy);
    if (from.directory->mount != to.directory->mount) return fail(Errno::xdev);
    if (from.directory->mount->read_only) return fail(Errno::rofs);
    Inode& source = *TRY(from.existing());
    if (from.entry->inode != &source) return fail(Errno::busy);
    if (to.inode != nullptr && flags == kNoReplace) return fail(Errno::exist);
    if (to.inode == nullptr && flags == kExchange) return fail(Errno::noent);
    if (!source.is_directory() && to.slash && to.inode == nullptr) return fail(Errno::notdir);
    if (source.is_directory() && is_above(source, *to.directory)) return fail(Errno::inval);
    if (to.inode != nullptr && to.inode->is_directory() && is_above(*to.inode, *from.directory)) {
      return fail(flags == kExchange ? Errno::inval : Errno::notempty);
    }
    TRY(require_removable(*from.directory, source));
    TRY(require_changeable(*to.directory));
    if (to.directory->links == 0) return fail(Errno::noent);
    if (to.inode == &source) return u64{0};
    if (flags == kExchange) {
      TRY(require_removable(*to.directory, *to.inode));
      TRY(allow_change(*from.entry, reserve));
      TRY(allow_change(*to.entry, reserve));
      exchange_names(*from.entry, *to.entry);
      stamp(*from.directory);
      stamp(*to.directory);
      return u64{0};
    }
    TRY(check_replaced(source, to));
    TRY(allow_change(*from.entry, reserve));
    TRY(to.entry == nullptr ? allow_name(*to.directory, to.name.length) : allow_change(*to.entry, reserve));
    TRY(move_name(from, to));
    return u64{0};
  });
}

}  // namespace

Outcome<u64> mkdir(SyscallFrame& frame) { return make_directory(kWorkingDirectory, frame.rdi, frame.rsi); }
Outcome<u64> mkdirat(SyscallFrame& frame) { return make_directory(frame.rdi, frame.rsi, frame.rdx); }
Outcome<u64> mknod(SyscallFrame& frame) { return make_special(kWorkingDirectory, frame.rdi, frame.rsi); }
Outcome<u64> mknodat(SyscallFrame& frame) { return make_special(frame.rdi, frame.rsi, frame.rdx); }
Outcome<u64> symlink(SyscallFrame& frame) { return make_symbolic_link(frame.rdi, kWorkingDirectory, frame.rsi); }
Outcome<u64> symlinkat(SyscallFrame& frame) { return make_symbolic_link(frame.rdi, frame.rsi, frame.rdx); }
Outcome<u64> link(SyscallFrame& frame) { return make_link(kWorkingDirectory, frame.rdi, kWorkingDirectory, frame.rsi, 0); }
Outcome<u64> linkat(SyscallFrame& frame) { return make_link(frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8); }
Outcome<u64> unlink(SyscallFrame& frame) { return remove_file(kWorkingDirectory, frame.rdi); }
Outcome<u64> rmdir(SyscallFrame& frame) { return remove_directory(kWorkingDirectory, frame.rdi); }

Outcome<u64> unlinkat(SyscallFrame& frame) {
  if ((frame.rdx & ~at::remove_directory) != 0) return fail(Errno::inval);
  if ((frame.rdx & at::remove_directory) != 0) return remove_directory(frame.rdi, frame.rsi);
  return remove_file(frame.rdi, frame.rsi);
}

Outcome<u64> rename(SyscallFrame& frame) { return rename_file(kWorkingDirectory, frame.rdi, kWorkingDirectory, frame.rsi, 0); }
Outcome<u64> renameat(SyscallFrame& frame) { return rename_file(frame.rdi, frame.rsi, frame.rdx, frame.r10, 0); }
Outcome<u64> renameat2(SyscallFrame& frame) { return rename_file(frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8); }

}  // namespace sgxx::enclave::syscall
