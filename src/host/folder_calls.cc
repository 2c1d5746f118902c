// SPDX-License-Identifier: Apache-2.0
#include "host/folder_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "abi/folder.h"
#include "base/descriptor.h"

namespace sgxx::host {
namespace {

using abi::HostCallNumber;

constexpr u64 kNoOffset = ~u64{0};

/// `result`, or errno as one of the errors that the call may have.
i64 reply_of(i64 result, std::span<const i32> errors) {
  if (result >= 0) return result;
  const int error = errno;
  return std::find(errors.begin(), errors.end(), error) != errors.end() ? -error : -EIO;
}
i64 name_reply(i64 result) { return reply_of(result, abi::kNameErrors); }

/// Again while only a signal is in the way.
template <class Call>
auto retrying(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int open_beneath(const Folder& folder, const std::string& path, u64 flags, u64 mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const char* const name = path.empty() ? "." : path.c_str();
  // EAGAIN: something was renamed while the kernel looked, so that it cannot be sure to be beneath.
  for (int tries = 0;; ++tries) {
    const auto opened = retrying([&] { return syscall(SYS_openat2, folder.descriptor, name, &how, sizeof how); });
    if (opened >= 0 || errno != EAGAIN || tries == 100) return static_cast<int>(opened);
  }
}

/// The directory that a path's last name lies in, and that name with the slashes behind it.
struct LastName {
  Descriptor directory;
  std::string name;
};
LastName last_name(const Folder& folder, const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? end : path.rfind('/', end);
  if (slash == std::string::npos) return {Descriptor(open_beneath(folder, "", O_PATH | O_DIRECTORY)), path};
  return {Descriptor(open_beneath(folder, path.substr(0, slash), O_PATH | O_DIRECTORY)), path.substr(slash + 1)};
}

abi::HostFileTime time_of(const timespec& time) { return {time.tv_sec, time.tv_nsec}; }

abi::FileAttributes attributes_of(const struct stat& status) {
  abi::FileAttributes attributes{};
  attributes.number = status.st_ino;
  attributes.size = static_cast<u64>(status.st_size);
  attributes.blocks = static_cast<u64>(status.st_blocks);
  attributes.links = status.st_nlink;
  attributes.mode = status.st_mode;
  attributes.owned = (status.st_uid == geteuid() ? 1u : 0u) | (status.st_gid == getegid() ? 2u : 0u);
  attributes.accessed = time_of(status.st_atim);
  attributes.modified = time_of(status.st_mtim);
  attributes.changed = time_of(status.st_ctim);
  return attributes;
}

/// What one call needs.
class Service {
 public:
  Service(Process& process, HostThread& thread, const abi::HostCall& call)
      : process_(process), area_(*thread.area), call_(call) {}

  i64 open();
  i64 read() const;
  i64 write();
  i64 status();
  i64 list();
  i64 path_status();
  i64 access() const;
  i64 make() const;
  i64 remove() const;
  i64 rename() const;
  i64 link() const;
  i64 make_link() const;
  i64 read_link();
  i64 set_mode() const;
  i64 set_times() const;
  i64 space();

  int descriptor() const { return process_.handles().descriptor(call_.args[0]); }
  /// Null when there is no such folder, or it may not be changed.
  const Folder* folder(u64 index) const { return index < process_.folders().size() ? &process_.folders()[index] : nullptr; }
  bool is_writable() const {
    const Folder* const found = folder(call_.args[0]);
    return found != nullptr && !found->read_only;
  }

 private:
  /// `length` bytes from `offset` of the data on.
  std::string text(u64 length, u64 offset = 0) const {
    if (length > abi::kLongestHostPath || offset > abi::kHostDataSize - abi::kLongestHostPath) return {};
    return {reinterpret_cast<const char*>(area_.data.data() + offset), length};
  }
  std::string path() const { return text(call_.args[1]); }
  std::string second() const { return text(call_.args[2], align_up(call_.args[1], 8)); }
  const Folder& own_folder() const { return *folder(call_.args[0]); }
  template <class T>
  void put(const T& value) {
    std::memcpy(area_.data.data(), &value, sizeof value);
  }
  i64 put_status(int file, std::span<const i32> errors);
  Descriptor find(u64 follow) const {
    return Descriptor(open_beneath(own_folder(), path(), O_PATH | (follow != 0 ? 0 : O_NOFOLLOW)));
  }

  Process& process_;
  abi::HostArea& area_;
  const abi::HostCall& call_;
};

i64 Service::put_status(int file, std::span<const i32> errors) {
  struct stat status {};
  if (fstat(file, &status) != 0) return reply_of(-1, errors);
  put(attributes_of(status));
  return 0;
}

// Without waiting, so that a pipe does not keep us; what is no file and no directory is closed again at once.
i64 Service::open() {
  constexpr u64 kAllowed = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_DIRECTORY | O_NOFOLLOW;
  const Folder* const where = folder(call_.args[1]);
  const u64 flags = call_.args[3] & kAllowed;
  if (where == nullptr) return -ENOENT;
  if (where->read_only && ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0)) return -EROFS;
  const u64 mode = (flags & O_CREAT) != 0 ? call_.args[4] & 07777 : 0;
  Descriptor file(open_beneath(*where, text(call_.args[2]), flags | O_NOCTTY | O_NONBLOCK, mode));
  if (!file.is_open()) return name_reply(-1);
  struct stat status {};
  if (fstat(file.number(), &status) != 0) return name_reply(-1);
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return -EACCES;
  // One volume, two enclaves: neither would find its own state again.
  const bool is_volume = where->holds_volume && S_ISREG(status.st_mode);
  if (is_volume && flock(file.number(), LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? -EBUSY : name_reply(-1);
  put(attributes_of(status));
  const i64 adopted = process_.handles().adopt(call_.args[0], file.take());
  return adopted == -EBADF ? -EMFILE : adopted;
}

i64 Service::read() const {
  const u64 length = std::min(call_.args[1], abi::kHostDataSize);
  const auto offset = static_cast<off_t>(call_.args[2]);
  return reply_of(retrying([&] { return pread(descriptor(), area_.data.data(), length, offset); }), abi::kReadErrors);
}

i64 Service::write() {
  const bool appends = call_.args[2] == kNoOffset;
  const iovec piece{area_.data.data(), std::min(call_.args[1], abi::kHostDataSize)};
  const off_t offset = appends ? 0 : static_cast<off_t>(call_.args[2]);
  const auto written = retrying([&] { return pwritev2(descriptor(), &piece, 1, offset, appends ? RWF_APPEND : 0); });
  if (written > 0 && appends) put(static_cast<i64>(lseek(descriptor(), 0, SEEK_END)));
  return reply_of(written, abi::kWriteErrors);
}

i64 Service::status() { return put_status(descriptor(), abi::kReadErrors); }

i64 Service::list() {
  constexpr size_t kAtOnce = 16 * 1024;
  alignas(8) std::array<char, kAtOnce> bytes;
  if (call_.args[1] == 1 && lseek(descriptor(), 0, SEEK_SET) != 0) return reply_of(-1, abi::kReadErrors);
  u64 done = 0;
  // A name takes less room here than in what the kernel says, so one answer of the kernel's fits.
  while (done == 0) {
    const auto length = retrying([&] { return syscall(SYS_getdents64, descriptor(), bytes.data(), bytes.size()); });
    if (length <= 0) return reply_of(length, abi::kReadErrors);
    for (long at = 0; at < length;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(bytes.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const abi::FolderEntry answer{entry->d_ino, static_cast<u32>(name.size()), u32{entry->d_type} << 12};
      std::memcpy(area_.data.data() + done, &answer, sizeof answer);
      std::memcpy(area_.data.data() + done + sizeof answer, name.data(), name.size());
      done += sizeof answer + align_up(name.size(), 8);
    }
  }
  return static_cast<i64>(done);
}

i64 Service::path_status() {
  const Descriptor file = find(call_.args[2]);
  return file.is_open() ? put_status(file.number(), abi::kNameErrors) : name_reply(-1);
}

i64 Service::access() const {
  const Descriptor file = find(call_.args[3]);
  if (!file.is_open()) return name_reply(-1);
  return name_reply(syscall(SYS_faccessat2, file.number(), "", call_.args[2] & 7, AT_EMPTY_PATH | AT_EACCESS));
}

i64 Service::make() const {
  const LastName last = last_name(own_folder(), path());
  return name_reply(last.directory.is_open() ? mkdirat(last.directory.number(), last.name.c_str(), call_.args[2] & 07777) : -1);
}

i64 Service::remove() const {
  const LastName last = last_name(own_folder(), path());
  const int flags = call_.args[2] == 1 ? AT_REMOVEDIR : 0;
  return name_reply(last.directory.is_open() ? unlinkat(last.directory.number(), last.name.c_str(), flags) : -1);
}

i64 Service::rename() const {
  const LastName from = last_name(own_folder(), path());
  if (!from.directory.is_open()) return name_reply(-1);
  const LastName to = last_name(own_folder(), second());
  if (!to.directory.is_open()) return name_reply(-1);
  const auto flags = static_cast<unsigned>(call_.args[3] & (RENAME_NOREPLACE | RENAME_EXCHANGE));
  return name_reply(renameat2(from.directory.number(), from.name.c_str(), to.directory.number(), to.name.c_str(), flags));
}

i64 Service::link() const {
  const LastName from = last_name(own_folder(), path());
  if (!from.directory.is_open()) return name_reply(-1);
  const LastName to = last_name(own_folder(), second());
  if (!to.directory.is_open()) return name_reply(-1);
  return name_reply(linkat(from.directory.number(), from.name.c_str(), to.directory.number(), to.name.c_str(), 0));
}

i64 Service::make_link() const {
  const LastName last = last_name(own_folder(), path());
  return name_reply(last.directory.is_open() ? symlinkat(second().c_str(), last.directory.number(), last.name.c_str()) : -1);
}

i64 Service::read_link() {
  const Descriptor link = find(0);
  if (!link.is_open()) return name_reply(-1);
  auto* const to = reinterpret_cast<char*>(area_.data.data());
  const auto length = readlinkat(link.number(), "", to, abi::kLongestHostPath);
  // ENOENT is what an empty name says of a file that is no link.
  if (length < 0 && errno == ENOENT) errno = EINVAL;
  return name_reply(length);
}

i64 Service::set_mode() const {
  const Descriptor file = find(1);
  if (!file.is_open()) return name_reply(-1);
  // fchmod takes no O_PATH descriptor; its name in /proc leads to the same file.
  const std::string name = "/proc/self/fd/" + std::to_string(file.number());
  return name_reply(chmod(name.c_str(), static_cast<mode_t>(call_.args[2] & 07777)));
}

i64 Service::set_times() const {
  abi::NewFileTimes times{};
  std::memcpy(&times, area_.data.data(), sizeof times);
  const timespec both[2] = {{times.accessed.seconds, times.accessed.nanoseconds},
                            {times.modified.seconds, times.modified.nanoseconds}};
  const u64 flags = O_PATH | (call_.args[2] != 0 ? 0 : O_NOFOLLOW);
  const Descriptor file(open_beneath(own_folder(), text(call_.args[1], sizeof times), flags));
  if (!file.is_open()) return name_reply(-1);
  return name_reply(utimensat(file.number(), "", both, AT_EMPTY_PATH));
}

i64 Service::space() {
  struct statfs status {};
  if (fstatfs(own_folder().descriptor, &status) != 0) return name_reply(-1);
  put(abi::FolderSpace{static_cast<u64>(status.f_bsize), status.f_blocks, status.f_bfree, status.f_bavail, status.f_files,
                       status.f_ffree});
  return 0;
}

/// Calls on an open file.
std::optional<i64> serve_file_call(Service& service, const abi::HostCall& call) {
  const auto& args = call.args;
  const int file = service.descriptor();
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::file_read: return service.read();
    case HostCallNumber::file_write: return service.write();
    case HostCallNumber::file_status: return service.status();
    case HostCallNumber::folder_list: return service.list();
    case HostCallNumber::file_find:
      return reply_of(lseek(file, static_cast<off_t>(args[1]), args[2] == 1 ? SEEK_DATA : SEEK_HOLE), abi::kReadErrors);
    case HostCallNumber::file_resize:
      return reply_of(retrying([&] { return ftruncate(file, static_cast<off_t>(args[1])); }), abi::kWriteErrors);
    case HostCallNumber::file_sync:
      return reply_of(retrying([&] { return args[1] == 1 ? fdatasync(file) : fsync(file); }), abi::kWriteErrors);
    case HostCallNumber::file_reserve:
      return reply_of(retrying([&] {
                        return fallocate(file, static_cast<int>(args[1]), static_cast<off_t>(args[2]),
                                         static_cast<off_t>(args[3]));
                      }),
                      abi::kWriteErrors);
    default: return {};
  }
}

/// Calls on paths.
i64 serve_path_call(Service& service, HostCallNumber number) {
  switch (number) {
    case HostCallNumber::folder_status: return service.path_status();
    case HostCallNumber::folder_access: return service.access();
    case HostCallNumber::folder_read_link: return service.read_link();
    case HostCallNumber::folder_space: return service.space();
    default: break;
  }
  if (!service.is_writable()) return -EROFS;
  switch (number) {
    case HostCallNumber::folder_make: return service.make();
    case HostCallNumber::folder_remove: return service.remove();
    case HostCallNumber::folder_rename: return service.rename();
    case HostCallNumber::folder_link: return service.link();
    case HostCallNumber::folder_make_link: return service.make_link();
    case HostCallNumber::folder_set_mode: return service.set_mode();
    case HostCallNumber::folder_set_times: return service.set_times();
    default: return -EIO;
  }
}

}  // namespace

std::optional<i64> serve_folder_call(Process& process, HostThread& thread, const abi::HostCall& call) {
  const auto number = static_cast<HostCallNumber>(call.number);
  if (number < HostCallNumber::folder_open || number > HostCallNumber::file_find) return {};
  Service service(process, thread, call);
  if (number == HostCallNumber::folder_open) return service.open();
  if (const auto reply = serve_file_call(service, call)) return reply;
  if (service.folder(call.args[0]) == nullptr) return -ENOENT;
  return serve_path_call(service, number);
}

}  // namespace sgxx::host
