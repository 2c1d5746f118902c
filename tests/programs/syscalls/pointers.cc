// SPDX-License-Identifier: Apache-2.0
//
// Every system call that takes an address, with addresses of all bad kinds: none, next to none, the kernel's, one that no
// processor has, a page that is not there, one without rights, one that cannot be written, and the last bytes before one.
// sgxx-test: folder

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <csignal>
#include <vector>

#include "network/sockets.h"
#include "syscalls/calls.h"

using namespace sgxx_test;

namespace {

std::string folder;
char buffer[4096];
int file = -1, pipe_ends[2], pair_ends[2], event = -1, timer = -1, epoll = -1, udp = -1, listening = -1;
timer_t interval_timer;

/// All fresh, so that no call sees what another one left.
void make_files() {
  file = open((folder + "/file").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
  CHECK(write(file, "what is in the file", 19) == 19 && lseek(file, 0, SEEK_SET) == 0);
  CHECK(pipe2(pipe_ends, O_NONBLOCK) == 0 && write(pipe_ends[1], "in the pipe", 11) == 11);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair_ends) == 0 && write(pair_ends[1], "in the pair", 11) == 11);
  event = eventfd(5, EFD_NONBLOCK);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  epoll = epoll_create1(0);
  udp = bound(SOCK_DGRAM);
  listening = listener();
  CHECK(fcntl(listening, F_SETFL, O_NONBLOCK) == 0);
  sigevent none{};
  none.sigev_notify = SIGEV_NONE;
  CHECK(timer_create(CLOCK_MONOTONIC, &none, &interval_timer) == 0);
}

void close_files() {
  for (const int descriptor :
       {file, pipe_ends[0], pipe_ends[1], pair_ends[0], pair_ends[1], event, timer, epoll, udp, listening}) {
    close(descriptor);
  }
  timer_delete(interval_timer);
}

const char* path_of(const char* name) {
  static std::string text;
  text = folder + name;
  return text.c_str();
}

msghdr message(void* name, iovec* parts, size_t count) {
  msghdr header{};
  header.msg_name = name;
  header.msg_namelen = name != nullptr ? 16 : 0;
  header.msg_iov = parts;
  header.msg_iovlen = count;
  return header;
}

struct Call {
  const char* name;
  long (*make)(void* address);
  const char* not_with = "";  // kinds where a program natively gets what only the kernel can give
};

