// SPDX-License-Identifier: Apache-2.0
//
// abi::SocketControl as the control messages of this machine's sendmsg and recvmsg.
#pragma once

#include <sys/socket.h>

#include <array>

#include "abi/socket_control.h"

namespace sgxx::host {

/// Room for all that there can be, aligned for struct cmsghdr.
struct ControlRoom {
  alignas(cmsghdr) std::array<u8, 512> bytes;
};

/// Makes `header` say what `control` says.
void write_control(const abi::SocketControl& control, ControlRoom& room, msghdr& header);

/// What a received `header` says.
abi::SocketControl read_control(msghdr& header);

}  // namespace sgxx::host
