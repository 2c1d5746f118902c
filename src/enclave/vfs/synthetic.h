// SPDX-License-Identifier: Apache-2.0
//
// Files that libraries expect and that no mount holds: devices in /dev, what /proc and /sys say, a few of /etc. None of them asks
// the host: what they say comes from the runtime and the measured configuration.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/vfs/node_file.h"
#include "enclave/vfs/text_writer.h"

namespace sgxx::enclave {

/// X(id, path, major, minor): devices, with their numbers.
#define SGXX_DEVICES(X)          \
  X(null, "/dev/null", 1, 3)     \
  X(zero, "/dev/zero", 1, 5)     \
  X(full, "/dev/full", 1, 7)     \
  X(random, "/dev/random", 1, 8) \
  X(urandom, "/dev/urandom", 1, 9)

/// X(id, path): files whose text a function `write_ID` (process_files.cc) makes anew whenever they are read from the start.
#define SGXX_TEXTS(X)                                  \
  X(maps, "/proc/self/maps")                           \
  X(process_status, "/proc/self/status")               \
  X(process_stat, "/proc/self/stat")                   \
  X(memory_pages, "/proc/self/statm")                  \
  X(command_line, "/proc/self/cmdline")                \
  X(command_name, "/proc/self/comm")                   \
  X(environment, "/proc/self/environ")                 \
  X(auxiliary_vector, "/proc/self/auxv")               \
  X(limits, "/proc/self/limits")                       \
  X(mounts, "/proc/self/mounts")                       \
  X(cpu_info, "/proc/cpuinfo")                         \
  X(memory_info, "/proc/meminfo")                      \
  X(system_stat, "/proc/stat")                         \
  X(uptime, "/proc/uptime")                            \
  X(load_average, "/proc/loadavg")                     \
  X(boot_id, "/proc/sys/kernel/random/boot_id")        \
  X(uuid, "/proc/sys/kernel/random/uuid")              \
  X(cpus_online, "/sys/devices/system/cpu/online")     \
  X(cpus_possible, "/sys/devices/system/cpu/possible") \
  X(cpus_present, "/sys/devices/system/cpu/present")

/// UTC as a time zone file (RFC 8536): a header and one type of local time, in the first version of the format and in the second.
#define SGXX_TIME_ZONE_PART "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4\0\0\0\0\0\0UTC\0"
#define SGXX_TIME_ZONE SGXX_TIME_ZONE_PART SGXX_TIME_ZONE_PART "\nUTC0\n"

/// X(path, text): files that always say the same.
#define SGXX_CONSTANT_TEXTS(X)                                                           \
  X("/proc/version", "Linux version 6.1.0-sgxx (sgxx) #1 sgxx\n")                        \
  X("/proc/filesystems", "nodev\tproc\nnodev\ttmpfs\n")                                  \
  X("/proc/self/cgroup", "0::/\n")                                                       \
  X("/proc/sys/kernel/osrelease", "6.1.0-sgxx\n")                                        \
  X("/proc/sys/kernel/ostype", "Linux\n")                                                \
  X("/proc/sys/kernel/version", "#1 sgxx\n")                                             \
  X("/proc/sys/kernel/hostname", "enclave\n")                                            \
  X("/proc/sys/kernel/pid_max", "32768\n")                                               \
  X("/proc/sys/kernel/threads-max", "4096\n")                                            \
  X("/proc/sys/kernel/ngroups_max", "65536\n")                                           \
  X("/proc/sys/vm/overcommit_memory", "2\n")                                             \
  X("/proc/sys/vm/max_map_count", "65530\n")                                             \
  X("/proc/sys/fs/file-max", "65536\n")                                                  \
  X("/proc/sys/fs/nr_open", "65536\n")                                                   \
  X("/proc/sys/fs/pipe-max-size", "65536\n")                                             \
  X("/proc/sys/net/core/somaxconn", "4096\n")                                            \
  X("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n")           \
  X("/etc/passwd", "root:x:0:0:root:/:/bin/false\nuser:x:1000:1000:user:/:/bin/false\n") \
  X("/etc/group", "root:x:0:\nuser:x:1000:\n")                                           \
  X("/etc/hostname", "enclave\n")                                                        \
  X("/etc/timezone", "Etc/UTC\n")                                                        \
  X("/usr/share/zoneinfo/Etc/UTC", SGXX_TIME_ZONE)                                       \
  X("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n")

/// X(path, target): symbolic links.
#define SGXX_LINKS(X)                     \
  X("/dev/fd", "/proc/self/fd")           \
  X("/dev/stdin", "/proc/self/fd/0")      \
  X("/dev/stdout", "/proc/self/fd/1")     \
  X("/dev/stderr", "/proc/self/fd/2")     \
  X("/proc/self/exe", "/program")         \
  X("/proc/self/root", "/")               \
  X("/proc/mounts", "self/mounts")        \
  X("/etc/mtab", "/proc/self/mounts")     \
  X("/usr/share/zoneinfo/UTC", "Etc/UTC") \
  X("/etc/localtime", "/usr/share/zoneinfo/Etc/UTC")

namespace synthetic {
enum : SyntheticId {
  none,
#define SGXX_X(id, path, ...) id,
  SGXX_DEVICES(SGXX_X) first_text,
  SGXX_TEXTS(SGXX_X) last_text,
#undef SGXX_X
  descriptors,        // the directory /proc/self/fd
  descriptor,         // a link in it; Inode::device is the number
  working_directory,  // /proc/self/cwd
  threads,            // the directory /proc/self/task, in which each thread's is /proc/self itself
};
}  // namespace synthetic

class DeviceFile : public NodeFile {
 public:
  DeviceFile(u32 flags, Inode& inode) : NodeFile(FileKind::device, flags, inode), id_(inode.synthetic) {}
  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<> read_at(Transfer& transfer, u64) { return read(transfer); }
  Outcome<> write_at(Transfer& transfer, u64) { return write(transfer); }
  Outcome<u64> seek(i64, u32) { return u64{0}; }
  bool can_be_polled() const { return id_ == synthetic::random || id_ == synthetic::urandom; }

 private:
  SyntheticId id_;
};

class TextFile : public NodeFile {
 public:
  TextFile(u32 flags, Inode& inode) : NodeFile(FileKind::text, flags, inode), id_(inode.synthetic) {}
  Outcome<> read(Transfer& transfer);
  Outcome<> read_at(Transfer& transfer, u64 offset);
  Outcome<u64> seek(i64 offset, u32 whence);
  bool can_be_polled() const { return false; }

 private:
  Outcome<> read_locked(Transfer& transfer, u64& position);
  SyntheticId id_;
  SpinLock lock_;
  TextWriter text_;
  u64 position_ = 0;
};

/// Puts them into the tree; boot calls it.
void make_synthetic_files();
Outcome<FileReference> open_synthetic(Inode& inode, u32 flags);
/// What the file of this id says now.
void write_text(SyntheticId id, TextWriter& writer);
/// The link /proc/self/fd/`name`, when that descriptor is open; ENOENT. A new inode.
Outcome<InodeReference> descriptor_link(Inode& directory, Text name);
/// Whether `name` is the number of a thread that lives.
bool names_thread(Text name);
/// What a link with an id leads to, into a page; the tree lock is held.
Outcome<Text> synthetic_target(const Inode& link, char* page);

}  // namespace sgxx::enclave
