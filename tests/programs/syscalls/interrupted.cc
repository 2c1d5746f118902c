// SPDX-License-Identifier: Apache-2.0
//
// Every call that waits, when a signal's handler runs meanwhile: with SA_RESTART some go on and some end with EINTR, without it
// all end with EINTR. A call that has moved something says how much.
// sgxx-test: folder

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "network/sockets.h"
#include "syscalls/calls.h"

using namespace sgxx_test;

namespace {

std::string folder;
int pipe_ends[2], full[2], pair_ends[2], event, full_event, timer, epoll, udp, locked, listening, tcp_client, tcp_server;
std::vector<char> much(8 << 20);
uint32_t word = 0;
timespec second{30, 0};

void make_files() {
  CHECK(pipe(pipe_ends) == 0 && pipe(full) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair_ends) == 0);
  CHECK(fcntl(full[1], F_SETFL, O_NONBLOCK) == 0);
  while (write(full[1], much.data(), 4096) > 0) {
  }
  CHECK(errno == EAGAIN && fcntl(full[1], F_SETFL, 0) == 0);
  event = eventfd(0, 0);
  full_event = eventfd(0, 0);
  const uint64_t most = ~uint64_t{0} - 1;
  CHECK(write(full_event, &most, 8) == 8);
  timer = timerfd_create(CLOCK_MONOTONIC, 0);
  epoll = epoll_create1(0);
  udp = bound(SOCK_DGRAM);
  locked = open((folder + "/locked").c_str(), O_RDWR | O_CREAT, 0600);
  const int other = open((folder + "/locked").c_str(), O_RDWR);
  CHECK(flock(other, LOCK_EX) == 0);
  listening = listener();
  tcp_client = connect_to(listening);
  tcp_server = accept(listening, nullptr, nullptr);
}

struct Call {
  const char* name;
  long (*make)();
};

