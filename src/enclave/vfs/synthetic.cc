// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/synthetic.h"

#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/random.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/walk.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kReadable = 0444;

Outcome<> random_to_program(Transfer& transfer) {
  while (transfer.remaining() != 0) {
    const u64 word = random_word();
    TRY(transfer.to_program(&word, transfer.remaining() < sizeof(word) ? transfer.remaining() : sizeof(word)));
  }
  return {};
}

/// A decimal number of at most six digits; ENOENT.
Outcome<u64> number_in(Text name) {
  constexpr u64 kMostDigits = 6;
  u64 number = 0;
  if (name.length == 0 || name.length > kMostDigits) return fail(Errno::noent);
  for (u64 i = 0; i < name.length; ++i) {
    const char digit = name.data[i];
    if (digit < '0' || digit > '9') return fail(Errno::noent);
    number = number * 10 + static_cast<u64>(digit - '0');
  }
  return number;
}

void make_device(Text path, SyntheticId id, u64 major, u64 minor) {
  Inode& device = make_node(path, file_mode::character | 0666);
  device.synthetic = id;
  device.device = major << 8 | minor;
}

void make_text(Text path, SyntheticId id) { make_node(path, file_mode::regular | kReadable).synthetic = id; }

void make_constant(Text path, Text text) {
  make_node(path, file_mode::regular | kReadable).contents.use_measured(reinterpret_cast<u64>(text.data), text.length);
}

void make_link(Text path, Text target) {
  Inode& link = make_node(path, file_mode::link | 0777);
  link.target = const_cast<char*>(target.data);
  link.owns_target = false;
  link.target_length = static_cast<u32>(target.length);
}

Mount& mount_own(Mount::Kind kind, Text type, Text path, u32 permissions, u64 pages) {
  Mount& mount = make_mount(kind, type, permissions, pages);
  mount.root->uid = mount.root->gid = 0;
  mount_at(mount, make_directories(path));
  return mount;
}

}  // namespace

Outcome<> DeviceFile::read(Transfer& transfer) {
  switch (id_) {
    case synthetic::null: return {};
    case synthetic::zero:
    case synthetic::full: return transfer.zeroes_to_program(transfer.remaining());
    default: return random_to_program(transfer);
  }
}

Outcome<> DeviceFile::write(Transfer& transfer) {
  if (id_ == synthetic::full) return transfer.remaining() == 0 ? Outcome<>{} : Outcome<>(fail(Errno::nospc));
  return transfer.skip(transfer.remaining());
}

Outcome<> TextFile::read_locked(Transfer& transfer, u64& position) {
  if (position == 0) {
    text_.clear();
    write_text(id_, text_);
    if (!text_.is_whole()) return fail(Errno::nomem);
  }
  const Text text = text_.text();
  if (position >= text.length) return {};
  const u64 left = text.length - position;
  const u64 part = left < transfer.remaining() ? left : transfer.remaining();
  position += part;
  return transfer.to_program(text.data + position - part, part);
}

Outcome<> TextFile::read(Transfer& transfer) {
  Guard guard(lock_);
  return read_locked(transfer, position_);
}

Outcome<> TextFile::read_at(Transfer& transfer, u64 offset) {
  Guard guard(lock_);
  return read_locked(transfer, offset);
}

Outcome<u64> TextFile::seek(i64 offset, u32 whence) {
  Guard guard(lock_);
  if (whence > 1) return fail(Errno::inval);
  const i64 target = whence == 1 ? static_cast<i64>(position_) + offset : offset;
  if (target < 0) return fail(Errno::inval);
  return position_ = static_cast<u64>(target);
}

void make_synthetic_files() {
  mount_own(Mount::Kind::process, Text::of("proc"), Text::of("/proc"), 0555, 0).read_only = true;
  mount_own(Mount::Kind::process, Text::of("sysfs"), Text::of("/sys"), 0555, 0).read_only = true;
#define SGXX_X(id, path, major, minor) make_device(Text::of(path), synthetic::id, major, minor);
  SGXX_DEVICES(SGXX_X)
#undef SGXX_X
#define SGXX_X(id, path) make_text(Text::of(path), synthetic::id);
  SGXX_TEXTS(SGXX_X)
#undef SGXX_X
#define SGXX_X(path, text) make_constant(Text::of(path), Text::of(text));
  SGXX_CONSTANT_TEXTS(SGXX_X)
#undef SGXX_X
#define SGXX_X(path, target) make_link(Text::of(path), Text::of(target));
  SGXX_LINKS(SGXX_X)
#undef SGXX_X
  make_directories(Text::of("/proc/self/fd")).synthetic = synthetic::descriptors;
  make_directories(Text::of("/proc/self/task")).synthetic = synthetic::threads;
  make_node(Text::of("/proc/self/cwd"), file_mode::link | 0777).synthetic = synthetic::working_directory;
  mount_own(Mount::Kind::memory, Text::of("tmpfs"), Text::of("/dev/shm"), 01777, enclave_config.heap.length / 2 / kPageSize);
}

Outcome<FileReference> open_synthetic(Inode& inode, u32 flags) {
  if (inode.synthetic > synthetic::first_text) return FileReference(TRY(create<TextFile>(flags, inode)));
  return FileReference(TRY(create<DeviceFile>(flags, inode)));
}

Outcome<InodeReference> descriptor_link(Inode& directory, Text name) {
  const u64 number = TRY(number_in(name));
  if (!file_or_path_of(number).ok()) return fail(Errno::noent);
  InodeReference link = TRY(make_inode(*directory.mount, file_mode::link | 0700));
  link->synthetic = synthetic::descriptor;
  link->device = number;
  link->links = 1;
  return link;
}

bool names_thread(Text name) {
  const auto number = number_in(name);
  return number.ok() && *number != 0 && is_thread(static_cast<i32>(*number));
}

Outcome<Text> synthetic_target(const Inode& link, char* page) {
  char* const end = page + kPageSize;
  Inode* inode = &working_directory();
  if (link.synthetic == synthetic::descriptor) {
    const FileReference file = TRY(file_or_path_of(link.device));
    inode = visit(*file, [](auto& kind) { return kind.inode(); });
    if (inode == nullptr) {
      const Text kind = file->kind() == FileKind::pipe_end ? Text::of("pipe:[1]") : Text::of("anon_inode:[file]");
      memcpy(page, kind.data, kind.length);
      return Text{page, kind.length};
    }
    const auto path = path_of(*inode, page, end);
    if (!path) return fail(Errno::noent);
    return Text{*path, static_cast<u64>(end - *path)};
  }
  const auto path = path_of(*inode, page, end);
  if (!path) return fail(Errno::noent);
  return Text{*path, static_cast<u64>(end - *path)};
}

}  // namespace sgxx::enclave
