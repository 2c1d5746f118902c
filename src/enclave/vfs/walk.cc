// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/walk.h"

#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/folder/node.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/vfs/synthetic.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kMostLinks = 40;
constexpr u32 kSearch = 1, kChange = 3;  // X, and W with it

Inode* working;  // nullptr: the root

u64 component_length(Text path) {
  u64 length = 0;
  while (length < path.length && path.data[length] != '/') ++length;
  return length;
}

/// What is allocated for a path.
u64 size_for(u64 length) { return length < 64 ? length + 1 : kPageSize; }

/// The length of a string of the program's up to its NUL or the next page, at most `most`; `ended`: the NUL was there.
struct Piece {
  u64 length;
  bool ended;
};
Outcome<Piece> load_piece(char* to, u64 address, u64 most) {
  const u64 to_page_end = kPageSize - address % kPageSize;
  const u64 length = to_page_end < most ? to_page_end : most;
  TRY(read_program(to, address, length));
  for (u64 i = 0; i < length; ++i) {
    if (to[i] == 0) return Piece{i, true};
  }
  return Piece{length, false};
}

}  // namespace

Outcome<ProgramPath> ProgramPath::load(u64 address) {
  constexpr u64 kAtOnce = 64;
  std::array<char, kAtOnce> first;
  char* text = nullptr;
  u64 length = 0;
  for (bool ended = false; !ended;) {
    if (length > kLongest) {
      give_runtime_pages(reinterpret_cast<u64>(text), 1);
      return fail(Errno::nametoolong);
    }
    // Most paths are short; a long one moves into a page.
    char* const to = text != nullptr ? text + length : first.data() + length;
    const u64 room = text != nullptr ? kPageSize - length : kAtOnce - length;
    const auto piece = load_piece(to, address + length, room < kAtOnce ? room : kAtOnce);
    if (!piece.ok()) {
      if (text != nullptr) give_runtime_pages(reinterpret_cast<u64>(text), 1);
      return fail(piece.error());
    }
    length += piece->length;
    ended = piece->ended;
    if (ended || text != nullptr || length < kAtOnce) continue;
    text = reinterpret_cast<char*>(TRY(take_runtime_pages(1)));
    memcpy(text, first.data(), length);
  }
  if (text != nullptr) return ProgramPath({text, length});
  text = static_cast<char*>(TRY(allocate(length + 1)));
  memcpy(text, first.data(), length);
  return ProgramPath({text, length});
}

Outcome<ProgramPath> ProgramPath::copy(Text text) {
  // As much memory as `load` takes for a path of this length.
  auto* const letters = static_cast<char*>(TRY(allocate(size_for(text.length))));
  memcpy(letters, text.data, text.length);
  letters[text.length] = 0;
  return ProgramPath({letters, text.length});
}

ProgramPath::~ProgramPath() {
  if (text_.data == nullptr) return;
  release_memory(const_cast<char*>(text_.data), size_for(text_.length));
}

Walk::~Walk() {
  if (page_ != 0) give_runtime_pages(page_, 1);
  if (buffer_ != nullptr) release_memory(buffer_, buffer_length_);
}

/// What is left of the path is `target` and, behind a slash, `rest`.
Outcome<> Walk::replace(Text target, Text rest) {
  if (++followed_ > kMostLinks) return fail(Errno::loop);
  const u64 length = target.length + (rest.length != 0 ? 1 + rest.length : 0);
  if (length > ProgramPath::kLongest) return fail(Errno::nametoolong);
  auto* const text = static_cast<char*>(TRY(allocate(length + 1)));
  memcpy(text, target.data, target.length);
  if (rest.length != 0) {
    text[target.length] = '/';
    memcpy(text + target.length + 1, rest.data, rest.length);
  }
  if (buffer_ != nullptr) release_memory(buffer_, buffer_length_);
  buffer_ = text;
  buffer_length_ = length + 1;
  rest_ = {text, length};
  return {};
}

/// What is called `component` in the directory `at`, or nullptr; fills in `entry`.
Inode* Walk::look_up(Inode& at, Text component) {
  if (at.synthetic == synthetic::descriptors) {
    auto link = descriptor_link(at, component);
    if (!link.ok()) return nullptr;
    made_ = std::move(*link);
    return made_.get();
  }
  if (at.synthetic == synthetic::threads) return names_thread(component) ? at.parent : nullptr;
  entry = at.entries.find(component);
  return entry != nullptr ? &through_mounts(*entry->inode) : nullptr;
}

Outcome<Text> Walk::target_of(const Inode& link) {
  if (link.synthetic == 0) return link.target_text();
  if (page_ == 0) page_ = TRY(take_runtime_pages(1));
  return synthetic_target(link, reinterpret_cast<char*>(page_));
}

/// The walk goes on at the file behind a descriptor: `inode`, or only `descriptor` when it has none.
Outcome<> Walk::follow_descriptor(const Inode& link) {
  if (++followed_ > kMostLinks) return fail(Errno::loop);
  const u64 number = link.device;
  const FileReference file = TRY(file_or_path_of(number));
  Inode* const behind = visit(*file, [](auto& kind) { return kind.inode(); });
  if (behind == nullptr) {
    descriptor = number;
    return {};
  }
  made_ = InodeReference(behind);
  inode = behind;
  return {};
}

