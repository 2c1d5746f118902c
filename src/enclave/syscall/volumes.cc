// SPDX-License-Identifier: Apache-2.0
//
// The system calls of abi/program_call.h on encrypted volumes: the program's part of keys and freshness.
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/syscall/table.h"
#include "enclave/vfs/walk.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave::syscall {
namespace {

/// The mount whose root the path leads to; ENODEV when that is no volume.
Outcome<Mount*> volume_mount(u64 address) {
  const ProgramPath path = TRY(ProgramPath::load(address));
  Guard guard(tree_lock);
  Walk walk;
  TRY(walk.go(working_directory(), path.text(), Follow::yes));
  Inode& inode = *TRY(walk.existing());
  if (inode.mount->kind != Mount::Kind::encrypted || &inode != inode.mount->root) return fail(Errno::nodev);
  return inode.mount;
}

Outcome<Mount*> open_volume(u64 address) {
  Mount* const mount = TRY(volume_mount(address));
  return mount->volume->is_open() ? Outcome<Mount*>(mount) : fail(Errno::nokey);
}

/// What of the program's holds a key; wiped at its end.
template <class T>
class Secret {
 public:
  explicit Secret(const T& value) : value_(value) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() {
    memset(&value_, 0, sizeof value_);
    asm volatile("" : : "r"(&value_) : "memory");
  }
  T& operator*() { return value_; }
  T* operator->() { return &value_; }

 private:
  T value_;
};

volume::Anchor anchor_of(const abi::VolumeAnchor& anchor) { return {anchor.generation, anchor.state}; }
abi::VolumeAnchor wire_of(const volume::Anchor& anchor) { return {anchor.generation, anchor.state}; }

}  // namespace

Outcome<u64> volume_open(SyscallFrame& frame) {
  constexpr u32 kFlags = abi::volume_flag::create | abi::volume_flag::expected;
  Mount& mount = *TRY(volume_mount(frame.rdi));
  MountedVolume& volume = *mount.volume;
  Secret<abi::VolumeOpening> opening(TRY(load<abi::VolumeOpening>(frame.rsi)));
  TRY(check_writable(frame.rsi, sizeof(abi::VolumeOpening)));
  const bool knows = (opening->flags & abi::volume_flag::expected) != 0;
  const bool creates = (opening->flags & abi::volume_flag::create) != 0;
  const bool must_know = volume.settings().freshness == abi::VolumeFreshness::program;
  if ((opening->flags & ~kFlags) != 0 || knows != must_know) return fail(Errno::inval);
  if (creates && !volume.settings().create) return fail(Errno::noent);
  MountedVolume::Opening request;
  request.secret = opening->key;
  request.create = creates;
  request.knows = knows;
  request.expected = anchor_of(opening->expected);
  if (!creates) request.id = opening->volume;
  opening->created = TRY(volume.open(request)) ? 1 : 0;
  mount.is_locked = false;
  const volume::VolumeInfo info = volume.info();
  opening->volume = info.id;
  opening->state = wire_of(info.anchor);
  opening->key = {};
  TRY(store(frame.rsi, *opening));
  return u64{0};
}

Outcome<u64> volume_wait(SyscallFrame& frame) {
  MountedVolume& volume = *TRY(open_volume(frame.rdi))->volume;
  if (volume.settings().freshness != abi::VolumeFreshness::program) return fail(Errno::inval);
  TRY(check_writable(frame.rsi, sizeof(abi::VolumeAdvance)));
  const abi::VolumeAdvance advance = TRY(volume.await_published());
  TRY(store(frame.rsi, advance));
  return u64{0};
}

Outcome<u64> volume_anchored(SyscallFrame& frame) {
  MountedVolume& volume = *TRY(open_volume(frame.rdi))->volume;
  const auto anchor = TRY(load<abi::VolumeAnchor>(frame.rsi));
  const i32 error = static_cast<i32>(frame.rdx);
  constexpr i32 kLastErrno = 133;
  if (error < 0 || error > kLastErrno) return fail(Errno::inval);
  volume.note_advanced(anchor_of(anchor), error != 0 ? std::optional(static_cast<Errno>(error)) : std::nullopt);
  return u64{0};
}

Outcome<u64> volume_rewrap(SyscallFrame& frame) {
  MountedVolume& volume = *TRY(open_volume(frame.rdi))->volume;
  Secret<abi::VolumeRewrap> rewrap(TRY(load<abi::VolumeRewrap>(frame.rsi)));
  constexpr u32 kKinds = 3;
  if (rewrap->kind >= kKinds) return fail(Errno::inval);
  TRY(volume.rewrap(static_cast<abi::VolumeKey>(rewrap->kind), rewrap->key));
  return u64{0};
}

Outcome<u64> volume_info(SyscallFrame& frame) {
  MountedVolume& volume = *TRY(volume_mount(frame.rdi))->volume;
  abi::VolumeInfo info{};
  info.key = static_cast<u32>(volume.settings().key);
  info.freshness = static_cast<u32>(volume.settings().freshness);
  info.blocks = volume.settings().most_blocks;
  if (volume.is_open()) {
    const volume::VolumeInfo told = volume.info();
    info.volume = told.id;
    info.published = wire_of(told.anchor);
    info.anchored = wire_of(volume.anchored());
    info.blocks = told.most_blocks;
    info.used_blocks = told.used_blocks;
    info.objects = told.objects;
    info.state = static_cast<u32>(abi::VolumeState::open);
  } else {
    const auto sight = TRY(volume.look());
    info.volume = sight.id;
    info.state = static_cast<u32>(sight.exists ? abi::VolumeState::locked : abi::VolumeState::absent);
  }
  TRY(store(frame.rsi, info));
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
