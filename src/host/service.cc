// SPDX-License-Identifier: Apache-2.0
#include "host/service.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "host/file_calls.h"
#include "host/folder_calls.h"
#include "host/interfaces.h"
#include "host/quote_calls.h"
#include "host/resolve.h"
#include "host/socket_calls.h"

namespace sgxx::host {
using abi::HostCallNumber;

i64 serve(Process& process, HostThread& thread, const abi::HostCall& call) {
  const auto& args = call.args;
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::read: return read_handle(process, thread, args[0], args[1], static_cast<i64>(args[2]));
    case HostCallNumber::write: return write_handle(process, thread, args[0], args[1], static_cast<i64>(args[2]));
    case HostCallNumber::poll: return poll_handles(process, thread, args[0], static_cast<i64>(args[1]));
    case HostCallNumber::close: return process.handles().close(args[0]);
    case HostCallNumber::epoll_create: return create_epoll(process, args[0]);
    case HostCallNumber::epoll_control: return control_epoll(process, args);
    case HostCallNumber::epoll_wait: return wait_epoll(process, thread, args[0], args[1], static_cast<i64>(args[2]));
    case HostCallNumber::clock_read: return process.clock_read(args[0], args[1]);
    case HostCallNumber::wait: return thread.sleeper.wait(args[0]);
    case HostCallNumber::wake: return process.wake(args[0]);
    case HostCallNumber::thread_start: return process.start_thread(args[0]);
    case HostCallNumber::thread_interrupt: return process.interrupt(args[0]);
    case HostCallNumber::protect: return process.protect(args[0], args[1], args[2]);
    case HostCallNumber::attend: return process.attend(thread, args[0], args[1]);
    case HostCallNumber::exit:
      process.end(args[1] != 0 ? ExitStatus{ExitStatus::Kind::signaled, static_cast<unsigned>(args[1])}
                               : ExitStatus{ExitStatus::Kind::exited, static_cast<unsigned>(args[0])});
      process.await_end();
    case HostCallNumber::yield: return sched_yield() == 0 ? 0 : -errno;
    case HostCallNumber::interfaces: return list_interfaces(thread);
    case HostCallNumber::resolve: return resolve_name(thread, args[0], args[1]);
    case HostCallNumber::quote_target: return quote_target(process, thread);
    case HostCallNumber::quote: return quote(process, thread);
    default:
      if (const auto reply = serve_socket_call(process, thread, call)) return *reply;
      return serve_folder_call(process, thread, call).value_or(-ENOSYS);
  }
}

}  // namespace sgxx::host
