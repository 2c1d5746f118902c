// SPDX-License-Identifier: Apache-2.0
#include "enclave/folder/attributes.h"

#include "enclave/file/open_file.h"
#include "enclave/host_handles.h"

namespace sgxx::enclave {
namespace {

/// Calls `function` with the path that leads to `inode`.
template <class Function>
auto with_path(const Inode& inode, Function function) -> decltype(function(host::FolderPath{})) {
  const PathPage page = TRY(PathPage::make());
  const Text path = TRY(folder_path_of(inode, page.text()));
  return function(host::FolderPath{inode.mount->folder, path});
}

Outcome<> require_writable(const Mount& mount) { return mount.read_only ? Outcome<>(fail(Errno::rofs)) : Outcome<>{}; }

/// A new name may be made here.
Outcome<> require_vacant(const FolderPlace& place) {
  if (place.last != FolderPlace::Last::name) return fail(Errno::exist);
  if (!place.mount().read_only) return {};
  const auto status = host::folder_status(place.for_host(), false);
  if (status.ok()) return fail(Errno::exist);
  return fail(status.error() == Errno::noent ? Errno::rofs : status.error());
}

}  // namespace

Outcome<FileStatus> status_in_folder(const FolderPlace& place, bool follow) {
  FileStatus status = TRY(host::folder_status(place.for_host(), follow || place.slash));
  status.device = place.mount().device;
  return status;
}

Outcome<InodeReference> find_in_folder(const FolderPlace& place, bool follow) {
  return folder_inode(place.mount(), place.path(), TRY(status_in_folder(place, follow)));
}

Outcome<FileStatus> folder_status_of(const Inode& inode) {
  FileStatus status = TRY(
      with_path(inode, [&inode](const host::FolderPath& path) { return host::folder_status(path, !inode.is(file_mode::link)); }));
  status.device = inode.mount->device;
  return status;
}

Outcome<> folder_access_to(const Inode& inode, u32 mode) {
  constexpr u32 kWrite = 2;
  if ((mode & kWrite) != 0 && !inode.is(file_mode::link)) TRY(require_writable(*inode.mount));
  return with_path(inode,
                   [&](const host::FolderPath& path) { return host::folder_access(path, mode, !inode.is(file_mode::link)); });
}

Outcome<> change_folder_mode(const Inode& inode, u32 mode) {
  TRY(require_writable(*inode.mount));
  if (inode.is(file_mode::link)) return fail(Errno::notsup);
  return with_path(inode, [mode](const host::FolderPath& path) { return host::folder_set_mode(path, mode); });
}

Outcome<> change_folder_times(const Inode& inode, const abi::NewFileTimes& times) {
  TRY(require_writable(*inode.mount));
  return with_path(inode,
                   [&](const host::FolderPath& path) { return host::folder_set_times(path, times, !inode.is(file_mode::link)); });
}

Outcome<Text> folder_link_target(const Inode& inode, char* to) {
  const u64 length = TRY(with_path(inode, [to](const host::FolderPath& path) { return host::folder_read_link(path, to); }));
  return Text{to, length};
}

Outcome<> resize_in_folder(const Inode& inode, u64 size) {
  TRY(require_writable(*inode.mount));
  const u32 handle = TRY(take_handle());
  const auto opened = with_path(
      inode, [handle](const host::FolderPath& path) { return host::folder_open(handle, path, open_flag::write_only, 0); });
  if (!opened.ok()) {
    give_handle(handle);
    return fail(opened.error());
  }
  const Outcome<> resized = host::file_resize(handle, size);
  close_handle(handle);
  return resized.ok() ? Outcome<>{} : fail(resized.error());
}

Outcome<> make_folder_directory(const FolderPlace& place, u32 mode) {
  TRY(require_vacant(place));
  return host::folder_make(place.for_host(), mode);
}

Outcome<> make_folder_file(const FolderPlace& place, u32 mode) {
  TRY(require_vacant(place));
  const u32 handle = TRY(take_handle());
  const auto made =
      host::folder_open(handle, place.for_host(), open_flag::write_only | open_flag::create | open_flag::exclusive, mode);
  if (!made.ok()) {
    give_handle(handle);
    return fail(made.error());
  }
  close_handle(handle);
  return {};
}

Outcome<> make_folder_link(const FolderPlace& place, Text target) {
  TRY(require_vacant(place));
  return host::folder_make_link(place.for_host(), target);
}

Outcome<> link_in_folder(const Inode& inode, const FolderPlace& place) {
  TRY(require_vacant(place));
  if (inode.is_directory()) return fail(Errno::perm);
  return with_path(inode, [&](const host::FolderPath& path) -> Outcome<> {
    // The host would give a second name to the link that was followed, not to the file.
    const FileStatus named = TRY(host::folder_status(path, false));
    if ((named.mode & file_mode::format) != inode.type()) return fail(Errno::notsup);
    return host::folder_link(path, place.for_host().path);
  });
}

Outcome<> remove_folder_file(const FolderPlace& place) {
  if (place.last != FolderPlace::Last::name) return fail(Errno::isdir);
  TRY(require_writable(place.mount()));
  TRY(host::folder_remove(place.for_host(), false));
  note_removed(place.mount(), place.path());
  return {};
}

Outcome<> remove_folder_directory(const FolderPlace& place) {
  if (place.last == FolderPlace::Last::dot) return fail(Errno::inval);
  if (place.last == FolderPlace::Last::dots) return fail(Errno::notempty);
  TRY(require_writable(place.mount()));
  TRY(host::folder_remove(place.for_host(), true));
  note_removed(place.mount(), place.path());
  return {};
}

Outcome<> rename_in_folder(const FolderPlace& from, const FolderPlace& to, u32 flags) {
  constexpr u32 kExchange = 2;
  if (from.last != FolderPlace::Last::name || to.last != FolderPlace::Last::name) return fail(Errno::busy);
  if (&from.mount() != &to.mount()) return fail(Errno::xdev);
  TRY(require_writable(from.mount()));
  TRY(host::folder_rename(from.for_host(), to.for_host().path, flags));
  note_renamed(from.mount(), from.path(), to.path(), (flags & kExchange) != 0);
  return {};
}

}  // namespace sgxx::enclave
