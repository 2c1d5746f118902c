// SPDX-License-Identifier: Apache-2.0
#include "enclave/syscall/path_argument.h"

#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"

namespace sgxx::enclave::syscall {

Outcome<PathArgument> PathArgument::load(u64 directory, u64 address) {
  ProgramPath path = TRY(ProgramPath::load(address));
  const Text text = path.text();
  if ((text.length != 0 && *text.data == '/') || static_cast<u32>(directory) == static_cast<u32>(kWorkingDirectory)) {
    return PathArgument(std::move(path), InodeReference());
  }
  if (text.length == 0) return PathArgument(std::move(path), InodeReference());
  InodeReference start = TRY(inode_behind(directory, Errno::notdir));
  if (!start->is_directory()) return fail(Errno::notdir);
  return PathArgument(std::move(path), std::move(start));
}

Outcome<std::optional<FolderPlace>> PathArgument::outside(Follow follow, Roots roots) {
  while (has_host_folders()) {
    std::optional<FolderPlace> place;
    {
      Guard guard(tree_lock);
      Walk walk;
      Inode& start = start_.get() != nullptr ? *start_ : working_directory();
      // An error comes again in the caller's own walk.
      if (!walk.go(start, path_.text(), follow, Outside::allowed).ok()) break;
      if (walk.outside != nullptr) {
        place.emplace(TRY(FolderPlace::begin(*walk.outside, walk.rest())));
      } else if (walk.inode != nullptr && is_outside(*walk.inode) && roots == Roots::too) {
        place.emplace(TRY(FolderPlace::begin(*walk.inode, {})));
      }
    }
    if (!place || TRY(place->resolve())) return place;
    path_ = TRY(ProgramPath::copy(place->rest().length != 0 ? place->rest() : Text::of(".")));
    Guard guard(tree_lock);
    start_ = InodeReference(&parent_of(*place->mount().root));
  }
  return std::optional<FolderPlace>();
}

Outcome<> PathArgument::walk(Walk& walk, Follow follow) const {
  return walk.go(start_.get() != nullptr ? *start_ : working_directory(), path_.text(), follow);
}

Outcome<InodeReference> inode_behind(u64 descriptor, Errno missing) {
  const FileReference file = TRY(file_or_path_of(descriptor));
  Inode* const inode = visit(*file, [](auto& kind) { return kind.inode(); });
  if (inode == nullptr) return fail(missing);
  return InodeReference(inode);
}

Outcome<InodeReference> changeable_inode(u64 descriptor) {
  TRY(file_of(descriptor));
  return inode_behind(descriptor, Errno::perm);
}

Outcome<InodeReference> find_file(u64 directory, u64 path, Follow follow, u64 flags) {
  PathArgument argument = TRY(PathArgument::load(directory, path));
  if (argument.is_empty() && (flags & at::empty_path) != 0 &&
      static_cast<u32>(directory) != static_cast<u32>(kWorkingDirectory)) {
    return inode_behind(directory, Errno::badf);
  }
  if (const auto place = TRY(argument.outside(follow, PathArgument::Roots::too))) {
    return find_in_folder(*place, follow == Follow::yes);
  }
  Guard guard(tree_lock);
  if (argument.is_empty() && (flags & at::empty_path) != 0) return InodeReference(&working_directory());
  Walk walk;
  TRY(argument.walk(walk, follow));
  return InodeReference(TRY(walk.existing()));
}

}  // namespace sgxx::enclave::syscall
