// SPDX-License-Identifier: Apache-2.0
//
// System calls that change who a program is, what it may do and how it is scheduled: what it is already it may become, and what
// is wrong is wrong for everybody. (What needs privileges is refused or not, as the native run has them; it is left out.)

#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <climits>
#include <csignal>

#include "syscalls/calls.h"

using namespace sgxx_test;

namespace {

alignas(4096) char pages[2 * 4096];
char buffer[256];
constexpr int kNobody = 0x3fffffff;

#define CALL(number, ...) \
  std::printf("%s(%s) %s\n", #number, #__VA_ARGS__, error_of(syscall(SYS_##number __VA_OPT__(, ) __VA_ARGS__)).c_str())
#define VALUE(number, ...) \
  std::printf("%s(%s) %s\n", #number, #__VA_ARGS__, ending_of(syscall(SYS_##number __VA_OPT__(, ) __VA_ARGS__)).c_str())

/// struct sched_attr.
struct Attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period, beyond[40];
};

void identity() {
  unsigned real = 1, effective = 2, saved = 3;
  CALL(setuid, getuid());
  CALL(setgid, getgid());
  CALL(setuid, -1);
  CALL(setgid, -1);
  CALL(setreuid, -1, getuid());
  CALL(setregid, getgid(), -1);
  CALL(setresuid, getuid(), -1, getuid());
  CALL(setresgid, -1, -1, getgid());
  CALL(getresuid, &real, &effective, &saved);
  CHECK(real == getuid() && effective == getuid() && saved == getuid());
  CALL(getresgid, &real, &effective, &saved);
  CHECK(real == getgid() && effective == getgid() && saved == getgid());
  CALL(getresuid, &real, nullptr, &saved);
  CALL(getresgid, &real, &effective, 8);
  CHECK(syscall(SYS_setfsuid, -1) == getuid() && syscall(SYS_setfsgid, -1) == getgid());
  CALL(getgroups, 0, nullptr);
  CALL(getgroups, -1, buffer);
  const long refused = syscall(SYS_setgroups, -1, buffer);
  std::printf("setgroups %s\n", refused == -1 && (errno == EPERM || errno == EINVAL) ? "refused" : "done");
  const long session = syscall(SYS_setsid);  // a leader is refused
  CHECK(session == getpid() || (session == -1 && errno == EPERM));
  CALL(setpgid, kNobody, 0);
  CALL(setpgid, 0, -1);
}

void capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2], none[2] = {};
  CALL(capget, &header, data);
  header.pid = -1;
  CALL(capget, &header, data);
  header.pid = kNobody;
  CALL(capget, &header, data);
  CALL(capset, &header, none);
  header = {_LINUX_CAPABILITY_VERSION_1, 0};
  CALL(capget, &header, data);
  header = {77, 0};
  CALL(capget, &header, data);
  std::printf("version %#x\n", header.version);
  header.version = 77;
  CALL(capget, &header, nullptr);
  header.version = 77;
  CALL(capset, &header, none);
  CALL(capget, nullptr, data);
  header.version = _LINUX_CAPABILITY_VERSION_3;
  CALL(capget, &header, 8);
  CALL(capset, &header, 8);
  CALL(prctl, PR_CAPBSET_READ, 77, 0, 0, 0);
}

void scheduling() {
  VALUE(getpriority, PRIO_PROCESS, 0);
  VALUE(getpriority, PRIO_PROCESS, gettid());
  CALL(getpriority, PRIO_USER, kNobody);
  CALL(getpriority, PRIO_PGRP, kNobody);
  CALL(getpriority, PRIO_PROCESS, kNobody);
  CALL(getpriority, 9, 0);
  CALL(setpriority, PRIO_PROCESS, 0, 0);
  CALL(setpriority, PRIO_PROCESS, kNobody, 0);
  CALL(setpriority, 9, 0, 0);
  timespec slice{7, -1};
  CALL(sched_rr_get_interval, 0, &slice);
  CHECK(slice.tv_sec == 0 && slice.tv_nsec >= 0);
  CALL(sched_rr_get_interval, -1, &slice);
  CALL(sched_rr_get_interval, kNobody, &slice);
  CALL(sched_rr_get_interval, 0, 8);
  Attributes attributes{};
  CALL(sched_getattr, 0, &attributes, 48, 0);
  std::printf("size %u, policy %u, nice %d, priority %u\n", attributes.size, attributes.policy, attributes.nice,
              attributes.priority);
  CALL(sched_getattr, 0, &attributes, 47, 0);
  CALL(sched_getattr, 0, &attributes, 5000, 0);
  CALL(sched_getattr, 0, &attributes, 48, 1);
  CALL(sched_getattr, 0, nullptr, 48, 0);
  CALL(sched_getattr, -1, &attributes, 48, 0);
  CALL(sched_getattr, kNobody, &attributes, 48, 0);
  attributes = {};
  CALL(sched_setattr, 0, &attributes, 0);
  attributes.size = 48;
  CALL(sched_setattr, 0, &attributes, 0);
  CALL(sched_setattr, 0, &attributes, 1);
  CALL(sched_setattr, -1, &attributes, 0);
  CALL(sched_setattr, kNobody, &attributes, 0);
  CALL(sched_setattr, 0, nullptr, 0);
  attributes.size = 47;
  CALL(sched_setattr, 0, &attributes, 0);
  CHECK(attributes.size >= 48);
  attributes = {};
  attributes.size = sizeof(attributes);
  CALL(sched_setattr, 0, &attributes, 0);
  attributes.size = sizeof(attributes);
  attributes.beyond[39] = 1;
  CALL(sched_setattr, 0, &attributes, 0);
  attributes = {48, 77, 0, 0, 0, 0, 0, 0, {}};
  CALL(sched_setattr, 0, &attributes, 0);
  attributes = {48, SCHED_OTHER, 0, 0, 5, 0, 0, 0, {}};
  CALL(sched_setattr, 0, &attributes, 0);
  attributes = {48, SCHED_OTHER, 1ull << 40, 0, 0, 0, 0, 0, {}};
  CALL(sched_setattr, 0, &attributes, 0);
}

