// SPDX-License-Identifier: Apache-2.0
//
// What a file is called after its name: stat, access, chmod, chown, times, size, the target of a link, the file system.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/syscall/path_argument.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"
#include "enclave/vfs/synthetic.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave::syscall {
namespace {

Follow follow_unless(u64 flags) { return (flags & at::no_follow) != 0 ? Follow::no : Follow::yes; }

Outcome<FileStatus> status_behind(u64 descriptor) {
  const FileReference file = TRY(file_or_path_of(descriptor));
  return visit(*file, [](auto& kind) { return kind.status(); });
}

/// stat of any flavour.
Outcome<FileStatus> find_status(u64 directory, u64 path, u64 flags) {
  if ((flags & at::empty_path) != 0 && static_cast<u32>(directory) != static_cast<u32>(kWorkingDirectory)) {
    const auto first = load<char>(path);
    // An open file need not have an inode.
    if (first.ok() && *first == 0) return status_behind(directory);
  }
  PathArgument argument = TRY(PathArgument::load(directory, path));
  if (const auto place = TRY(argument.outside(follow_unless(flags), PathArgument::Roots::too))) {
    return status_in_folder(*place, follow_unless(flags) == Follow::yes);
  }
  const InodeReference inode = TRY(find_file(directory, path, follow_unless(flags), flags));
  return status_of(*inode);
}

Outcome<u64> stat_file(u64 directory, u64 path, u64 flags, u64 to) {
  const FileStatus status = TRY(find_status(directory, path, flags));
  TRY(store(to, status));
  return u64{0};
}

struct StatxTime {
  i64 seconds;
  u32 nanoseconds;
  i32 reserved;
};

/// struct statx.
struct Statx {
  u32 mask, block_size;
  u64 attributes;
  u32 links, uid, gid;
  u16 mode, reserved0;
  u64 inode, size, blocks, attributes_mask;
  StatxTime accessed, born, changed, modified;
  u32 special_major, special_minor, device_major, device_minor;
  std::array<u64, 14> reserved;
};
static_assert(sizeof(Statx) == 256);

u32 major_of(u64 device) { return static_cast<u32>((device >> 8 & 0xfff) | (device >> 32 & ~0xfffu)); }
u32 minor_of(u64 device) { return static_cast<u32>((device & 0xff) | (device >> 12 & ~0xffu)); }

Statx statx_of(const FileStatus& status) {
  constexpr u32 kBasic = 0x7ff;
  const auto time = [](const FileStatus::Time& from) { return StatxTime{from.seconds, static_cast<u32>(from.nanoseconds), 0}; };
  Statx answer{};
  answer.mask = kBasic;
  answer.block_size = static_cast<u32>(status.block_size);
  answer.links = static_cast<u32>(status.links);
  answer.uid = status.uid;
  answer.gid = status.gid;
  answer.mode = static_cast<u16>(status.mode);
  answer.inode = status.inode;
  answer.size = static_cast<u64>(status.size);
  answer.blocks = static_cast<u64>(status.blocks);
  answer.accessed = time(status.accessed);
  answer.changed = time(status.changed);
  answer.modified = time(status.modified);
  answer.special_major = major_of(status.special_device);
  answer.special_minor = minor_of(status.special_device);
  answer.device_major = major_of(status.device);
  answer.device_minor = minor_of(status.device);
  return answer;
}

Outcome<u64> check_access(u64 directory, u64 path, u64 mode, u64 flags) {
  constexpr u64 kAll = 7, kWrite = 2;
  if ((mode & ~kAll) != 0 || (flags & ~(at::effective_access | at::no_follow | at::empty_path)) != 0) return fail(Errno::inval);
  const InodeReference inode = TRY(find_file(directory, path, follow_unless(flags), flags));
  if (is_outside(*inode)) {
    TRY(folder_access_to(*inode, static_cast<u32>(mode)));
    return u64{0};
  }
  const bool special = !inode->is(file_mode::regular) && !inode->is_directory() && !inode->is(file_mode::link);
  if ((mode & kWrite) != 0 && inode->mount->read_only && !special) return fail(Errno::rofs);
  TRY(require_access(*inode, static_cast<u32>(mode)));
  return u64{0};
}

/// The program's user may change the file's attributes: EROFS, EPERM.
Outcome<> require_owner(const Inode& inode) {
  if (inode.mount->read_only) return fail(Errno::rofs);
  return inode.uid == kUserId ? Outcome<>{} : fail(Errno::perm);
}

Outcome<u64> change_mode(Inode& inode, u64 mode) {
  if (is_outside(inode)) {
    TRY(change_folder_mode(inode, static_cast<u32>(mode) & file_mode::permissions));
    return u64{0};
  }
  TRY(require_owner(inode));
  if (inode.is(file_mode::link)) return fail(Errno::notsup);
  Guard guard(inode.lock);
  inode.mode = inode.type() | (static_cast<u32>(mode) & file_mode::permissions);
  inode.times.changed = file_time_now();
  note_attributes(inode);
  return u64{0};
}

/// A file can only be given to whom it belongs already: nobody in here is root.
Outcome<u64> change_owner(Inode& inode, u64 user, u64 group) {
  constexpr u32 kSame = ~u32{0};
  if (inode.mount->read_only) return fail(Errno::rofs);
  const u32 uid = static_cast<u32>(user), gid = static_cast<u32>(group);
  if (uid == kSame && gid == kSame) return u64{0};
  if (inode.uid != kUserId) return fail(Errno::perm);
  if ((uid != kSame && uid != inode.uid) || (gid != kSame && gid != kUserId)) return fail(Errno::perm);
  Guard guard(inode.lock);
  inode.times.changed = file_time_now();
  note_attributes(inode);
  return u64{0};
}

/// Times to set, one of them perhaps not at all.
struct NewTimes {
  std::optional<i64> accessed, modified;
  bool now = false;  // both, to the present: who may write to the file may do that
};

/// As the host takes them: the present is the host's own.
abi::NewFileTimes times_for_host(const NewTimes& times) {
  constexpr i64 kNow = 0x3fffffff, kOmit = 0x3ffffffe;
  const auto time = [&times](std::optional<i64> nanoseconds) {
    if (times.now) return abi::HostFileTime{0, kNow};
    if (!nanoseconds) return abi::HostFileTime{0, kOmit};
    const FileStatus::Time split = time_of(*nanoseconds);
    return abi::HostFileTime{split.seconds, split.nanoseconds};
  };
  return {time(times.accessed), time(times.modified)};
}

Outcome<u64> change_times(Inode& inode, const NewTimes& times) {
  constexpr u32 kWrite = 2;
  if (!times.accessed && !times.modified) return u64{0};
  if (is_outside(inode)) {
    TRY(change_folder_times(inode, times_for_host(times)));
    return u64{0};
  }
  if (inode.mount->read_only) return fail(Errno::rofs);
  if (inode.uid != kUserId) TRY(times.now ? require_access(inode, kWrite) : fail(Errno::perm));
  Guard guard(inode.lock);
  if (times.accessed) inode.times.accessed = *times.accessed;
  if (times.modified) inode.times.modified = *times.modified;
  inode.times.changed = file_time_now();
  note_attributes(inode);
  return u64{0};
}

NewTimes present() {
  const i64 now = file_time_now();
  return {now, now, true};
}

/// One struct timespec of utimensat.
Outcome<std::optional<i64>> time_to_set(const Timespec& time) {
  constexpr i64 kNow = 0x3fffffff, kOmit = 0x3ffffffe, kSecond = static_cast<i64>(kNanosecondsPerSecond);
  if (time.nanoseconds == kOmit) return std::optional<i64>();
  if (time.nanoseconds == kNow) return std::optional<i64>(file_time_now());
  if (time.nanoseconds < 0 || time.nanoseconds >= kSecond) return fail(Errno::inval);
  i64 total = 0;
  if (__builtin_mul_overflow(time.seconds, kSecond, &total) || __builtin_add_overflow(total, time.nanoseconds, &total)) {
    total = time.seconds < 0 ? INT64_MIN : INT64_MAX;
  }
  return std::optional<i64>(total);
}

Outcome<NewTimes> load_times(u64 address) {
  if (address == 0) return present();
  const auto pair = TRY((load<std::array<Timespec, 2>>(address)));
  NewTimes times;
  times.accessed = TRY(time_to_set(pair[0]));
  times.modified = TRY(time_to_set(pair[1]));
  constexpr i64 kNow = 0x3fffffff;
  times.now = pair[0].nanoseconds == kNow && pair[1].nanoseconds == kNow;
  return times;
}

/// struct timeval[2], whose parts are microseconds.
Outcome<NewTimes> load_microseconds(u64 address) {
  if (address == 0) return present();
  auto pair = TRY((load<std::array<Timespec, 2>>(address)));
  for (Timespec& time : pair) {
    if (time.nanoseconds < 0 || time.nanoseconds >= 1'000'000) return fail(Errno::inval);
    time.nanoseconds *= 1000;
  }
  return NewTimes{TRY(time_to_set(pair[0])), TRY(time_to_set(pair[1])), false};
}

Outcome<u64> read_outside_link(const Inode& link, u64 to, u64 size) {
  const PathPage page = TRY(PathPage::make());
  const Text target = TRY(folder_link_target(link, page.text()));
  const u64 length = target.length < size ? target.length : size;
  TRY(write_program(to, target.data, length));
  return length;
}

/// A link of /proc, whose target is made up when it is read.
Outcome<u64> read_synthetic_link(const Inode& link, u64 to, u64 size) {
  const u64 page = TRY(take_runtime_pages(1));
  const auto read = [&]() -> Outcome<u64> {
    Guard guard(tree_lock);
    const Text target = TRY(synthetic_target(link, reinterpret_cast<char*>(page)));
    const u64 length = target.length < size ? target.length : size;
    TRY(write_program(to, target.data, length));
    return length;
  };
  Outcome<u64> outcome = read();
  give_runtime_pages(page, 1);
  return outcome;
}

Outcome<u64> read_link(u64 directory, u64 path, u64 to, u64 raw_size) {
  const i32 size = static_cast<i32>(raw_size);
  if (size <= 0) return fail(Errno::inval);
  const bool from_here = static_cast<u32>(directory) == static_cast<u32>(kWorkingDirectory);
  const InodeReference inode = TRY(find_file(directory, path, Follow::no, from_here ? 0 : at::empty_path));
  if (!inode->is(file_mode::link)) return fail(Errno::inval);
  if (is_outside(*inode)) return read_outside_link(*inode, to, static_cast<u64>(size));
  if (inode->synthetic != 0) return read_synthetic_link(*inode, to, static_cast<u64>(size));
  const Text target = inode->target_text();
  const u64 length = target.length < static_cast<u64>(size) ? target.length : static_cast<u64>(size);
  TRY(write_program(to, target.data, length));
  return length;
}

/// struct statfs.
struct FileSystemStatus {
  u64 type, block_size, blocks, free_blocks, available_blocks, files, free_files, id, longest_name, fragment_size, flags;
  std::array<u64, 4> spare;
};
static_assert(sizeof(FileSystemStatus) == 120);
constexpr u64 kReadOnly = 1, kValidFlags = 0x20;

Outcome<u64> store_folder_space(const Mount& mount, u64 to) {
  constexpr u64 kFuseMagic = 0x65735546;  // a file system that somebody else serves
  const abi::FolderSpace space = TRY(host::folder_space(mount.folder));
  FileSystemStatus status{};
  status.type = kFuseMagic;
  status.block_size = status.fragment_size = space.block_size;
  status.blocks = space.blocks;
  status.free_blocks = space.free_blocks;
  status.available_blocks = space.available_blocks;
  status.files = space.files;
  status.free_files = space.free_files;
  status.longest_name = Directory::kLongestName;
  status.id = mount.device;
  status.flags = kValidFlags | (mount.read_only ? kReadOnly : 0);
  TRY(store(to, status));
  return u64{0};
}

Outcome<u64> store_volume_space(const Mount& mount, u64 to) {
  constexpr u64 kVolumeMagic = 0x58584753;  // "SGXX"
  if (mount.is_locked) return fail(Errno::nokey);
  const volume::VolumeInfo info = mount.volume->info();
  const u64 used = info.used_blocks + info.promised_blocks;
  FileSystemStatus status{};
  status.type = kVolumeMagic;
  status.block_size = status.fragment_size = volume::kBlockSize;
  status.blocks = info.most_blocks;
  status.free_blocks = status.available_blocks = used < info.most_blocks ? info.most_blocks - used : 0;
  status.files = info.objects + status.free_blocks;  // an object takes a part of a block
  status.free_files = status.free_blocks;
  status.longest_name = Directory::kLongestName;
  status.id = mount.device;
  status.flags = kValidFlags;
  TRY(store(to, status));
  return u64{0};
}

Outcome<u64> store_file_system(const Mount& mount, u64 to) {
  if (mount.kind == Mount::Kind::host) return store_folder_space(mount, to);
  if (mount.kind == Mount::Kind::encrypted) return store_volume_space(mount, to);
  constexpr u64 kMemoryMagic = 0x01021994, kProcessMagic = 0x9fa0;
  FileSystemStatus status{};
  const u64 used = mount.budget.used.load();
  status.type = mount.kind == Mount::Kind::process ? kProcessMagic : kMemoryMagic;
  status.block_size = status.fragment_size = kPageSize;
  status.blocks = mount.budget.most;
  status.free_blocks = status.available_blocks = used < mount.budget.most ? mount.budget.most - used : 0;
  status.longest_name = Directory::kLongestName;
  status.id = mount.device;
  status.flags = kValidFlags | (mount.read_only ? kReadOnly : 0);
  TRY(store(to, status));
  return u64{0};
}

}  // namespace