// clang-format off
const Call kCalls[] = {
    {"read, pipe", [] { char byte; return syscall(SYS_read, pipe_ends[0], &byte, 1); }},
    {"read, pair", [] { char byte; return syscall(SYS_read, pair_ends[0], &byte, 1); }},
    {"read, event", [] { uint64_t value; return syscall(SYS_read, event, &value, 8); }},
    {"read, timer", [] { uint64_t value; return syscall(SYS_read, timer, &value, 8); }},
    {"read, tcp", [] { char byte; return syscall(SYS_read, tcp_server, &byte, 1); }},
    {"readv", [] { char byte; iovec part{&byte, 1}; return syscall(SYS_readv, pipe_ends[0], &part, 1); }},
    {"write, full pipe", [] { return syscall(SYS_write, full[1], much.data(), 4096); }},
    {"write, full event", [] { const uint64_t one = 1; return syscall(SYS_write, full_event, &one, 8); }},
    {"write, in part", [] {
       const Connection fresh;
       return syscall(SYS_write, fresh.client, much.data(), much.size()) > 0 ? 1l : -1l;
     }},
    {"sendto, in part", [] {
       const Connection fresh;
       return syscall(SYS_sendto, fresh.client, much.data(), much.size(), 0, nullptr, 0) > 0 ? 1l : -1l;
     }},
    {"recvfrom", [] { char byte; return syscall(SYS_recvfrom, udp, &byte, 1, 0, nullptr, nullptr); }},
    {"recvmsg", [] { char byte; iovec part{&byte, 1}; msghdr header{}; header.msg_iov = &part; header.msg_iovlen = 1; return syscall(SYS_recvmsg, udp, &header, 0); }},
    {"recvmmsg", [] { char byte; iovec part{&byte, 1}; mmsghdr header{}; header.msg_hdr.msg_iov = &part; header.msg_hdr.msg_iovlen = 1; return syscall(SYS_recvmmsg, udp, &header, 1, 0, nullptr); }},
    {"recvfrom, with a limit", [] {
       const timeval limit{30, 0};
       CHECK(setsockopt(udp, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
       char byte;
       return syscall(SYS_recvfrom, udp, &byte, 1, 0, nullptr, nullptr);
     }},
    {"accept", [] { return syscall(SYS_accept, listening, nullptr, nullptr); }},
    {"accept4", [] { return syscall(SYS_accept4, listening, nullptr, nullptr, 0); }},
    {"poll", [] { pollfd entry{event, POLLIN, 0}; return syscall(SYS_poll, &entry, 1, 30000); }},
    {"ppoll", [] { pollfd entry{udp, POLLIN, 0}; timespec time = second; return syscall(SYS_ppoll, &entry, 1, &time, nullptr, 8); }},
    {"select", [] { timeval time{30, 0}; return syscall(SYS_select, 0, nullptr, nullptr, nullptr, &time); }},
    {"pselect6", [] { timespec time = second; return syscall(SYS_pselect6, 0, nullptr, nullptr, nullptr, &time, nullptr); }},
    {"epoll_wait", [] { epoll_event got; return syscall(SYS_epoll_wait, epoll, &got, 1, 30000); }},
    {"epoll_pwait", [] { epoll_event got; return syscall(SYS_epoll_pwait, epoll, &got, 1, 30000, nullptr, 8); }},
    {"epoll_pwait2", [] { epoll_event got; return syscall(SYS_epoll_pwait2, epoll, &got, 1, &second, nullptr, 8); }},
    {"pause", [] { return syscall(SYS_pause); }},
    {"rt_sigsuspend", [] { const unsigned long none = 0; return syscall(SYS_rt_sigsuspend, &none, 8); }},
    {"rt_sigtimedwait", [] { const unsigned long other = 1ul << (SIGUSR2 - 1); return syscall(SYS_rt_sigtimedwait, &other, nullptr, &second, 8); }},
    {"nanosleep", [] { timespec left{}; const long slept = syscall(SYS_nanosleep, &second, &left); const int reason = errno; CHECK(left.tv_sec >= 1); errno = reason; return slept; }},
    {"clock_nanosleep", [] { return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &second, nullptr); }},
    {"futex, wait", [] { return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0); }},
    {"futex, with a limit", [] { return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &second, nullptr, 0); }},
    {"flock", [] { return syscall(SYS_flock, locked, LOCK_EX); }},
    {"fcntl, F_OFD_SETLKW", [] {
       const int other = open((folder + "/locked").c_str(), O_RDWR);
       flock64 lock{};
       lock.l_type = F_WRLCK;
       CHECK(fcntl(other, F_OFD_SETLK, &lock) == 0);
       const long done = syscall(SYS_fcntl, locked, F_OFD_SETLKW, &lock);
       const int reason = errno;
       close(other);
       errno = reason;
       return done;
     }},
};
// clang-format on

std::atomic<int> handled{0};

/// Sends signals until the thread's call has ended, at most two (the first may have come before the call did): a call that goes
/// on after those goes on for good.
std::string interrupt(const Call& call, int flags) {
  struct sigaction action {};
  action.sa_handler = [](int) { handled.fetch_add(1); };
  action.sa_flags = flags;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  handled = 0;
  std::atomic<bool> ended{false};
  std::string ending;
  std::thread waiting([&] {
    const long result = call.make();
    ending = ending_of(result);
    ended = true;
  });
  const pthread_t thread = waiting.native_handle();
  for (int sent = 0; sent < 2 && !ended; ++sent) {
    usleep(15000);
    if (ended) break;
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    while (!ended && handled == sent) usleep(200);
  }
  for (int i = 0; i < 30 && !ended; ++i) usleep(5000);
  if (ended) {
    waiting.join();
    return ending;
  }
  // It waits still: a handler that does not come back takes the thread out of its call.
  action.sa_handler = [](int) { pthread_exit(nullptr); };
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0 && pthread_kill(thread, SIGUSR1) == 0);
  waiting.join();
  return "goes on";
}

}  // namespace

int main(int, char** arguments) {
  folder = arguments[1];
  make_files();
  for (const Call& call : kCalls) {
    const std::string without = interrupt(call, 0), with = interrupt(call, SA_RESTART);
    std::printf("%s: %s, with SA_RESTART: %s\n", call.name, without.c_str(), with.c_str());
    std::fflush(stdout);
  }
}