/// One component; whether it was the last.
Outcome<bool> Walk::step(Inode*& at, Follow follow) {
  if (is_outside(*at)) {
    outside = at;
    return true;
  }
  const u64 length = component_length(rest_);
  const Text component{rest_.data, length};
  const Text after{rest_.data + length, rest_.length - length};
  rest_ = without_slashes(after);
  const bool last = rest_.length == 0;
  slash = last && after.length != 0;
  TRY(require_access(*at, kSearch));
  const bool dots = component == Text::of(".") || component == Text::of("..");
  if (dots) {
    if (length == 2) at = &parent_of(*at);
    if (!last) return false;
    directory = nullptr;
    name = component;
    inode = at;
    return true;
  }
  if (length > Directory::kLongestName) return fail(Errno::nametoolong);
  Inode* const there = look_up(*at, component);
  if (there == nullptr) {
    if (!last) return fail(Errno::noent);
    directory = at;
    name = component;
    return true;
  }
  if (there->is(file_mode::link) && (!last || slash || follow == Follow::yes)) {
    entry = nullptr;
    if (there->synthetic == synthetic::descriptor) {
      TRY(follow_descriptor(*there));
      name = component;
      if (descriptor != kNoDescriptor) {
        if (!last || slash) return fail(Errno::notdir);
        inode = there;
        return true;
      }
      if ((!last || slash) && !inode->is_directory()) return fail(Errno::notdir);
      at = inode;
      if (!last) inode = nullptr;
      return last;
    }
    const Text target = TRY(target_of(*there));
    TRY(replace(target, after));
    if (*rest_.data == '/') at = &root_directory();
    rest_ = without_slashes(rest_);
    if (rest_.length != 0) return false;
    inode = at;
    return true;
  }
  if (!last) {
    if (!there->is_directory()) return fail(Errno::notdir);
    at = there;
    entry = nullptr;
    return false;
  }
  if (slash && !there->is_directory()) return fail(Errno::notdir);
  directory = at;
  name = component;
  inode = there;
  return true;
}

Outcome<> Walk::go(Inode& start, Text path, Follow follow, Outside outside_is) {
  if (path.length == 0) return fail(Errno::noent);
  Inode* at = *path.data == '/' ? &root_directory() : &start;
  if (!at->is_directory()) return fail(Errno::notdir);
  rest_ = without_slashes(path);
  if (rest_.length == 0) {
    inode = at;
    return {};
  }
  while (!TRY(step(at, follow))) {
  }
  if (outside != nullptr && outside_is == Outside::refused) return fail(Errno::xdev);
  return {};
}

Outcome<Inode*> Walk::existing() const {
  if (inode == nullptr) return fail(Errno::noent);
  return inode;
}

Outcome<Inode*> Walk::vacant(Makes makes) const {
  if (inode != nullptr) return fail(Errno::exist);
  if (slash && makes != Makes::directory) return fail(Errno::noent);
  TRY(require_changeable(*directory));
  // A removed directory holds nothing any more.
  if (directory->links == 0) return fail(Errno::noent);
  return directory;
}

Outcome<> require_changeable(const Inode& directory) {
  if (directory.mount->read_only) return fail(Errno::rofs);
  return require_access(directory, kChange);
}

Outcome<> require_removable(const Inode& directory, const Inode& inode) {
  TRY(require_changeable(directory));
  constexpr u32 kSticky = 01000;
  if ((directory.mode & kSticky) != 0 && directory.uid != kUserId && inode.uid != kUserId) return fail(Errno::perm);
  return {};
}

Inode& working_directory() { return working != nullptr ? *working : root_directory(); }

void set_working_directory(Inode& directory) {
  directory.acquire();
  Inode* const before = std::exchange(working, &directory);
  if (before != nullptr) before->release();
}

std::optional<char*> path_of(Inode& inode, char* begin, char* end) {
  char* at = end;
  Inode* file = &inode;
  if (file->folder_name != nullptr) {
    const auto page = PathPage::make();
    const auto path = page.ok() ? folder_path_of(inode, page->text()) : Outcome<Text>(fail(Errno::nomem));
    if (!path.ok() || static_cast<u64>(at - begin) < path->length + 1) return std::nullopt;
    at -= path->length;
    memcpy(at, path->data, path->length);
    *--at = '/';
    file = inode.mount->root;
  }
  for (;;) {
    // The root of a mount has the name of the directory that it covers.
    while (file == file->mount->root && file->mount->covers != nullptr) file = file->mount->covers;
    if (file == first_mount().root) break;
    const Entry* const entry = file->entry;
    if (entry == nullptr || static_cast<u64>(at - begin) < entry->length + 1) return std::nullopt;
    at -= entry->length;
    memcpy(at, entry->name().data, entry->length);
    *--at = '/';
    file = entry->directory;
  }
  if (at == end) {
    if (at == begin) return std::nullopt;
    *--at = '/';
  }
  return at;
}

}  // namespace sgxx::enclave