void memory() {
  pages[0] = pages[4096] = 1;
  CALL(mlock2, pages, 4096, 0);
  CALL(mlock2, pages, 4096, MLOCK_ONFAULT);
  CALL(mlock2, pages, 4096, 2);
  CALL(mlockall, 0);
  CALL(mlockall, MCL_ONFAULT);
  CALL(mlockall, 8);
  CALL(munlockall);
  buffer[0] = buffer[1] = buffer[2] = 7;
  CALL(mincore, pages, 5000, buffer);
  std::printf("in core %d %d %d\n", buffer[0] & 1, buffer[1] & 1, buffer[2]);
  CALL(mincore, pages + 1, 4096, buffer);
  CALL(mincore, pages, 4096, 8);
  CALL(mincore, pages, 0, buffer);
  CALL(mincore, pages, -1l, buffer);
  char* const gone = static_cast<char*>(mmap(nullptr, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(gone != MAP_FAILED && munmap(gone + 4096, 4096) == 0);
  CALL(mincore, gone, 3 * 4096, buffer);
}

void process() {
  rlimit files{};
  CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
  CALL(setrlimit, RLIMIT_NOFILE, &files);
  files.rlim_cur = 64;
  CALL(setrlimit, RLIMIT_NOFILE, &files);
  CALL(dup2, 1, 64);
  files = {20, 10};
  CALL(setrlimit, RLIMIT_NOFILE, &files);
  CALL(setrlimit, 99, &files);
  CALL(setrlimit, RLIMIT_NOFILE, 8);
  VALUE(personality, 0xffffffff);
  VALUE(personality, PER_LINUX);
  int number = 7;
  CALL(prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  CALL(prctl, PR_GET_PDEATHSIG, &number, 0, 0, 0);
  std::printf("%d\n", number);
  CALL(prctl, PR_SET_PDEATHSIG, 99, 0, 0, 0);
  CALL(prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
  CALL(prctl, PR_GET_PDEATHSIG, nullptr, 0, 0, 0);
  CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  CALL(prctl, PR_GET_CHILD_SUBREAPER, &number, 0, 0, 0);
  std::printf("%d\n", number);
  CALL(prctl, PR_SET_TIMERSLACK, 70000, 0, 0, 0);
  VALUE(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
  CALL(prctl, PR_SET_TIMERSLACK, 0, 0, 0, 0);
  VALUE(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
  CALL(wait4, -1, nullptr, 0, nullptr);
  CALL(wait4, 0, nullptr, WNOHANG, nullptr);
  CALL(wait4, kNobody, &number, WNOHANG | WUNTRACED, buffer);
  CALL(wait4, -1, nullptr, 0x100, nullptr);
  CALL(wait4, INT_MIN, nullptr, 0, nullptr);
  CALL(waitid, P_ALL, 0, nullptr, WEXITED, nullptr);
  CALL(waitid, P_PID, kNobody, buffer, WEXITED | WNOHANG, nullptr);
  CALL(waitid, P_PID, 0, buffer, WEXITED, nullptr);
  CALL(waitid, P_PGID, 0, buffer, WSTOPPED, nullptr);
  CALL(waitid, P_PGID, -1, buffer, WSTOPPED, nullptr);
  CALL(waitid, 9, 0, buffer, WEXITED, nullptr);
  CALL(waitid, P_ALL, 0, buffer, WNOHANG, nullptr);
  CALL(waitid, P_ALL, 0, buffer, WEXITED | 0x100, nullptr);
}

}  // namespace

int main() {
  identity();
  capabilities();
  scheduling();
  memory();
  process();
}
