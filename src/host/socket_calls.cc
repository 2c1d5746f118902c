// SPDX-License-Identifier: Apache-2.0
#include "host/socket_calls.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/control_messages.h"
#include "host/file_calls.h"

namespace sgxx::host {
namespace {

using abi::HostCallNumber;
using abi::SocketMessage;

constexpr i64 kNanosecondsPerMillisecond = 1'000'000;

i64 result_of(ssize_t result) { return result < 0 ? -errno : result; }

/// How much of a time limit is left.
class Countdown {
 public:
  explicit Countdown(i64 timeout) : timeout_(timeout), end_(timeout > 0 ? now() + timeout : 0) {}
  i64 left() const { return timeout_ <= 0 ? timeout_ : std::max(end_ - now(), i64{0}); }

 private:
  static i64 now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
  }
  i64 timeout_;
  i64 end_;
};

/// Calls `attempt` until it answers other than -EAGAIN, or the waiting in between ends in an error (-EAGAIN: no time is left).
template <class Attempt>
i64 attempt_until(HostThread& thread, int descriptor, short events, i64 timeout, Attempt attempt) {
  i64 result = attempt();
  if (result != -EAGAIN || timeout == 0) return result;
  const Countdown countdown(timeout);
  while (result == -EAGAIN) {
    if (const i64 waited = wait_for(thread, descriptor, events, countdown.left()); waited < 0) return waited;
    result = attempt();
  }
  return result;
}

SocketMessage& message_of(HostThread& thread) { return *reinterpret_cast<SocketMessage*>(thread.area->data.data()); }
abi::SocketControl& control_of(HostThread& thread) {
  return *reinterpret_cast<abi::SocketControl*>(thread.area->data.data() + abi::kControlOffset);
}
u8* bytes_of(HostThread& thread) { return thread.area->data.data() + sizeof(SocketMessage); }

sockaddr* address_of(SocketMessage& message) { return reinterpret_cast<sockaddr*>(message.address.data()); }
socklen_t length_of(const SocketMessage& message) { return std::min<socklen_t>(message.address_length, sizeof(message.address)); }

/// Linux starts a receive or a send again after a signal unless it has a time limit.
void limit_time(int descriptor) {
  const timeval day{86400, 0};
  (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &day, sizeof(day));
  (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &day, sizeof(day));
}

/// For the calls that have no flag of their own to say it.
void set_blocking(int descriptor, bool blocks) {
  int on = blocks ? 0 : 1;
  (void)ioctl(descriptor, FIONBIO, &on);
}

i64 make_socket(Process& process, const std::array<u64, 5>& args) {
  const int type = static_cast<int>(args[2]) | SOCK_CLOEXEC;
  const int made = socket(static_cast<int>(args[1]), type, static_cast<int>(args[3]));
  if (made >= 0) limit_time(made);
  return process.handles().adopt(args[0], made);
}

i64 listen_to(int descriptor, u64 backlog) {
  set_blocking(descriptor, false);
  return result_of(listen(descriptor, static_cast<int>(backlog)));
}

/// A second `connect` on the socket tells what became of the first.
i64 connect_socket(HostThread& thread, int descriptor, i64 timeout) {
  SocketMessage& message = message_of(thread);
  const auto attempt = [&] {
    set_blocking(descriptor, false);
    const i64 done = result_of(connect(descriptor, address_of(message), length_of(message)));
    set_blocking(descriptor, true);
    return done;
  };
  i64 result = attempt();
  if (timeout == 0) return result;
  const Countdown countdown(timeout);
  while (result == -EAGAIN) {  // a Unix-domain listener's queue is full: nothing tells when it no longer is
    const i64 left = countdown.left();
    if (left == 0) return -EAGAIN;
    const i64 waited =
        wait_for(thread, -1, 0, left < 0 ? kNanosecondsPerMillisecond : std::min(left, kNanosecondsPerMillisecond));
    if (waited == -EINTR) return waited;
    result = attempt();
  }
  if (result != -EINPROGRESS && result != -EALREADY) return result;
  const i64 waited = wait_for(thread, descriptor, POLLOUT, countdown.left());
  if (waited == -EAGAIN) return -EINPROGRESS;
  return waited < 0 ? waited : attempt();
}

i64 accept_socket(Process& process, HostThread& thread, int descriptor, u64 handle, i64 timeout) {
  SocketMessage& message = message_of(thread);
  int connection = -1;
  const i64 result = attempt_until(thread, descriptor, POLLIN, timeout, [&] {
    socklen_t length = sizeof(message.address);
    connection = accept4(descriptor, address_of(message), &length, SOCK_CLOEXEC);
    message.address_length = length;
    if (connection >= 0) limit_time(connection);
    return connection < 0 ? result_of(-1) : 0;
  });
  return result < 0 ? result : process.handles().adopt(handle, connection);
}

i64 send_controlled(int descriptor, iovec bytes, int flags, sockaddr* to, socklen_t to_length,
                    const abi::SocketControl& control) {
  msghdr header{};
  header.msg_name = to;
  header.msg_namelen = to_length;
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  ControlRoom room;
  write_control(control, room, header);
  return result_of(syscall(SYS_sendmsg, descriptor, &header, flags));
}

/// A blocking socket's stream takes all there is, however often that has to be waited for.
i64 send_message(HostThread& thread, int descriptor, const std::array<u64, 5>& args) {
  SocketMessage& message = message_of(thread);
  const u64 length = std::min(args[1], abi::kMostMessageBytes);
  const int flags = static_cast<int>(args[2]) | MSG_NOSIGNAL | MSG_DONTWAIT;
  const auto timeout = static_cast<i64>(args[3]);
  sockaddr* const to = (args[4] & abi::kSendAddressed) != 0 ? address_of(message) : nullptr;
  const socklen_t to_length = to != nullptr ? length_of(message) : 0;
  u64 sent = 0;
  const auto send_rest = [&](int how) {
    if ((args[4] & abi::kSendControlled) != 0) {
      return send_controlled(descriptor, {bytes_of(thread) + sent, length - sent}, how, to, to_length, control_of(thread));
    }
    return result_of(syscall(SYS_sendto, descriptor, bytes_of(thread) + sent, length - sent, how, to, to_length));
  };
  if (timeout < 0) {
    // One call that blocks takes all; what ends it before is a signal or an error, which stays with the socket.
    const i64 result = block_interruptibly(thread, [&] { return send_rest(flags & ~MSG_DONTWAIT); });
    if (result != -EAGAIN) return result;
  }
  do {
    const i64 result = attempt_until(thread, descriptor, POLLOUT, timeout, [&] { return send_rest(flags); });
    if (result < 0) return sent != 0 ? static_cast<i64>(sent) : result;
    sent += static_cast<u64>(result);
  } while (sent < length && timeout != 0);
  return static_cast<i64>(sent);
}

// The C library's own wrappers of the calls that move bytes are cancellation points, which costs.
i64 receive_once(HostThread& thread, int descriptor, u64 offset, u64 length, int flags) {
  SocketMessage& message = message_of(thread);
  if ((flags & static_cast<int>(abi::kReceiveBytesOnly)) != 0) {
    const int asked = flags & ~static_cast<int>(abi::kReceiveBytesOnly);
    return result_of(syscall(SYS_recvfrom, descriptor, bytes_of(thread) + offset, length - offset, asked, nullptr, nullptr));
  }
  iovec bytes{bytes_of(thread) + offset, length - offset};
  msghdr header{};
  header.msg_name = message.address.data();
  header.msg_namelen = sizeof(message.address);
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  ControlRoom room;
  const bool controlled = (static_cast<u32>(flags) & abi::kReceiveControl) != 0;
  if (controlled) {
    header.msg_control = room.bytes.data();
    header.msg_controllen = room.bytes.size();
  }
  const int asked = flags & ~static_cast<int>(abi::kReceiveControl);
  const i64 result = result_of(syscall(SYS_recvmsg, descriptor, &header, asked));
  if (result < 0) return result;
  if (controlled) control_of(thread) = read_control(header);
  message.address_length = header.msg_namelen;
  message.flags = static_cast<u32>(header.msg_flags);
  return result;
}

/// Receives in one call that blocks: cheaper than to try, to wait and to try again, and most receives have to wait.
i64 receive_blocking(HostThread& thread, int descriptor, u64 offset, u64 length, int flags) {
  return block_interruptibly(thread, [&] { return receive_once(thread, descriptor, offset, length, flags & ~MSG_DONTWAIT); });
}

/// MSG_PEEK with MSG_WAITALL: nothing but time tells that more has come.
i64 peek_all(HostThread& thread, int descriptor, u64 length, int flags, i64 timeout) {
  const Countdown countdown(timeout);
  for (;;) {
    const i64 result = receive_once(thread, descriptor, 0, length, flags);
    const i64 left = countdown.left();
    if ((result < 0 && result != -EAGAIN) || result == static_cast<i64>(length) || left == 0) return result;
    const i64 waited = wait_for(thread, descriptor, POLLRDHUP,
                                left < 0 ? kNanosecondsPerMillisecond : std::min(left, kNanosecondsPerMillisecond));
    if (waited == -EINTR && result <= 0) return waited;
    if (waited != -EAGAIN) return receive_once(thread, descriptor, 0, length, flags);
  }
}

i64 receive_message(HostThread& thread, int descriptor, const std::array<u64, 5>& args) {
  const u64 length = std::min(args[1], abi::kMostMessageBytes);
  const auto asked = static_cast<u32>(args[2]);
  const bool all = (asked & MSG_WAITALL) != 0;
  const int flags = static_cast<int>(asked & ~(abi::kReceiveWhenReady | MSG_WAITALL)) | MSG_DONTWAIT;
  const auto timeout = static_cast<i64>(args[3]);
  if ((asked & abi::kReceiveWhenReady) != 0 && timeout != 0) {
    if (const i64 waited = wait_for(thread, descriptor, POLLIN, timeout); waited < 0) return waited;
  }
  if (all && (flags & MSG_PEEK) != 0) return peek_all(thread, descriptor, length, flags, timeout);
  u64 received = 0;
  do {
    i64 result = -EAGAIN;
    if (timeout < 0) result = receive_blocking(thread, descriptor, received, length, flags);
    if (result == -EAGAIN) {
      result = attempt_until(thread, descriptor, POLLIN, timeout,
                             [&] { return receive_once(thread, descriptor, received, length, flags); });
    }
    if (result < 0) return received != 0 ? static_cast<i64>(received) : result;
    if (result == 0) break;
    received += static_cast<u64>(result);
  } while (all && received < length && timeout != 0);
  return static_cast<i64>(received);
}

i64 name_socket(HostThread& thread, int descriptor, bool peer) {
  SocketMessage& message = message_of(thread);
  socklen_t length = sizeof(message.address);
  const int failed =
      peer ? getpeername(descriptor, address_of(message), &length) : getsockname(descriptor, address_of(message), &length);
  message.address_length = length;
  return result_of(failed);
}

i64 get_option(HostThread& thread, int descriptor, const std::array<u64, 5>& args) {
  socklen_t length = static_cast<socklen_t>(std::min(args[3], abi::kHostDataSize));
  const int failed =
      getsockopt(descriptor, static_cast<int>(args[1]), static_cast<int>(args[2]), thread.area->data.data(), &length);
  return failed != 0 ? -errno : static_cast<i64>(length);
}

i64 set_option(HostThread& thread, int descriptor, const std::array<u64, 5>& args) {
  const auto length = static_cast<socklen_t>(std::min(args[3], abi::kHostDataSize));
  return result_of(
      setsockopt(descriptor, static_cast<int>(args[1]), static_cast<int>(args[2]), thread.area->data.data(), length));
}

i64 count_bytes(int descriptor, u64 which) {
  constexpr std::array<unsigned long, 3> kRequests = {FIONREAD, SIOCOUTQ, SIOCATMARK};
  int count = 0;
  if (which >= kRequests.size()) return -EINVAL;
  return ioctl(descriptor, kRequests[which], &count) != 0 ? -errno : count;
}

}  // namespace