Outcome<u64> stat(SyscallFrame& frame) { return stat_file(kWorkingDirectory, frame.rdi, 0, frame.rsi); }
Outcome<u64> lstat(SyscallFrame& frame) { return stat_file(kWorkingDirectory, frame.rdi, at::no_follow, frame.rsi); }

Outcome<u64> newfstatat(SyscallFrame& frame) {
  if ((frame.r10 & ~(at::no_follow | at::no_automount | at::empty_path)) != 0) return fail(Errno::inval);
  return stat_file(frame.rdi, frame.rsi, frame.r10, frame.rdx);
}

Outcome<u64> statx(SyscallFrame& frame) {
  constexpr u64 kReserved = 0x80000000;
  if ((frame.rdx & ~(at::no_follow | at::no_automount | at::empty_path | at::statx_sync)) != 0) return fail(Errno::inval);
  if ((frame.rdx & at::statx_sync) == at::statx_sync || (frame.r10 & kReserved) != 0) return fail(Errno::inval);
  const FileStatus status = TRY(find_status(frame.rdi, frame.rsi, frame.rdx));
  TRY(store(frame.r8, statx_of(status)));
  return u64{0};
}

Outcome<u64> access(SyscallFrame& frame) { return check_access(kWorkingDirectory, frame.rdi, static_cast<u32>(frame.rsi), 0); }
Outcome<u64> faccessat(SyscallFrame& frame) { return check_access(frame.rdi, frame.rsi, static_cast<u32>(frame.rdx), 0); }
Outcome<u64> faccessat2(SyscallFrame& frame) {
  return check_access(frame.rdi, frame.rsi, static_cast<u32>(frame.rdx), frame.r10);
}