// clang-format off
const Call kCalls[] = {
    {"read, file", [](void* p) { return syscall(SYS_read, file, p, 8); }},
    {"read, pipe", [](void* p) { return syscall(SYS_read, pipe_ends[0], p, 8); }},
    {"read, pair", [](void* p) { return syscall(SYS_read, pair_ends[0], p, 8); }},
    {"read, event", [](void* p) { return syscall(SYS_read, event, p, 8); }},
    {"read, end", [](void* p) { lseek(file, 100, SEEK_SET); return syscall(SYS_read, file, p, 8); }},
    {"write, file", [](void* p) { return syscall(SYS_write, file, p, 8); }},
    {"write, pipe", [](void* p) { return syscall(SYS_write, pipe_ends[1], p, 8); }},
    {"write, pair", [](void* p) { return syscall(SYS_write, pair_ends[1], p, 8); }},
    {"write, event", [](void* p) { return syscall(SYS_write, event, p, 8); }, "read-only"},
    {"readv, where", [](void* p) { iovec parts[] = {{buffer, 4}, {p, 8}}; return syscall(SYS_readv, file, parts, 2); }},
    {"readv", [](void* p) { return syscall(SYS_readv, file, p, 1); }, "read-only"},
    {"writev, where", [](void* p) { iovec parts[] = {{buffer, 4}, {p, 8}}; return syscall(SYS_writev, file, parts, 2); }},
    {"writev", [](void* p) { return syscall(SYS_writev, file, p, 1); }, "read-only"},
    {"pread64", [](void* p) { return syscall(SYS_pread64, file, p, 8, 1); }},
    {"pwrite64", [](void* p) { return syscall(SYS_pwrite64, file, p, 8, 1); }},
    {"preadv", [](void* p) { return syscall(SYS_preadv, file, p, 1, 0, 0); }, "read-only"},
    {"pwritev", [](void* p) { return syscall(SYS_pwritev, file, p, 1, 0, 0); }, "read-only"},
    {"preadv2", [](void* p) { return syscall(SYS_preadv2, file, p, 1, 0, 0, 0); }, "read-only"},
    {"pwritev2", [](void* p) { return syscall(SYS_pwritev2, file, p, 1, 0, 0, 0); }, "read-only"},
    {"open", [](void* p) { return syscall(SYS_open, p, O_RDONLY, 0); }},
    {"openat", [](void* p) { return syscall(SYS_openat, AT_FDCWD, p, O_RDONLY, 0); }},
    {"creat", [](void* p) { return syscall(SYS_creat, p, 0600); }},
    {"stat, path", [](void* p) { return syscall(SYS_stat, p, buffer); }},
    {"stat", [](void* p) { return syscall(SYS_stat, path_of("/file"), p); }},
    {"lstat, path", [](void* p) { return syscall(SYS_lstat, p, buffer); }},
    {"lstat", [](void* p) { return syscall(SYS_lstat, path_of("/file"), p); }},
    {"fstat", [](void* p) { return syscall(SYS_fstat, file, p); }},
    {"newfstatat", [](void* p) { return syscall(SYS_newfstatat, AT_FDCWD, path_of("/file"), p, 0); }},
    {"newfstatat, path", [](void* p) { return syscall(SYS_newfstatat, AT_FDCWD, p, buffer, 0); }},
    {"statx", [](void* p) { return syscall(SYS_statx, AT_FDCWD, path_of("/file"), 0, STATX_SIZE, p); }},
    {"statx, path", [](void* p) { return syscall(SYS_statx, AT_FDCWD, p, 0, STATX_SIZE, buffer); }},
    {"statfs", [](void* p) { return syscall(SYS_statfs, path_of("/file"), p); }},
    {"statfs, path", [](void* p) { return syscall(SYS_statfs, p, buffer); }},
    {"fstatfs", [](void* p) { return syscall(SYS_fstatfs, file, p); }},
    {"access", [](void* p) { return syscall(SYS_access, p, R_OK); }},
    {"faccessat", [](void* p) { return syscall(SYS_faccessat, AT_FDCWD, p, R_OK); }},
    {"faccessat2", [](void* p) { return syscall(SYS_faccessat2, AT_FDCWD, p, R_OK, 0); }},
    {"chdir", [](void* p) { return syscall(SYS_chdir, p); }},
    {"chmod", [](void* p) { return syscall(SYS_chmod, p, 0644); }},
    {"fchmodat", [](void* p) { return syscall(SYS_fchmodat, AT_FDCWD, p, 0644); }},
    {"chown", [](void* p) { return syscall(SYS_chown, p, -1, -1); }},
    {"lchown", [](void* p) { return syscall(SYS_lchown, p, -1, -1); }},
    {"fchownat", [](void* p) { return syscall(SYS_fchownat, AT_FDCWD, p, -1, -1, 0); }},
    {"truncate", [](void* p) { return syscall(SYS_truncate, p, 5); }},
    {"mkdir", [](void* p) { return syscall(SYS_mkdir, p, 0700); }},
    {"mkdirat", [](void* p) { return syscall(SYS_mkdirat, AT_FDCWD, p, 0700); }},
    {"mknod", [](void* p) { return syscall(SYS_mknod, p, S_IFREG | 0600, 0); }},
    {"mknodat", [](void* p) { return syscall(SYS_mknodat, AT_FDCWD, p, S_IFREG | 0600, 0); }},
    {"rmdir", [](void* p) { return syscall(SYS_rmdir, p); }},
    {"unlink", [](void* p) { return syscall(SYS_unlink, p); }},
    {"unlinkat", [](void* p) { return syscall(SYS_unlinkat, AT_FDCWD, p, 0); }},
    {"rename", [](void* p) { return syscall(SYS_rename, p, path_of("/other")); }},
    {"rename, to", [](void* p) { return syscall(SYS_rename, path_of("/none"), p); }},
    {"renameat", [](void* p) { return syscall(SYS_renameat, AT_FDCWD, p, AT_FDCWD, "x"); }},
    {"renameat2", [](void* p) { return syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, p, 0); }},
    {"link", [](void* p) { return syscall(SYS_link, p, path_of("/other")); }},
    {"linkat", [](void* p) { return syscall(SYS_linkat, AT_FDCWD, p, AT_FDCWD, path_of("/other"), 0); }},
    {"symlink", [](void* p) { return syscall(SYS_symlink, p, path_of("/file")); }},
    {"symlinkat", [](void* p) { return syscall(SYS_symlinkat, "target", AT_FDCWD, p); }},
    {"readlink, path", [](void* p) { return syscall(SYS_readlink, p, buffer, 64); }},
    {"readlink", [](void* p) {
       CHECK(symlink("target", path_of("/link")) == 0);
       const long length = syscall(SYS_readlink, path_of("/link"), p, 64);
       const int reason = errno;
       CHECK(unlink(path_of("/link")) == 0);
       errno = reason;
       return length;
     }},
    {"readlinkat", [](void* p) { return syscall(SYS_readlinkat, AT_FDCWD, p, buffer, 64); }},
    {"utime", [](void* p) { return syscall(SYS_utime, path_of("/file"), p); }},
    {"utime, path", [](void* p) { return syscall(SYS_utime, p, nullptr); }},
    {"utimes", [](void* p) { return syscall(SYS_utimes, path_of("/file"), p); }},
    {"futimesat", [](void* p) { return syscall(SYS_futimesat, AT_FDCWD, path_of("/file"), p); }},
    {"utimensat", [](void* p) { return syscall(SYS_utimensat, AT_FDCWD, path_of("/file"), p, 0); }},
    {"getcwd", [](void* p) { CHECK(chdir("/") == 0); return syscall(SYS_getcwd, p, 2); }},
    {"getdents64", [](void* p) {
       const int directory = open(folder.c_str(), O_RDONLY);
       const long length = syscall(SYS_getdents64, directory, p, 512);
       const int reason = errno;
       close(directory);
       errno = reason;
       return length;
     }},
    {"memfd_create", [](void* p) { return syscall(SYS_memfd_create, p, 0); }},
    {"poll", [](void* p) { return syscall(SYS_poll, p, 1, 0); }, "read-only"},
    {"poll, none", [](void* p) { return syscall(SYS_poll, p, 0, 0); }},
    {"ppoll, time", [](void* p) { pollfd entry{event, POLLIN, 0}; return syscall(SYS_ppoll, &entry, 1, p, nullptr, 0); }},
    {"ppoll, mask", [](void* p) { pollfd entry{event, POLLIN, 0}; return syscall(SYS_ppoll, &entry, 1, nullptr, p, 8); }},
    {"select", [](void* p) { timeval none{}; return syscall(SYS_select, 64, p, nullptr, nullptr, &none); }},
    {"select, time", [](void* p) { return p != nullptr ? syscall(SYS_select, 0, nullptr, nullptr, nullptr, p) : 0; }},
    {"pselect6", [](void* p) { timespec none{}; return syscall(SYS_pselect6, 64, nullptr, p, nullptr, &none, nullptr); }},
    {"pselect6, mask", [](void* p) { timespec none{}; return syscall(SYS_pselect6, 0, nullptr, nullptr, nullptr, &none, p); }},
    {"epoll_ctl", [](void* p) { return syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, event, p); }},
    {"epoll_ctl, delete", [](void* p) { return syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, event, p); }},
    {"epoll_wait", [](void* p) {
       epoll_event interest{};
       interest.events = EPOLLIN;
       CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &interest) == 0);
       return syscall(SYS_epoll_wait, epoll, p, 1, 0);
     }},
    {"epoll_pwait, mask", [](void* p) { return syscall(SYS_epoll_pwait, epoll, buffer, 1, 0, p, 8); }},
    {"epoll_pwait2, time", [](void* p) { return p != nullptr ? syscall(SYS_epoll_pwait2, epoll, buffer, 1, p, nullptr, 8) : 0; }},
    {"pipe", [](void* p) { return syscall(SYS_pipe, p); }},
    {"pipe2", [](void* p) { return syscall(SYS_pipe2, p, O_CLOEXEC); }},
    {"socketpair", [](void* p) { return syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p); }},
    {"ioctl, FIONREAD", [](void* p) { return syscall(SYS_ioctl, pipe_ends[0], FIONREAD, p); }},
    {"ioctl, FIONBIO", [](void* p) { return syscall(SYS_ioctl, pipe_ends[0], FIONBIO, p); }},
    {"fcntl, F_GETLK", [](void* p) { return syscall(SYS_fcntl, file, F_GETLK, p); }, "read-only"},
    {"fcntl, F_SETLK", [](void* p) { return syscall(SYS_fcntl, file, F_SETLK, p); }},
    {"sendfile", [](void* p) { return syscall(SYS_sendfile, pipe_ends[1], file, p, 4); }, "read-only"},
    {"copy_file_range", [](void* p) { return syscall(SYS_copy_file_range, file, p, file, nullptr, 4, 0); }, "none read-only"},
    {"connect", [](void* p) { return syscall(SYS_connect, udp, p, 16); }, "read-only"},
    {"bind", [](void* p) { const int made = socket(AF_INET, SOCK_DGRAM, 0); const long done = syscall(SYS_bind, made, p, 16); const int reason = errno; close(made); errno = reason; return done; }, "read-only"},
    {"accept", [](void* p) {
       const int client = connect_to(listening);
       pollfd entry{listening, POLLIN, 0};
       CHECK(poll(&entry, 1, 5000) == 1);
       socklen_t length = 16;
       const long accepted = syscall(SYS_accept, listening, p, &length);
       const int reason = errno;
       close(client);
       errno = reason;
       return accepted;
     }},
    {"accept4, length", [](void* p) {
       const int client = connect_to(listening);
       pollfd entry{listening, POLLIN, 0};
       CHECK(poll(&entry, 1, 5000) == 1);
       const long accepted = syscall(SYS_accept4, listening, buffer, p, 0);
       const int reason = errno;
       close(client);
       errno = reason;
       return accepted;
     }, "read-only"},
    {"getsockname", [](void* p) { socklen_t length = 16; return syscall(SYS_getsockname, udp, p, &length); }},
    {"getsockname, length", [](void* p) { return syscall(SYS_getsockname, udp, buffer, p); }, "read-only"},
    {"getpeername", [](void* p) { socklen_t length = 16; return syscall(SYS_getpeername, pair_ends[0], p, &length); }},
    {"getsockopt", [](void* p) { socklen_t length = 4; return syscall(SYS_getsockopt, udp, SOL_SOCKET, SO_REUSEADDR, p, &length); }},
    {"getsockopt, length", [](void* p) { return syscall(SYS_getsockopt, udp, SOL_SOCKET, SO_REUSEADDR, buffer, p); }, "read-only"},
    {"setsockopt", [](void* p) { return syscall(SYS_setsockopt, udp, SOL_SOCKET, SO_REUSEADDR, p, 4); }},
    {"setsockopt, time", [](void* p) { return syscall(SYS_setsockopt, udp, SOL_SOCKET, SO_RCVTIMEO, p, 16); }},
    {"sendto", [](void* p) { const sockaddr_in to = own_name(udp); return syscall(SYS_sendto, udp, p, 8, 0, &to, sizeof(to)); }},
    {"sendto, to", [](void* p) { return syscall(SYS_sendto, udp, buffer, 8, 0, p, 16); }, "read-only none"},
    {"recvfrom", [](void* p) { return syscall(SYS_recvfrom, pair_ends[0], p, 8, 0, nullptr, nullptr); }},
    {"recvfrom, udp", [](void* p) {
       const sockaddr_in to = own_name(udp);
       CHECK(sendto(udp, "datagram", 8, 0, generic(to), sizeof(to)) == 8);
       return syscall(SYS_recvfrom, udp, p, 8, 0, nullptr, nullptr);
     }},
    {"recvfrom, from", [](void* p) {
       const sockaddr_in to = own_name(udp);
       CHECK(sendto(udp, "datagram", 8, 0, generic(to), sizeof(to)) == 8);
       socklen_t length = 16;
       return syscall(SYS_recvfrom, udp, buffer, 8, 0, p, &length);
     }},
    {"sendmsg", [](void* p) { return syscall(SYS_sendmsg, udp, p, 0); }, "read-only"},
    {"sendmsg, what", [](void* p) { iovec part{p, 8}; const msghdr header = message(nullptr, &part, 1); return syscall(SYS_sendmsg, pair_ends[0], &header, 0); }},
    {"sendmsg, parts", [](void* p) { const msghdr header = message(nullptr, static_cast<iovec*>(p), 1); return syscall(SYS_sendmsg, pair_ends[0], &header, 0); }, "read-only"},
    {"recvmsg", [](void* p) { return syscall(SYS_recvmsg, pair_ends[0], p, 0); }, "read-only"},
    {"recvmsg, where", [](void* p) { iovec part{p, 8}; msghdr header = message(nullptr, &part, 1); return syscall(SYS_recvmsg, pair_ends[0], &header, 0); }},
    {"sendmmsg", [](void* p) { return syscall(SYS_sendmmsg, pair_ends[0], p, 1, 0); }, "read-only"},
    {"recvmmsg", [](void* p) { return syscall(SYS_recvmmsg, pair_ends[0], p, 1, 0, nullptr); }, "read-only"},
    {"recvmmsg, time", [](void* p) { return syscall(SYS_recvmmsg, pair_ends[0], buffer, 0, 0, p); }, "none"},
    {"timerfd_gettime", [](void* p) { return syscall(SYS_timerfd_gettime, timer, p); }},
    {"timerfd_settime", [](void* p) { return syscall(SYS_timerfd_settime, timer, 0, p, nullptr); }},
    {"timerfd_settime, old", [](void* p) { itimerspec off{}; return syscall(SYS_timerfd_settime, timer, 0, &off, p); }},
    {"signalfd", [](void* p) { return syscall(SYS_signalfd, -1, p, 8); }},
    {"signalfd4", [](void* p) { return syscall(SYS_signalfd4, -1, p, 8, 0); }},
    {"rt_sigaction", [](void* p) { return syscall(SYS_rt_sigaction, SIGUSR2, p, nullptr, 8); }, "read-only"},
    {"rt_sigaction, old", [](void* p) { return syscall(SYS_rt_sigaction, SIGUSR2, nullptr, p, 8); }},
    {"rt_sigprocmask", [](void* p) { return syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, nullptr, 8); }},
    {"rt_sigprocmask, old", [](void* p) { return syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, p, 8); }},
    {"rt_sigpending", [](void* p) { return syscall(SYS_rt_sigpending, p, 8); }},
    {"rt_sigtimedwait", [](void* p) { timespec none{}; return syscall(SYS_rt_sigtimedwait, p, nullptr, &none, 8); }},
    {"rt_sigtimedwait, time", [](void* p) { sigset_t set; sigemptyset(&set); return p != nullptr ? syscall(SYS_rt_sigtimedwait, &set, nullptr, p, 8) : 0; }},
    {"rt_sigqueueinfo", [](void* p) { return syscall(SYS_rt_sigqueueinfo, getpid(), SIGWINCH, p); }, "read-only"},
    {"rt_tgsigqueueinfo", [](void* p) { return syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGWINCH, p); }, "read-only"},
    {"rt_sigsuspend", [](void* p) { return syscall(SYS_rt_sigsuspend, p, 8); }, "read-only"},
    {"sigaltstack", [](void* p) { return syscall(SYS_sigaltstack, p, nullptr); }, "read-only"},
    {"sigaltstack, old", [](void* p) { return syscall(SYS_sigaltstack, nullptr, p); }},
    {"setitimer", [](void* p) { return syscall(SYS_setitimer, ITIMER_REAL, p, nullptr); }},
    {"getitimer", [](void* p) { return syscall(SYS_getitimer, ITIMER_REAL, p); }},
    {"timer_create", [](void* p) { return syscall(SYS_timer_create, CLOCK_MONOTONIC, p, buffer); }, "none read-only"},
    {"timer_create, id", [](void* p) { sigevent none{}; none.sigev_notify = SIGEV_NONE; return syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, p); }},
    {"timer_settime", [](void* p) { return syscall(SYS_timer_settime, interval_timer, 0, p, nullptr); }},
    {"timer_settime, old", [](void* p) { itimerspec off{}; return syscall(SYS_timer_settime, interval_timer, 0, &off, p); }},
    {"timer_gettime", [](void* p) { return syscall(SYS_timer_gettime, interval_timer, p); }},
    {"gettimeofday", [](void* p) { return syscall(SYS_gettimeofday, p, nullptr); }},
    {"settimeofday", [](void* p) { return syscall(SYS_settimeofday, p, nullptr); }, "none read-only"},
    {"time", [](void* p) { return syscall(SYS_time, p) == -1 ? -1l : 0l; }},
    {"times", [](void* p) { return syscall(SYS_times, p) == -1 ? -1l : 0l; }},
    {"clock_gettime", [](void* p) { return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p); }},
    {"clock_getres", [](void* p) { return syscall(SYS_clock_getres, CLOCK_MONOTONIC, p); }},
    {"clock_settime", [](void* p) { return syscall(SYS_clock_settime, CLOCK_MONOTONIC, p); }},
    {"nanosleep", [](void* p) { return syscall(SYS_nanosleep, p, nullptr); }},
    {"clock_nanosleep", [](void* p) { return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, p, nullptr); }},
    {"getrlimit", [](void* p) { return syscall(SYS_getrlimit, RLIMIT_NOFILE, p); }},
    {"prlimit64", [](void* p) { return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, p); }},
    {"prlimit64, new", [](void* p) { return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, p, nullptr); }, "read-only"},
    {"getrusage", [](void* p) { return syscall(SYS_getrusage, RUSAGE_SELF, p); }},
    {"sysinfo", [](void* p) { return syscall(SYS_sysinfo, p); }},
    {"uname", [](void* p) { return syscall(SYS_uname, p); }},
    {"getrandom", [](void* p) { return syscall(SYS_getrandom, p, 8, 0); }, "edge"},
    {"prctl, PR_GET_NAME", [](void* p) { return syscall(SYS_prctl, PR_GET_NAME, p, 0, 0, 0); }},
    {"prctl, PR_SET_NAME", [](void* p) { return syscall(SYS_prctl, PR_SET_NAME, p, 0, 0, 0); }},
    {"arch_prctl", [](void* p) { return syscall(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, p); }},
    {"sched_getaffinity", [](void* p) { return syscall(SYS_sched_getaffinity, 0, 128, p) == -1 ? -1l : 0l; }},
    {"sched_setaffinity", [](void* p) { return syscall(SYS_sched_setaffinity, 0, 8, p); }},
    {"sched_getparam", [](void* p) { return syscall(SYS_sched_getparam, 0, p); }},
    {"sched_setparam", [](void* p) { return syscall(SYS_sched_setparam, 0, p); }},
    {"sched_setscheduler", [](void* p) { return syscall(SYS_sched_setscheduler, 0, 0, p); }},
    {"getcpu", [](void* p) { return syscall(SYS_getcpu, p, nullptr, nullptr); }},
    {"set_robust_list", [](void* p) { return syscall(SYS_set_robust_list, p, 8); }},
    {"clone3", [](void* p) { return syscall(SYS_clone3, p, sizeof(clone_args)); }, "read-only"},
    {"futex, wait", [](void* p) { timespec none{}; return syscall(SYS_futex, p, FUTEX_WAIT_PRIVATE, 1, &none, nullptr, 0); }},
    {"futex, time", [](void* p) { uint32_t word = 1; return p != nullptr ? syscall(SYS_futex, &word, FUTEX_WAIT, 1, p, nullptr, 0) : 0; }, "read-only"},
    {"futex, wake", [](void* p) { return syscall(SYS_futex, p, FUTEX_WAKE, 1, nullptr, nullptr, 0); }, "read-only"},
    {"futex, requeue", [](void* p) { uint32_t word = 1; return syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1, p, 1); }, "read-only"},
    {"munmap", [](void* p) { return syscall(SYS_munmap, p, 0); }},
    {"mprotect", [](void* p) { return syscall(SYS_mprotect, p, 4096, PROT_READ); }, "none low read-only no-rights"},
    {"madvise", [](void* p) { return syscall(SYS_madvise, p, 4096, MADV_NORMAL); }, "none low"},
    {"msync", [](void* p) { return syscall(SYS_msync, p, 4096, MS_SYNC); }},
    {"mlock", [](void* p) { return syscall(SYS_mlock, p, 4096); }, "no-rights"},
    {"munlock", [](void* p) { return syscall(SYS_munlock, p, 4096); }, "no-rights"},
    {"mremap", [](void* p) { return syscall(SYS_mremap, p, 4096, 4096, 0); }, "read-only no-rights edge"},
};
// clang-format on

}  // namespace