std::optional<i64> serve_socket_call(Process& process, HostThread& thread, const abi::HostCall& call) {
  const auto& args = call.args;
  const int descriptor = process.handles().descriptor(args[0]);
  SocketMessage& message = message_of(thread);
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::socket: return make_socket(process, args);
    case HostCallNumber::bind: return result_of(bind(descriptor, address_of(message), length_of(message)));
    case HostCallNumber::connect: return connect_socket(thread, descriptor, static_cast<i64>(args[1]));
    case HostCallNumber::listen: return listen_to(descriptor, args[1]);
    case HostCallNumber::accept: return accept_socket(process, thread, descriptor, args[1], static_cast<i64>(args[2]));
    case HostCallNumber::send: return send_message(thread, descriptor, args);
    case HostCallNumber::receive: return receive_message(thread, descriptor, args);
    case HostCallNumber::shutdown: return result_of(shutdown(descriptor, static_cast<int>(args[1])));
    case HostCallNumber::socket_name: return name_socket(thread, descriptor, args[1] == 1);
    case HostCallNumber::socket_get: return get_option(thread, descriptor, args);
    case HostCallNumber::socket_set: return set_option(thread, descriptor, args);
    case HostCallNumber::socket_bytes: return count_bytes(descriptor, args[1]);
    default: return std::nullopt;
  }
}

}  // namespace sgxx::host
