// SPDX-License-Identifier: Apache-2.0
//
// Every system call that takes a descriptor, with every kind of descriptor: none, files, directories, pipes, sockets, events.
// What each says of the wrong ones, and that the right ones do.
// sgxx-test: folder
// sgxx-test: skip host-folder a file of the host's cannot be mapped shared

#include <fcntl.h>
#include <linux/stat.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <csignal>
#include <vector>

#include "network/sockets.h"
#include "syscalls/calls.h"

using namespace sgxx_test;

namespace {

std::string folder;

int open_file(int flags) {
  const int made = open((folder + "/file").c_str(), flags | O_CREAT, 0644);
  CHECK(made >= 0);
  return made;
}

/// A descriptor and what has to go with it.
struct Subject {
  int descriptor = -1, other = -1;
};

Subject pipe_side(int side) {
  int ends[2];
  CHECK(pipe2(ends, O_NONBLOCK) == 0 && write(ends[1], "in the pipe", 11) == 11);
  return {ends[side], ends[1 - side]};
}

Subject paired(int type) {
  int ends[2];
  CHECK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends) == 0 && write(ends[1], "in the pair", 11) == 11);
  return {ends[0], ends[1]};
}

Subject signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  return {signalfd(-1, &set, SFD_NONBLOCK)};
}

struct Kind {
  const char* name;
  Subject (*make)();
};

const Kind kKinds[] = {
    {"none", [] { return Subject{-1}; }},
    {"closed", [] { return Subject{900}; }},
    {"huge", [] { return Subject{0x7fffffff}; }},
    {"file", [] { return Subject{open_file(O_RDWR)}; }},
    {"read-only", [] { return Subject{open_file(O_RDONLY)}; }},
    {"write-only", [] { return Subject{open_file(O_WRONLY)}; }},
    {"path-only", [] { return Subject{open_file(O_PATH)}; }},
    {"directory", [] { return Subject{open(folder.c_str(), O_RDONLY | O_DIRECTORY)}; }},
    {"null", [] { return Subject{open("/dev/null", O_RDWR)}; }},
    {"memory", [] { return Subject{static_cast<int>(syscall(SYS_memfd_create, "m", 0))}; }},
    {"pipe-out", [] { return pipe_side(0); }},
    {"pipe-in", [] { return pipe_side(1); }},
    {"stream-pair", [] { return paired(SOCK_STREAM); }},
    {"datagram-pair", [] { return paired(SOCK_DGRAM); }},
    {"tcp", [] { return Subject{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)}; }},
    {"udp", [] { return Subject{socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)}; }},
    {"event", [] { return Subject{static_cast<int>(syscall(SYS_eventfd2, 5, EFD_NONBLOCK))}; }},
    {"timer", [] { return Subject{timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)}; }},
    {"signal", signals},
    {"epoll", [] { return Subject{epoll_create1(0)}; }},
};

alignas(8) char buffer[4096];
iovec vectors[2] = {{buffer, 4}, {buffer + 4, 4}};

sockaddr_in nowhere() { return loopback(1); }

msghdr message_of(iovec* parts) {
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = 2;
  return header;
}

struct Call {
  const char* name;
  long (*make)(int descriptor);
  bool has_value = false;     // that is the same everywhere
  const char* not_with = "";  // kinds of which versions of Linux say different things, or of which docs/syscalls.md does
};

