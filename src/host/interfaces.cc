// SPDX-License-Identifier: Apache-2.0
#include "host/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>

namespace sgxx::host {
namespace {

u32 mtu_of(int socket, const char* name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return ioctl(socket, SIOCGIFMTU, &request) == 0 ? static_cast<u32>(request.ifr_mtu) : 0;
}

u32 prefix_of(const sockaddr* mask) {
  if (mask == nullptr) return 0;
  u32 bits = 0;
  const auto* const bytes = mask->sa_family == AF_INET
                                ? reinterpret_cast<const u8*>(&reinterpret_cast<const sockaddr_in*>(mask)->sin_addr)
                                : reinterpret_cast<const u8*>(&reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr);
  for (const u8 byte : std::span(bytes, mask->sa_family == AF_INET ? 4u : 16u)) bits += static_cast<u32>(std::popcount(byte));
  return bits;
}

u32 scope_of(const in6_addr& address) {
  constexpr u32 kUniverse = 0, kSite = 200, kLink = 253, kHost = 254;
  if (IN6_IS_ADDR_LOOPBACK(&address)) return kHost;
  if (IN6_IS_ADDR_LINKLOCAL(&address)) return kLink;
  return IN6_IS_ADDR_SITELOCAL(&address) ? kSite : kUniverse;
}

/// False when it is of a kind that nobody asks for.
bool describe(const ifaddrs& from, int socket, abi::HostInterface& entry) {
  if (from.ifa_addr == nullptr) return false;
  entry.index = if_nametoindex(from.ifa_name);
  entry.flags = from.ifa_flags;
  std::strncpy(entry.name.data(), from.ifa_name, entry.name.size() - 1);
  switch (from.ifa_addr->sa_family) {
    case AF_PACKET: {
      const auto& link = *reinterpret_cast<const sockaddr_ll*>(from.ifa_addr);
      entry.type = link.sll_hatype;
      entry.mtu = mtu_of(socket, from.ifa_name);
      entry.hardware_length = std::min<u32>(link.sll_halen, static_cast<u32>(entry.hardware.size()));
      std::memcpy(entry.hardware.data(), link.sll_addr, entry.hardware_length);
      return true;
    }
    case AF_INET: {
      constexpr u32 kHost = 254;  // RT_SCOPE_HOST
      entry.family = AF_INET;
      entry.prefix_length = prefix_of(from.ifa_netmask);
      entry.scope = (from.ifa_flags & IFF_LOOPBACK) != 0 ? kHost : 0;
      std::memcpy(entry.address.data(), &reinterpret_cast<const sockaddr_in*>(from.ifa_addr)->sin_addr, sizeof(in_addr));
      if ((from.ifa_flags & IFF_BROADCAST) != 0 && from.ifa_broadaddr != nullptr) {
        std::memcpy(entry.broadcast.data(), &reinterpret_cast<const sockaddr_in*>(from.ifa_broadaddr)->sin_addr, sizeof(in_addr));
      }
      return true;
    }
    case AF_INET6: {
      const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(from.ifa_addr)->sin6_addr;
      entry.family = AF_INET6;
      entry.prefix_length = prefix_of(from.ifa_netmask);
      entry.scope = scope_of(address);
      std::memcpy(entry.address.data(), &address, sizeof(address));
      return true;
    }
    default: return false;
  }
}

}  // namespace

i64 list_interfaces(HostThread& thread) {
  auto* const entries = reinterpret_cast<abi::HostInterface*>(thread.area->data.data());
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return -ENOBUFS;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  u32 count = 0;
  for (const ifaddrs* at = all; at != nullptr && count < abi::kMostHostInterfaces; at = at->ifa_next) {
    abi::HostInterface entry{};
    if (describe(*at, socket, entry)) entries[count++] = entry;
  }
  if (socket >= 0) ::close(socket);
  freeifaddrs(all);
  return count;
}

}  // namespace sgxx::host
