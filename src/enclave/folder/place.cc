// SPDX-License-Identifier: Apache-2.0
#include "enclave/folder/place.h"

#include "enclave/folder/node.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"

namespace sgxx::enclave {

Outcome<PathPage> PathPage::make() { return PathPage(TRY(take_runtime_pages(1))); }

PathPage::~PathPage() {
  if (address_ != 0) give_runtime_pages(address_, 1);
}

Outcome<FolderPlace> FolderPlace::begin(Inode& base, Text rest) {
  PathPage path = TRY(PathPage::make()), left = TRY(PathPage::make());
  if (rest.length > abi::kLongestHostPath) return fail(Errno::nametoolong);
  memcpy(left.text(), rest.data, rest.length);
  const Text begun = TRY(folder_path_of(base, path.text()));
  FolderPlace place(*base.mount, std::move(path), std::move(left));
  place.length_ = begun.length;
  place.rest_length_ = rest.length;
  return place;
}

Outcome<> FolderPlace::append(Text name) {
  if (name.length > Directory::kLongestName) return fail(Errno::nametoolong);
  // One byte is left for the slash behind the last name.
  if (length_ + 1 + name.length + 1 > abi::kLongestHostPath) return fail(Errno::nametoolong);
  if (length_ != 0) path_.text()[length_++] = '/';
  memcpy(path_.text() + length_, name.data, name.length);
  length_ += name.length;
  return {};
}

/// To the directory above, from something that must be a directory.
Outcome<> FolderPlace::go_up() {
  const FileStatus status = TRY(host::folder_status({mount_->folder, path()}, false));
  const u32 type = status.mode & file_mode::format;
  if (type == file_mode::link) return fail(Errno::xdev);
  if (type != file_mode::directory) return fail(Errno::notdir);
  while (length_ != 0 && path_.text()[length_ - 1] != '/') --length_;
  if (length_ != 0) --length_;
  return {};
}

Outcome<bool> FolderPlace::resolve() {
  for (;;) {
    while (at_ != rest_length_ && rest_.text()[at_] == '/') ++at_;
    if (at_ == rest_length_) break;
    const u64 begin = at_;
    while (at_ != rest_length_ && rest_.text()[at_] != '/') ++at_;
    const Text name{rest_.text() + begin, at_ - begin};
    slash = at_ != rest_length_;
    last = name == Text::of(".") ? Last::dot : name == Text::of("..") ? Last::dots : Last::name;
    if (last == Last::name) {
      TRY(append(name));
    } else if (last == Last::dots) {
      if (length_ == 0) return false;
      TRY(go_up());
    }
  }
  slash = slash || last != Last::name;
  path_.text()[length_] = '/';
  return true;
}

}  // namespace sgxx::enclave
