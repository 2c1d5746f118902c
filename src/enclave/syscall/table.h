// SPDX-License-Identifier: Apache-2.0
//
// The system calls that the runtime serves: one row each, sorted by number. Everything else is ENOSYS. Dispatch comes out of
// this table. A handler reads its arguments from the frame and returns the value or the error that the program sees.
#pragma once

#include "abi/program_call.h"
#include "enclave/errno.h"
#include "enclave/thread_block.h"

// clang-format off
// X(number, name, function in sgxx::enclave::syscall)
#define SGXX_SYSCALLS(X) \
  X(0, read, read) \
  X(1, write, write) \
  X(2, open, open) \
  X(3, close, close) \
  X(4, stat, stat) \
  X(5, fstat, fstat) \
  X(6, lstat, lstat) \
  X(7, poll, poll) \
  X(8, lseek, lseek) \
  X(9, mmap, mmap) \
  X(10, mprotect, mprotect) \
  X(11, munmap, munmap) \
  X(12, brk, brk) \
  X(13, rt_sigaction, rt_sigaction) \
  X(14, rt_sigprocmask, rt_sigprocmask) \
  X(15, rt_sigreturn, rt_sigreturn) \
  X(16, ioctl, ioctl) \
  X(17, pread64, pread64) \
  X(18, pwrite64, pwrite64) \
  X(19, readv, readv) \
  X(20, writev, writev) \
  X(21, access, access) \
  X(22, pipe, pipe) \
  X(23, select, select) \
  X(24, sched_yield, sched_yield) \
  X(25, mremap, mremap) \
  X(26, msync, msync) \
  X(27, mincore, mincore) \
  X(28, madvise, madvise) \
  X(32, dup, dup) \
  X(33, dup2, dup2) \
  X(34, pause, pause) \
  X(35, nanosleep, nanosleep) \
  X(36, getitimer, getitimer) \
  X(37, alarm, alarm) \
  X(38, setitimer, setitimer) \
  X(39, getpid, getpid) \
  X(40, sendfile, sendfile) \
  X(41, socket, socket) \
  X(42, connect, connect) \
  X(43, accept, accept) \
  X(44, sendto, sendto) \
  X(45, recvfrom, recvfrom) \
  X(46, sendmsg, sendmsg) \
  X(47, recvmsg, recvmsg) \
  X(48, shutdown, shutdown) \
  X(49, bind, bind) \
  X(50, listen, listen) \
  X(51, getsockname, getsockname) \
  X(52, getpeername, getpeername) \
  X(53, socketpair, socketpair) \
  X(54, setsockopt, setsockopt) \
  X(55, getsockopt, getsockopt) \
  X(56, clone, clone) \
  X(60, exit, exit) \
  X(61, wait4, wait4) \
  X(62, kill, kill) \
  X(63, uname, uname) \
  X(72, fcntl, fcntl) \
  X(73, flock, flock) \
  X(74, fsync, fsync) \
  X(75, fdatasync, fsync) \
  X(76, truncate, truncate) \
  X(77, ftruncate, ftruncate) \
  X(79, getcwd, getcwd) \
  X(80, chdir, chdir) \
  X(81, fchdir, fchdir) \
  X(82, rename, rename) \
  X(83, mkdir, mkdir) \
  X(84, rmdir, rmdir) \
  X(85, creat, creat) \
  X(86, link, link) \
  X(87, unlink, unlink) \
  X(88, symlink, symlink) \
  X(89, readlink, readlink) \
  X(90, chmod, chmod) \
  X(91, fchmod, fchmod) \
  X(92, chown, chown) \
  X(93, fchown, fchown) \
  X(94, lchown, lchown) \
  X(95, umask, umask) \
  X(96, gettimeofday, gettimeofday) \
  X(97, getrlimit, getrlimit) \
  X(98, getrusage, getrusage) \
  X(99, sysinfo, sysinfo) \
  X(100, times, times) \
  X(102, getuid, getuid) \
  X(104, getgid, getuid) \
  X(105, setuid, set_id) \
  X(106, setgid, set_id) \
  X(107, geteuid, getuid) \
  X(108, getegid, getuid) \
  X(109, setpgid, setpgid) \
  X(110, getppid, getppid) \
  X(111, getpgrp, getpid) \
  X(112, setsid, setsid) \
  X(113, setreuid, set_two_ids) \
  X(114, setregid, set_two_ids) \
  X(115, getgroups, getgroups) \
  X(116, setgroups, setgroups) \
  X(117, setresuid, set_three_ids) \
  X(118, getresuid, get_three_ids) \
  X(119, setresgid, set_three_ids) \
  X(120, getresgid, get_three_ids) \
  X(121, getpgid, getpgid) \
  X(122, setfsuid, set_file_id) \
  X(123, setfsgid, set_file_id) \
  X(124, getsid, getpgid) \
  X(125, capget, capget) \
  X(126, capset, capset) \
  X(127, rt_sigpending, rt_sigpending) \
  X(128, rt_sigtimedwait, rt_sigtimedwait) \
  X(129, rt_sigqueueinfo, rt_sigqueueinfo) \
  X(130, rt_sigsuspend, rt_sigsuspend) \
  X(131, sigaltstack, sigaltstack) \
  X(132, utime, utime) \
  X(133, mknod, mknod) \
  X(135, personality, personality) \
  X(137, statfs, statfs) \
  X(138, fstatfs, fstatfs) \
  X(140, getpriority, getpriority) \
  X(141, setpriority, setpriority) \
  X(142, sched_setparam, sched_setparam) \
  X(143, sched_getparam, sched_getparam) \
  X(144, sched_setscheduler, sched_setscheduler) \
  X(145, sched_getscheduler, sched_getscheduler) \
  X(146, sched_get_priority_max, sched_get_priority_max) \
  X(147, sched_get_priority_min, sched_get_priority_min) \
  X(148, sched_rr_get_interval, sched_rr_get_interval) \
  X(149, mlock, mapped_range) \
  X(150, munlock, mapped_range) \
  X(151, mlockall, mlockall) \
  X(152, munlockall, munlockall) \
  X(157, prctl, prctl) \
  X(158, arch_prctl, arch_prctl) \
  X(160, setrlimit, setrlimit) \
  X(162, sync, sync) \
  X(164, settimeofday, settimeofday) \
  X(186, gettid, gettid) \
  X(187, readahead, readahead) \
  X(200, tkill, tkill) \
  X(201, time, time) \
  X(202, futex, futex) \
  X(203, sched_setaffinity, sched_setaffinity) \
  X(204, sched_getaffinity, sched_getaffinity) \
  X(213, epoll_create, epoll_create) \
  X(217, getdents64, getdents64) \
  X(218, set_tid_address, set_tid_address) \
  X(221, fadvise64, fadvise64) \
  X(222, timer_create, timer_create) \
  X(223, timer_settime, timer_settime) \
  X(224, timer_gettime, timer_gettime) \
  X(225, timer_getoverrun, timer_getoverrun) \
  X(226, timer_delete, timer_delete) \
  X(227, clock_settime, clock_settime) \
  X(228, clock_gettime, clock_gettime) \
  X(229, clock_getres, clock_getres) \
  X(230, clock_nanosleep, clock_nanosleep) \
  X(231, exit_group, exit_group) \
  X(232, epoll_wait, epoll_wait) \
  X(233, epoll_ctl, epoll_ctl) \
  X(234, tgkill, tgkill) \
  X(235, utimes, utimes) \
  X(247, waitid, waitid) \
  X(257, openat, openat) \
  X(258, mkdirat, mkdirat) \
  X(259, mknodat, mknodat) \
  X(260, fchownat, fchownat) \
  X(261, futimesat, futimesat) \
  X(262, newfstatat, newfstatat) \
  X(263, unlinkat, unlinkat) \
  X(264, renameat, renameat) \
  X(265, linkat, linkat) \
  X(266, symlinkat, symlinkat) \
  X(267, readlinkat, readlinkat) \
  X(268, fchmodat, fchmodat) \
  X(269, faccessat, faccessat) \
  X(270, pselect6, pselect6) \
  X(271, ppoll, ppoll) \
  X(273, set_robust_list, set_robust_list) \
  X(277, sync_file_range, sync_file_range) \
  X(280, utimensat, utimensat) \
  X(281, epoll_pwait, epoll_pwait) \
  X(282, signalfd, signalfd) \
  X(283, timerfd_create, timerfd_create) \
  X(284, eventfd, eventfd) \
  X(285, fallocate, fallocate) \
  X(286, timerfd_settime, timerfd_settime) \
  X(287, timerfd_gettime, timerfd_gettime) \
  X(288, accept4, accept4) \
  X(289, signalfd4, signalfd4) \
  X(290, eventfd2, eventfd2) \
  X(291, epoll_create1, epoll_create1) \
  X(292, dup3, dup3) \
  X(293, pipe2, pipe2) \
  X(295, preadv, preadv) \
  X(296, pwritev, pwritev) \
  X(297, rt_tgsigqueueinfo, rt_tgsigqueueinfo) \
  X(299, recvmmsg, recvmmsg) \
  X(302, prlimit64, prlimit64) \
  X(306, syncfs, syncfs) \
  X(307, sendmmsg, sendmmsg) \
  X(309, getcpu, getcpu) \
  X(314, sched_setattr, sched_setattr) \
  X(315, sched_getattr, sched_getattr) \
  X(316, renameat2, renameat2) \
  X(318, getrandom, getrandom) \
  X(319, memfd_create, memfd_create) \
  X(324, membarrier, membarrier) \
  X(325, mlock2, mlock2) \
  X(326, copy_file_range, copy_file_range) \
  X(327, preadv2, preadv2) \
  X(328, pwritev2, pwritev2) \
  X(332, statx, statx) \
  X(435, clone3, clone3) \
  X(436, close_range, close_range) \
  X(439, faccessat2, faccessat2) \
  X(441, epoll_pwait2, epoll_pwait2) \
  X(449, futex_waitv, futex_waitv)
// clang-format on

namespace sgxx::enclave::syscall {

#define SGXX_X(number, name, function) Outcome<u64> function(SyscallFrame& frame);
SGXX_SYSCALLS(SGXX_X)
#undef SGXX_X

constexpr bool sorted() {
  int last = -1;
#define SGXX_X(number, name, function) \
  if (number <= last) return false;    \
  last = number;
  SGXX_SYSCALLS(SGXX_X)
#undef SGXX_X
  return true;
}
static_assert(sorted());

// Those of the runtime's own are in a table that the SDK shares.
#define SGXX_X(index, name, text) Outcome<u64> name(SyscallFrame& frame);
SGXX_PROGRAM_CALLS(SGXX_X)
#undef SGXX_X

}  // namespace sgxx::enclave::syscall