int main(int, char** arguments) {
  folder = arguments[1];
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGWINCH, SIG_IGN);
  constexpr size_t kPage = 4096;
  char* const pages = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(pages != MAP_FAILED && munmap(pages + kPage, kPage) == 0 && mprotect(pages + 2 * kPage, kPage, PROT_NONE) == 0);
  CHECK(mprotect(pages + 3 * kPage, kPage, PROT_READ) == 0);
  const struct {
    const char* name;
    void* address;
  } kinds[] = {
      {"none", nullptr},
      {"low", reinterpret_cast<void*>(8)},
      {"kernel", reinterpret_cast<void*>(0xffff'8000'0000'0000)},
      {"impossible", reinterpret_cast<void*>(0x8000'0000'0000'0000)},
      {"not-there", pages + kPage},
      {"no-rights", pages + 2 * kPage},
      {"read-only", pages + 3 * kPage},
      {"edge", pages + kPage - 3},
  };
  for (const Call& call : kCalls) {
    std::printf("%s:", call.name);
    for (const auto& kind : kinds) {
      if ((std::string(" ") + call.not_with + " ").find(std::string(" ") + kind.name + " ") != std::string::npos) continue;
      std::memset(pages + kPage - 3, 'e', 3);
      make_files();
      const long result = call.make(kind.address);
      std::printf(" %s %s", kind.name, error_of(result).c_str());
      close_files();
      for (int descriptor = 20; descriptor < 40; ++descriptor) close(descriptor);
    }
    std::puts("");
    std::fflush(stdout);
  }
}