// clang-format off
const Call kCalls[] = {
    {"read", [](int fd) { return syscall(SYS_read, fd, buffer, 8); }, true},
    {"read, nothing", [](int fd) { return syscall(SYS_read, fd, buffer, 0); }, true},
    {"write", [](int fd) { return syscall(SYS_write, fd, "\1\0\0\0\0\0\0", 8); }, true},
    {"write, nothing", [](int fd) { return syscall(SYS_write, fd, buffer, 0); }, true},
    {"readv", [](int fd) { return syscall(SYS_readv, fd, vectors, 2); }, true},
    {"writev", [](int fd) { return syscall(SYS_writev, fd, vectors, 2); }, true},
    {"pread64", [](int fd) { return syscall(SYS_pread64, fd, buffer, 8, 0); }, true},
    {"pread64, before", [](int fd) { return syscall(SYS_pread64, fd, buffer, 8, -1L); }},
    {"pwrite64", [](int fd) { return syscall(SYS_pwrite64, fd, "12345678", 8, 0); }, true},
    {"preadv", [](int fd) { return syscall(SYS_preadv, fd, vectors, 2, 0, 0); }, true},
    {"pwritev", [](int fd) { return syscall(SYS_pwritev, fd, vectors, 2, 0, 0); }, true},
    {"preadv2", [](int fd) { return syscall(SYS_preadv2, fd, vectors, 2, 0, 0, 0); }, true},
    {"pwritev2", [](int fd) { return syscall(SYS_pwritev2, fd, vectors, 2, 0, 0, 0); }, true},
    {"fstat", [](int fd) { return syscall(SYS_fstat, fd, buffer); }, true},
    {"newfstatat", [](int fd) { return syscall(SYS_newfstatat, fd, "file", buffer, 0); }, true},
    {"newfstatat, itself", [](int fd) { return syscall(SYS_newfstatat, fd, "", buffer, AT_EMPTY_PATH); }, true},
    {"statx", [](int fd) { return syscall(SYS_statx, fd, "file", 0, STATX_BASIC_STATS, buffer); }, true},
    {"statx, itself", [](int fd) { return syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, buffer); }, true},
    {"fstatfs", [](int fd) { return syscall(SYS_fstatfs, fd, buffer); }, true},
    {"lseek", [](int fd) { return syscall(SYS_lseek, fd, 3, SEEK_SET); }},
    {"lseek, what", [](int fd) { return syscall(SYS_lseek, fd, 0, 77); }},
    {"mmap", [](int fd) {
       const long at = syscall(SYS_mmap, nullptr, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
       if (at != -1) munmap(reinterpret_cast<void*>(at), 4096);
       return at;
     }, false, "tcp"},
    {"mmap, shared", [](int fd) {
       const long at = syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
       if (at != -1) munmap(reinterpret_cast<void*>(at), 4096);
       return at;
     }, false, "tcp"},
    {"ioctl, FIONREAD", [](int fd) { return syscall(SYS_ioctl, fd, FIONREAD, buffer); }, true, "epoll"},
    {"ioctl, FIONBIO", [](int fd) { int on = 1; return syscall(SYS_ioctl, fd, FIONBIO, &on); }, true},
    {"ioctl, FIOCLEX", [](int fd) { return syscall(SYS_ioctl, fd, FIOCLEX, 0); }, true},
    {"ioctl, TIOCGWINSZ", [](int fd) { return syscall(SYS_ioctl, fd, TIOCGWINSZ, buffer); }, true, "epoll"},
    {"fcntl, F_GETFD", [](int fd) { return syscall(SYS_fcntl, fd, F_GETFD, 0); }, true},
    {"fcntl, F_GETFL", [](int fd) { return syscall(SYS_fcntl, fd, F_GETFL, 0); }},
    {"fcntl, what", [](int fd) { return syscall(SYS_fcntl, fd, 777, 0); }},
    {"fcntl, F_DUPFD", [](int fd) { return syscall(SYS_fcntl, fd, F_DUPFD, 0x7fffffff); }},
    {"fcntl, F_GETLK", [](int fd) {
       flock64 lock{};
       lock.l_type = F_WRLCK;
       return syscall(SYS_fcntl, fd, F_GETLK, &lock);
     }, true},
    {"dup", [](int fd) { const long made = syscall(SYS_dup, fd); close(static_cast<int>(made)); if (made == -1) errno = EBADF; return made; }},
    {"dup2", [](int fd) { return syscall(SYS_dup2, fd, 800); }, true},
    {"dup2, too far", [](int fd) { return syscall(SYS_dup2, fd, 0x7fffffff); }},
    {"dup2, itself", [](int fd) { return syscall(SYS_dup2, fd, fd); }},
    {"dup3", [](int fd) { return syscall(SYS_dup3, fd, 801, O_CLOEXEC); }, true},
    {"dup3, itself", [](int fd) { return syscall(SYS_dup3, fd, fd, 0); }},
    {"flock", [](int fd) { return syscall(SYS_flock, fd, 6 /* LOCK_EX | LOCK_NB */); }, true},
    {"fsync", [](int fd) { return syscall(SYS_fsync, fd); }, true},
    {"fdatasync", [](int fd) { return syscall(SYS_fdatasync, fd); }, true},
    {"syncfs", [](int fd) { return syscall(SYS_syncfs, fd); }, true},
    {"ftruncate", [](int fd) { return syscall(SYS_ftruncate, fd, 100); }, true},
    {"ftruncate, negative", [](int fd) { return syscall(SYS_ftruncate, fd, -1L); }},
    {"fallocate", [](int fd) { return syscall(SYS_fallocate, fd, 0, 0, 200); }, true},
    {"fallocate, nothing", [](int fd) { return syscall(SYS_fallocate, fd, 0, 0, 0); }},
    {"fadvise64", [](int fd) { return syscall(SYS_fadvise64, fd, 0, 0, POSIX_FADV_NORMAL); }, true},
    {"fchmod", [](int fd) { return syscall(SYS_fchmod, fd, 0755); }, true, "null pipe-out pipe-in stream-pair datagram-pair tcp udp event timer signal epoll"},
    {"fchown", [](int fd) { return syscall(SYS_fchown, fd, -1, -1); }, true, "null pipe-out pipe-in stream-pair datagram-pair tcp udp event timer signal epoll"},
    {"fchdir", [](int fd) { return syscall(SYS_fchdir, fd); }, true},
    {"getdents64", [](int fd) { return syscall(SYS_getdents64, fd, buffer, sizeof(buffer)); }},
    {"sendfile, from", [](int fd) {
       int ends[2];
       CHECK(pipe(ends) == 0);
       const long sent = syscall(SYS_sendfile, ends[1], fd, nullptr, 4);
       const int reason = errno;
       close(ends[0]), close(ends[1]);
       errno = reason;
       return sent;
     }, true, "stream-pair datagram-pair tcp udp"},
    {"sendfile, to", [](int fd) {
       const int from = open_file(O_RDWR);
       CHECK(pwrite(from, "some", 4, 0) == 4);
       const long sent = syscall(SYS_sendfile, fd, from, nullptr, 4);
       const int reason = errno;
       close(from);
       errno = reason;
       return sent;
     }, true},
    {"copy_file_range", [](int fd) {
       const int to = open((folder + "/copy").c_str(), O_RDWR | O_CREAT, 0600);
       const long copied = syscall(SYS_copy_file_range, fd, nullptr, to, nullptr, 4, 0);
       const int reason = errno;
       close(to);
       errno = reason;
       return copied;
     }, true, "memory"},
    {"connect", [](int fd) { const sockaddr_in to = nowhere(); return syscall(SYS_connect, fd, &to, 1); }},
    {"bind", [](int fd) { const sockaddr_in to = loopback(); return syscall(SYS_bind, fd, &to, sizeof(to)); }, true},
    {"listen", [](int fd) { return syscall(SYS_listen, fd, 1); }, true},
    {"accept", [](int fd) { return syscall(SYS_accept, fd, nullptr, nullptr); }},
    {"accept4", [](int fd) { return syscall(SYS_accept4, fd, nullptr, nullptr, SOCK_CLOEXEC); }},
    {"accept4, what", [](int fd) { return syscall(SYS_accept4, fd, nullptr, nullptr, 1); }},
    {"sendto", [](int fd) { return syscall(SYS_sendto, fd, buffer, 8, MSG_NOSIGNAL, nullptr, 0); }, true},
    {"recvfrom", [](int fd) { return syscall(SYS_recvfrom, fd, buffer, 64, 0, nullptr, nullptr); }, true},
    {"sendmsg", [](int fd) { const msghdr header = message_of(vectors); return syscall(SYS_sendmsg, fd, &header, MSG_NOSIGNAL); }, true},
    {"recvmsg", [](int fd) { msghdr header = message_of(vectors); return syscall(SYS_recvmsg, fd, &header, 0); }, true},
    {"sendmmsg", [](int fd) {
       mmsghdr headers[2] = {{message_of(vectors), 0}, {message_of(vectors), 0}};
       return syscall(SYS_sendmmsg, fd, headers, 2, MSG_NOSIGNAL);
     }, true},
    {"recvmmsg", [](int fd) {
       mmsghdr headers[2] = {{message_of(vectors), 0}, {message_of(vectors), 0}};
       return syscall(SYS_recvmmsg, fd, headers, 2, 0, nullptr);
     }, true},
    {"shutdown", [](int fd) { return syscall(SYS_shutdown, fd, SHUT_WR); }, true},
    {"shutdown, what", [](int fd) { return syscall(SYS_shutdown, fd, 9); }},
    {"getsockname", [](int fd) { socklen_t length = 64; return syscall(SYS_getsockname, fd, buffer, &length); }, true},
    {"getpeername", [](int fd) { socklen_t length = 64; return syscall(SYS_getpeername, fd, buffer, &length); }, true},
    {"getsockopt", [](int fd) { socklen_t length = 4; return syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, buffer, &length); }, true},
    {"setsockopt", [](int fd) { int on = 1; return syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &on, 4); }, true},
    {"setsockopt, short", [](int fd) { int on = 1; return syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &on, 2); }},
    {"setsockopt, what", [](int fd) { int on = 1; return syscall(SYS_setsockopt, fd, SOL_SOCKET, 9999, &on, 4); }},
    {"poll", [](int fd) { pollfd entry{fd, POLLIN | POLLOUT, 0}; const long count = syscall(SYS_poll, &entry, 1, 0); return count < 0 ? count : entry.revents; }, true},
    {"ppoll", [](int fd) { pollfd entry{fd, POLLIN, 0}; timespec none{}; return syscall(SYS_ppoll, &entry, 1, &none, nullptr, 0); }, true},
    {"select", [](int fd) {
       if (fd < 0 || fd >= FD_SETSIZE) return 0l;
       fd_set set;
       FD_ZERO(&set);
       FD_SET(fd, &set);
       timeval none{};
       return syscall(SYS_select, fd + 1, &set, nullptr, nullptr, &none);
     }, true, "path-only"},
    {"pselect6", [](int fd) {
       if (fd < 0 || fd >= FD_SETSIZE) return 0l;
       fd_set set;
       FD_ZERO(&set);
       FD_SET(fd, &set);
       timespec none{};
       return syscall(SYS_pselect6, fd + 1, nullptr, &set, nullptr, &none, nullptr);
     }, true, "path-only"},
    {"epoll_ctl, on it", [](int fd) {
       const int target = eventfd(0, 0);
       epoll_event event{};
       const long added = syscall(SYS_epoll_ctl, fd, EPOLL_CTL_ADD, target, &event);
       const int reason = errno;
       close(target);
       errno = reason;
       return added;
     }},
    {"epoll_ctl, adds it", [](int fd) {
       const int epoll = epoll_create1(0);
       epoll_event event{};
       event.events = EPOLLIN;
       const long added = syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event);
       const int reason = errno;
       close(epoll);
       errno = reason;
       return added;
     }, true},
    {"epoll_ctl, removes it", [](int fd) {
       const int epoll = epoll_create1(0);
       epoll_event event{};
       const long removed = syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, fd, &event);
       const int reason = errno;
       close(epoll);
       errno = reason;
       return removed;
     }, true},
    {"epoll_wait", [](int fd) { return syscall(SYS_epoll_wait, fd, buffer, 4, 0); }, true},
    {"epoll_wait, none", [](int fd) { return syscall(SYS_epoll_wait, fd, buffer, 0, 0); }, false, "none closed huge path-only"},
    {"epoll_pwait", [](int fd) { return syscall(SYS_epoll_pwait, fd, buffer, 4, 0, nullptr, 8); }, true},
    {"epoll_pwait2", [](int fd) { timespec none{}; return syscall(SYS_epoll_pwait2, fd, buffer, 4, &none, nullptr, 8); }, true},
    {"timerfd_gettime", [](int fd) { return syscall(SYS_timerfd_gettime, fd, buffer); }, true},
    {"timerfd_settime", [](int fd) { itimerspec off{}; return syscall(SYS_timerfd_settime, fd, 0, &off, nullptr); }, true},
    {"signalfd", [](int fd) { unsigned long set = 0; const long made = syscall(SYS_signalfd, fd, &set, 8); if (fd == -1 && made > 0) close(static_cast<int>(made)); return made; }},
    {"signalfd4", [](int fd) { unsigned long set = 0; const long made = syscall(SYS_signalfd4, fd, &set, 8, SFD_CLOEXEC); if (fd == -1 && made > 0) close(static_cast<int>(made)); return made; }},
    {"openat", [](int fd) { const long made = syscall(SYS_openat, fd, "file", O_RDONLY); const int reason = errno; close(static_cast<int>(made)); errno = reason; return made; }},
    {"mkdirat", [](int fd) { const long done = syscall(SYS_mkdirat, fd, "d", 0700); rmdir((folder + "/d").c_str()) == 0 || done == -1 ? void() : fail("d", __FILE__, __LINE__); return done; }, true},
    {"mknodat", [](int fd) { return syscall(SYS_mknodat, fd, "file", S_IFREG, 0); }},
    {"fchownat", [](int fd) { return syscall(SYS_fchownat, fd, "file", -1, -1, 0); }, true},
    {"fchmodat", [](int fd) { return syscall(SYS_fchmodat, fd, "file", 0644); }, true},
    {"faccessat", [](int fd) { return syscall(SYS_faccessat, fd, "file", R_OK); }, true},
    {"faccessat2", [](int fd) { return syscall(SYS_faccessat2, fd, "file", R_OK, 0); }, true},
    {"futimesat", [](int fd) { return syscall(SYS_futimesat, fd, "file", nullptr); }, true},
    {"utimensat", [](int fd) { return syscall(SYS_utimensat, fd, "file", nullptr, 0); }, true},
    {"utimensat, itself", [](int fd) { return syscall(SYS_utimensat, fd, nullptr, nullptr, 0); }, true, "null pipe-out pipe-in stream-pair datagram-pair tcp udp event timer signal epoll"},
    {"readlinkat", [](int fd) { return syscall(SYS_readlinkat, fd, "file", buffer, 64); }},
    {"unlinkat", [](int fd) { return syscall(SYS_unlinkat, fd, "nothing", 0); }},
    {"linkat", [](int fd) { return syscall(SYS_linkat, fd, "nothing", fd, "n", 0); }},
    {"symlinkat", [](int fd) { return syscall(SYS_symlinkat, "target", fd, "file"); }},
    {"renameat", [](int fd) { return syscall(SYS_renameat, fd, "nothing", fd, "n"); }},
    {"renameat2", [](int fd) { return syscall(SYS_renameat2, fd, "nothing", fd, "n", 1); }},
    {"close_range", [](int fd) { return syscall(SYS_close_range, 1000, fd < 0 ? 999 : 1001, 0); }},
    {"close", [](int fd) { const long done = syscall(SYS_close, fd); return done != 0 ? done : syscall(SYS_close, fd); }},
};
// clang-format on

}  // namespace

int main(int, char** arguments) {
  folder = arguments[1];
  std::signal(SIGPIPE, SIG_IGN);
  for (const Call& call : kCalls) {
    std::printf("%s:", call.name);
    for (const Kind& kind : kKinds) {
      unlink((folder + "/file").c_str());
      const int file = open_file(O_RDWR);
      CHECK(write(file, "what is in the file", 19) == 19 && close(file) == 0);
      CHECK(chdir("/") == 0);
      if ((std::string(" ") + call.not_with + " ").find(std::string(" ") + kind.name + " ") != std::string::npos) continue;
      const Subject subject = kind.make();
      const long result = call.make(subject.descriptor);
      std::printf(" %s %s", kind.name, (call.has_value ? ending_of(result) : error_of(result)).c_str());
      for (const int descriptor : {subject.descriptor, subject.other, 800, 801}) {
        if (descriptor >= 0) close(descriptor);
      }
    }
    std::puts("");
  }
}