Outcome<u64> chmod(SyscallFrame& frame) {
  return change_mode(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes)), frame.rsi);
}
Outcome<u64> fchmod(SyscallFrame& frame) { return change_mode(*TRY(changeable_inode(frame.rdi)), frame.rsi); }
Outcome<u64> fchmodat(SyscallFrame& frame) { return change_mode(*TRY(find_file(frame.rdi, frame.rsi, Follow::yes)), frame.rdx); }

Outcome<u64> chown(SyscallFrame& frame) {
  return change_owner(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes)), frame.rsi, frame.rdx);
}
Outcome<u64> lchown(SyscallFrame& frame) {
  return change_owner(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::no)), frame.rsi, frame.rdx);
}
Outcome<u64> fchown(SyscallFrame& frame) { return change_owner(*TRY(changeable_inode(frame.rdi)), frame.rsi, frame.rdx); }
Outcome<u64> fchownat(SyscallFrame& frame) {
  if ((frame.r8 & ~(at::no_follow | at::empty_path)) != 0) return fail(Errno::inval);
  return change_owner(*TRY(find_file(frame.rdi, frame.rsi, follow_unless(frame.r8), frame.r8)), frame.rdx, frame.r10);
}

Outcome<u64> utimensat(SyscallFrame& frame) {
  if ((frame.r10 & ~(at::no_follow | at::empty_path)) != 0) return fail(Errno::inval);
  const NewTimes times = TRY(load_times(frame.rdx));
  if (frame.rsi == 0 && static_cast<u32>(frame.rdi) == static_cast<u32>(kWorkingDirectory)) return fail(Errno::fault);
  if (frame.rsi == 0) return change_times(*TRY(changeable_inode(frame.rdi)), times);
  return change_times(*TRY(find_file(frame.rdi, frame.rsi, follow_unless(frame.r10), frame.r10)), times);
}

