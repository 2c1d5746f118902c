// SPDX-License-Identifier: Apache-2.0
//
// System calls with numbers that mean nothing to them: flags, signals, clocks, processes, sizes, families of addresses.
// sgxx-test: folder

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <csignal>

#include "network/sockets.h"
#include "syscalls/calls.h"

using namespace sgxx_test;

namespace {

alignas(4096) char pages[3 * 4096];
char buffer[4096];
std::string folder;

/// A line for each; made in the order of the list.
#define CALL(number, ...) \
  std::printf("%s(%s) %s\n", #number, #__VA_ARGS__, error_of(closing(syscall(SYS_##number __VA_OPT__(, ) __VA_ARGS__))).c_str())
#define VALUE(number, ...) \
  std::printf("%s(%s) %s\n", #number, #__VA_ARGS__, ending_of(syscall(SYS_##number __VA_OPT__(, ) __VA_ARGS__)).c_str())

/// Descriptors that a call made are of no interest.
long closing(long result) {
  const int reason = errno;
  for (int descriptor = 10; descriptor < 30; ++descriptor) close(descriptor);
  errno = reason;
  return result;
}

const char* file() {
  static const std::string name = folder + "/file";
  return name.c_str();
}

void descriptors_and_files(int opened) {
  CALL(socket, AF_INET, SOCK_STREAM, 77);
  CALL(socket, AF_INET, SOCK_STREAM, 17);
  CALL(socket, AF_INET, SOCK_DGRAM, 6);
  CALL(socket, AF_INET, 11, 0);
  CALL(socket, AF_INET, SOCK_SEQPACKET, 0);
  CALL(socket, 99, SOCK_STREAM, 0);
  CALL(socket, AF_INET, SOCK_STREAM | 0x100, 0);
  CALL(socket, AF_UNIX, SOCK_STREAM, 5);
  CALL(socketpair, AF_INET, SOCK_STREAM, 0, buffer);
  CALL(socketpair, AF_UNIX, 11, 0, buffer);
  CALL(socketpair, AF_UNIX, SOCK_STREAM, 9, buffer);
  CALL(socketpair, AF_UNIX, SOCK_STREAM | 0x100, 0, buffer);
  CALL(pipe2, buffer, 1);
  CALL(eventfd, 3);
  CALL(eventfd2, 3, 0x40);
  CALL(eventfd2, 3, EFD_SEMAPHORE | EFD_CLOEXEC);
  CALL(epoll_create, 0);
  CALL(epoll_create, -1);
  CALL(epoll_create, 1);
  CALL(epoll_create1, 1);
  CALL(epoll_create1, EPOLL_CLOEXEC);
  CALL(timerfd_create, 99, 0);
  CALL(timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0);
  CALL(timerfd_create, CLOCK_MONOTONIC, 1);
  CALL(signalfd4, -1, buffer, 4, 0);
  CALL(signalfd4, -1, buffer, 8, 1);
  CALL(memfd_create, "m", 0x100);
  CALL(memfd_create, "m", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CALL(open, file(), O_RDWR | O_DIRECTORY, 0);
  CALL(open, file(), O_RDWR | O_CREAT | O_EXCL, 0600);
  CALL(open, folder.c_str(), O_RDWR, 0);
  CALL(openat, AT_FDCWD, "", O_RDONLY, 0);
  CALL(creat, folder.c_str(), 0600);
  CALL(access, file(), 77);
  CALL(faccessat2, AT_FDCWD, file(), R_OK, 0x8000);
  CALL(newfstatat, AT_FDCWD, file(), buffer, 1);
  CALL(statx, AT_FDCWD, file(), 1, 0x7ff, buffer);
  CALL(statx, AT_FDCWD, file(), 0, 0x80000000, buffer);
  CALL(fchownat, AT_FDCWD, file(), -1, -1, 1);
  CALL(utimensat, AT_FDCWD, file(), nullptr, 1);
  CALL(linkat, AT_FDCWD, file(), AT_FDCWD, file(), 1);
  CALL(link, file(), file());
  CALL(unlinkat, AT_FDCWD, file(), 1);
  CALL(renameat2, AT_FDCWD, file(), AT_FDCWD, file(), 0x80);
  CALL(mknod, file(), 0170000, 0);
  CALL(truncate, file(), -1);
  CALL(readlink, file(), buffer, 0);
  CALL(readlink, file(), buffer, -1);
  CALL(getcwd, buffer, 0);
  CALL(lseek, opened, -1, SEEK_SET);
  CALL(lseek, opened, -1000000, SEEK_CUR);
  CALL(lseek, opened, 1000, SEEK_DATA);
  CALL(lseek, opened, 1000, SEEK_HOLE);
  CALL(fallocate, opened, 0x80, 0, 10);
  CALL(fallocate, opened, 0, -1, 10);
  CALL(fadvise64, opened, 0, 0, 77);
  CALL(readahead, opened, 0, 100);
  CALL(sync_file_range, opened, 0, 0, 2);
  CALL(sync_file_range, opened, -1, 0, 2);
  CALL(sync_file_range, opened, 0, -1, 2);
  CALL(sync_file_range, opened, 1, 0x7fffffffffffffff, 2);
  CALL(sync_file_range, opened, 0, 0, 8);
  CALL(flock, opened, 0);
  CALL(flock, opened, 3);
  CALL(preadv, opened, buffer, -1, 0, 0);
  CALL(readv, opened, buffer, 1025);
  CALL(writev, opened, buffer, -1);
  CALL(readv, opened, buffer, 0);
  iovec part{buffer, 4};
  CALL(preadv2, opened, &part, 1, 0, 0, 0x8000);
  CALL(pwritev2, opened, &part, 1, 0, 0, 0x8000);
  CALL(copy_file_range, opened, nullptr, opened, nullptr, 4, 1);
  CALL(sendfile, opened, opened, nullptr, 0);
  CALL(close_range, 5, 4, 0);
  CALL(close_range, 900, 901, 0x80);
  CALL(dup3, opened, 20, 1);
  CALL(fcntl, opened, F_SETFL, O_APPEND | O_NONBLOCK);
  CALL(fcntl, opened, F_DUPFD, -1);
  CALL(getdents64, opened, buffer, 1);
  VALUE(umask, 077);
  VALUE(umask, 022);
  CALL(sync);
  CALL(poll, nullptr, 1u << 30, 0);
  CALL(select, -1, nullptr, nullptr, nullptr, nullptr);
  CALL(ppoll, nullptr, 0, nullptr, buffer, 7);
}

void memory() {
  CALL(mmap, nullptr, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CALL(mmap, nullptr, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0);
  CALL(mmap, pages + 1, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CALL(mmap, nullptr, 4096, PROT_READ, MAP_PRIVATE, -1, 0);
  CALL(mmap, nullptr, 4096, PROT_READ, MAP_PRIVATE, 5, 1);
  CALL(mmap, pages, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  CALL(mmap, nullptr, -4096l, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CALL(munmap, pages + 1, 4096);
  CALL(munmap, pages, 0);
  CALL(munmap, pages, -4096l);
  CALL(mprotect, pages + 1, 4096, PROT_READ);
  CALL(mprotect, pages, 0, PROT_READ);
  CALL(mprotect, pages, 4096, 0x10000000);
  CALL(mremap, pages, 0, 4096, 0);
  CALL(mremap, pages, 4096, 0, 0);
  CALL(mremap, pages + 1, 4096, 4096, 0);
  CALL(mremap, pages, 4096, 4096, 0x80);
  CALL(madvise, pages + 1, 4096, MADV_NORMAL);
  CALL(madvise, pages, 4096, 9999);
  CALL(madvise, pages, 0, MADV_DONTNEED);
  CALL(madvise, pages, -4096l, MADV_NORMAL);
  CALL(msync, pages, 4096, MS_SYNC | MS_ASYNC);
  CALL(msync, pages, 4096, 0x80);
  CALL(msync, pages + 1, 4096, MS_SYNC);
  CALL(mlock, pages, 0);
  CALL(munlock, pages, 4096);
  std::printf("brk %s\n", syscall(SYS_brk, 0) == syscall(SYS_brk, 1) ? "stays" : "moves");
}

void signals() {
  struct {
    void* handler;
    unsigned long flags;
    void* restorer;
    unsigned long mask;
  } action{};
  CALL(rt_sigaction, 0, nullptr, nullptr, 8);
  CALL(rt_sigaction, 65, nullptr, nullptr, 8);
  CALL(rt_sigaction, SIGUSR1, nullptr, nullptr, 4);
  CALL(rt_sigaction, SIGKILL, &action, nullptr, 8);
  CALL(rt_sigaction, SIGSTOP, &action, nullptr, 8);
  CALL(rt_sigaction, SIGKILL, nullptr, buffer, 8);
  CALL(rt_sigprocmask, 99, buffer, nullptr, 8);
  CALL(rt_sigprocmask, SIG_BLOCK, buffer, nullptr, 4);
  CALL(rt_sigprocmask, 99, nullptr, nullptr, 8);
  CALL(rt_sigpending, buffer, 99);
  CALL(rt_sigsuspend, buffer, 4);
  CALL(rt_sigtimedwait, buffer, nullptr, buffer, 4);
  const timespec wrong{0, 1'000'000'000};
  CALL(rt_sigtimedwait, buffer, nullptr, &wrong, 8);
  CALL(kill, getpid(), 0);
  CALL(kill, getpid(), 65);
  CALL(kill, 0x3fffffff, 0);
  CALL(kill, 0x3fffffff, 65);
  CALL(tkill, gettid(), 0);
  CALL(tkill, gettid(), 65);
  CALL(tkill, 0, 0);
  CALL(tkill, -1, 0);
  CALL(tkill, 0x3fffffff, 0);
  CALL(tgkill, getpid(), gettid(), 0);
  CALL(tgkill, getpid(), gettid(), -1);
  CALL(tgkill, 0, gettid(), 0);
  CALL(tgkill, getpid(), 0, 0);
  CALL(tgkill, getpid(), 0x3fffffff, 0);
  siginfo_t info{};
  info.si_code = SI_QUEUE;
  CALL(rt_sigqueueinfo, getpid(), 65, &info);
  CALL(rt_sigqueueinfo, getpid(), 0, &info);
  CALL(rt_sigqueueinfo, 0x3fffffff, 0, &info);
  CALL(rt_tgsigqueueinfo, getpid(), gettid(), 99, &info);
  CALL(rt_tgsigqueueinfo, getpid(), 0, 0, &info);
  stack_t stack{};
  stack.ss_size = 1;
  stack.ss_sp = buffer;
  CALL(sigaltstack, &stack, nullptr);
  stack.ss_flags = 0x10;
  CALL(sigaltstack, &stack, nullptr);
}

void time_and_timers() {
  const timespec wrong{0, -1}, negative{-1, 0};
  const itimerspec bad{{0, 0}, {0, 1'000'000'000}}, off{};
  const itimerval bad_interval{{0, 0}, {0, 1'000'000}};
  int made = -1;  // a number, as the kernel has it
  sigevent event{};
  event.sigev_notify = 77;
  CALL(clock_gettime, 99, buffer);
  CALL(clock_getres, 99, buffer);
  CALL(clock_getres, CLOCK_MONOTONIC, nullptr);
  CALL(clock_settime, 99, buffer);
  CALL(clock_nanosleep, 99, 0, &wrong, nullptr);
  CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &wrong, nullptr);
  CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &negative, nullptr);
  CALL(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &off.it_value, nullptr);
  CALL(nanosleep, &wrong, nullptr);
  CALL(nanosleep, &negative, nullptr);
  CALL(timer_create, 99, nullptr, &made);
  CALL(timer_create, CLOCK_MONOTONIC, &event, &made);
  CALL(timer_settime, 999, 0, &off, nullptr);
  CALL(timer_gettime, 999, buffer);
  CALL(timer_getoverrun, 999);
  CALL(timer_delete, 999);
  event.sigev_notify = SIGEV_NONE;
  CALL(timer_create, CLOCK_MONOTONIC, &event, &made);
  CALL(timer_settime, made, 0, &bad, nullptr);
  CALL(timer_settime, made, 0, &off, nullptr);
  VALUE(timer_getoverrun, made);
  VALUE(timer_delete, made);
  VALUE(timer_delete, made);
  CALL(setitimer, 99, &bad_interval, nullptr);
  CALL(setitimer, ITIMER_REAL, &bad_interval, nullptr);
  CALL(setitimer, ITIMER_REAL, nullptr, buffer);
  CALL(getitimer, 99, buffer);
  VALUE(alarm, 0);
  const int timerfd = timerfd_create(CLOCK_MONOTONIC, 0);
  CALL(timerfd_settime, timerfd, 0x80, &off, nullptr);
  CALL(timerfd_settime, timerfd, 0, &bad, nullptr);
  CALL(futex, buffer, FUTEX_WAIT_PRIVATE, 7, &wrong, nullptr, 0);
}

void processes_and_threads() {
  unsigned long set = ~0ul;
  const int priority = 0, wrong_priority = 7;
  rlimit low{20, 10}, files{};
  CALL(getpid);
  CALL(gettid);
  CALL(getppid);
  CALL(getuid);
  CALL(geteuid);
  CALL(getgid);
  CALL(getegid);
  CALL(getpgrp);
  CALL(getpgid, 0);
  CALL(getsid, 0);
  CALL(getpgid, 0x3fffffff);
  CALL(getsid, 0x3fffffff);
  CALL(getrlimit, 99, buffer);
  CALL(prlimit64, 0, 99, nullptr, nullptr);
  CALL(prlimit64, 0, RLIMIT_NOFILE, &low, nullptr);
  CALL(prlimit64, 0x3fffffff, RLIMIT_NOFILE, nullptr, &files);
  CALL(getrusage, 99, buffer);
  VALUE(sched_get_priority_max, SCHED_OTHER);
  VALUE(sched_get_priority_min, SCHED_FIFO);
  VALUE(sched_get_priority_max, SCHED_RR);
  CALL(sched_get_priority_max, 99);
  CALL(sched_get_priority_min, -1);
  VALUE(sched_getscheduler, 0);
  CALL(sched_getscheduler, -1);
  CALL(sched_getscheduler, 0x3fffffff);
  CALL(sched_setscheduler, 0, 99, &priority);
  CALL(sched_setscheduler, 0, SCHED_OTHER, &wrong_priority);
  CALL(sched_setscheduler, 0, SCHED_OTHER, &priority);
  CALL(sched_setparam, 0, &wrong_priority);
  CALL(sched_setparam, 0, &priority);
  CALL(sched_getparam, -1, buffer);
  CALL(sched_getaffinity, 0, 1, buffer);
  CALL(sched_getaffinity, 0x3fffffff, 128, buffer);
  CALL(sched_setaffinity, 0, 0, &set);
  CALL(sched_setaffinity, 0, 8, &set);
  CALL(membarrier, 0, 1, 0);
  CALL(membarrier, 1 << 20, 0, 0);
  CALL(membarrier, 8, 0, 0);
  CALL(sched_yield);
  CALL(prctl, 9999, 0, 0, 0, 0);
  CALL(prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
  CALL(prctl, PR_SET_DUMPABLE, 99, 0, 0, 0);
  CALL(arch_prctl, 0x9999, 0);
  CALL(set_tid_address, buffer);
  CALL(set_robust_list, buffer, 7);
  CALL(getrandom, buffer, 8, 0x80);
  CALL(clone, 0x00010000 /* CLONE_THREAD alone */, 0, 0, 0, 0);
  CALL(clone3, buffer, 8);
  CALL(clone3, buffer, 100000);
  CALL(futex, buffer, 77, 0, nullptr, nullptr, 0);
  CALL(futex_waitv, buffer, 1, 1, nullptr, CLOCK_MONOTONIC);
  CALL(futex_waitv, buffer, 0, 0, nullptr, CLOCK_MONOTONIC);
  CALL(futex, buffer + 1, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  CALL(futex, buffer, FUTEX_WAIT_PRIVATE, 5, nullptr, nullptr, 0);
  CALL(futex, buffer, FUTEX_WAIT_BITSET_PRIVATE, 0, nullptr, nullptr, 0);
  CALL(futex, buffer, FUTEX_WAKE_BITSET_PRIVATE, 1, nullptr, nullptr, 0);
  VALUE(futex, buffer, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  CALL(futex, buffer, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, buffer + 8, 9);
  CALL(futex, buffer, FUTEX_REQUEUE_PRIVATE, -1, 1, buffer + 8, 0);
}

}  // namespace

int main(int, char** arguments) {
  folder = arguments[1];
  const int opened = open(file(), O_RDWR | O_CREAT, 0644);
  CHECK(opened >= 0 && write(opened, "what is in the file", 19) == 19 && dup2(opened, 5) == 5);
  descriptors_and_files(opened);
  memory();
  signals();
  time_and_timers();
  processes_and_threads();
}