Outcome<u64> utimes(SyscallFrame& frame) {
  const NewTimes times = TRY(load_microseconds(frame.rsi));
  return change_times(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes)), times);
}

Outcome<u64> futimesat(SyscallFrame& frame) {
  const NewTimes times = TRY(load_microseconds(frame.rdx));
  return change_times(*TRY(find_file(frame.rdi, frame.rsi, Follow::yes)), times);
}

Outcome<u64> utime(SyscallFrame& frame) {
  NewTimes times = present();
  if (frame.rsi != 0) {
    const auto seconds = TRY((load<std::array<i64, 2>>(frame.rsi)));
    times = {TRY(time_to_set({seconds[0], 0})), TRY(time_to_set({seconds[1], 0})), false};
  }
  return change_times(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes)), times);
}

Outcome<u64> truncate(SyscallFrame& frame) {
  constexpr u32 kWrite = 2;
  if (static_cast<i64>(frame.rsi) < 0) return fail(Errno::inval);
  const InodeReference inode = TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes));
  if (inode->is_directory()) return fail(Errno::isdir);
  if (is_outside(*inode)) {
    TRY(resize_in_folder(*inode, frame.rsi));
    return u64{0};
  }
  if (!inode->is(file_mode::regular) || inode->synthetic != 0) return fail(Errno::inval);
  if (inode->mount->read_only) return fail(Errno::rofs);
  TRY(require_access(*inode, kWrite));
  TRY(resize_file(*inode, frame.rsi));
  return u64{0};
}

Outcome<u64> readlink(SyscallFrame& frame) { return read_link(kWorkingDirectory, frame.rdi, frame.rsi, frame.rdx); }
Outcome<u64> readlinkat(SyscallFrame& frame) { return read_link(frame.rdi, frame.rsi, frame.rdx, frame.r10); }

Outcome<u64> statfs(SyscallFrame& frame) {
  return store_file_system(*TRY(find_file(kWorkingDirectory, frame.rdi, Follow::yes))->mount, frame.rsi);
}

Outcome<u64> fstatfs(SyscallFrame& frame) {
  const FileReference file = TRY(file_or_path_of(frame.rdi));
  const Inode* const inode = visit(*file, [](auto& kind) { return kind.inode(); });
  return store_file_system(inode != nullptr ? *inode->mount : anonymous_mount(), frame.rsi);
}

}  // namespace sgxx::enclave::syscall
