// SPDX-License-Identifier: Apache-2.0
//
// The machine's network interfaces and their addresses, by the calls that libraries use, and by netlink itself.

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cstdio>
#include <initializer_list>
#include <set>
#include <string>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "none";
  if (address != nullptr && address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof(text));
  } else if (address != nullptr && address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof(text));
  }
  return text;
}

void by_getifaddrs() {
  ifaddrs* all = nullptr;
  CHECK(getifaddrs(&all) == 0);
  std::set<std::string> lines;
  for (const ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
    const int family = at->ifa_addr != nullptr ? at->ifa_addr->sa_family : 0;
    const bool broadcasts = (at->ifa_flags & IFF_BROADCAST) != 0 && family == AF_INET;
    lines.insert(std::string(at->ifa_name) + " family " + std::to_string(family) + " up " +
                 ((at->ifa_flags & IFF_UP) != 0 ? "yes" : "no") + " loopback " +
                 ((at->ifa_flags & IFF_LOOPBACK) != 0 ? "yes " : "no ") + text_of(at->ifa_addr) + " / " +
                 (family == AF_INET || family == AF_INET6 ? text_of(at->ifa_netmask) : "") +
                 (broadcasts ? " < " + text_of(at->ifa_broadaddr) : ""));
  }
  freeifaddrs(all);
  CHECK(!lines.empty());
  for (const std::string& line : lines) std::puts(line.c_str());
}

void by_name() {
  const unsigned index = if_nametoindex("lo");
  char name[IF_NAMESIZE] = {};
  CHECK(index != 0 && if_indextoname(index, name) == name && std::string(name) == "lo");
  CHECK(if_nametoindex("nothing0") == 0 && errno == ENODEV);
  CHECK(if_indextoname(99999, name) == nullptr && errno == ENXIO);
  struct if_nameindex* const all = if_nameindex();
  CHECK(all != nullptr);
  for (const struct if_nameindex* at = all; at->if_index != 0; ++at) std::printf("%u %s\n", at->if_index, at->if_name);
  if_freenameindex(all);
  const int socket = bound(SOCK_DGRAM);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  CHECK(ioctl(socket, SIOCGIFMTU, &request) == 0);
  std::printf("MTU %d\n", request.ifr_mtu);
  CHECK(ioctl(socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_LOOPBACK) != 0);
  close(socket);
}

/// The requests of netdevice(7), for all addresses of version 4.
void by_ioctl() {
  const int socket = bound(SOCK_DGRAM);
  ifreq entries[32] = {};
  ifconf list{};
  CHECK(ioctl(socket, SIOCGIFCONF, &list) == 0 && list.ifc_len >= static_cast<int>(sizeof(ifreq)));
  const int all = list.ifc_len;
  list.ifc_len = sizeof(entries);
  list.ifc_req = entries;
  CHECK(ioctl(socket, SIOCGIFCONF, &list) == 0 && list.ifc_len == all);
  for (int i = 0; i < all / static_cast<int>(sizeof(ifreq)); ++i) {
    ifreq& request = entries[i];
    std::printf("%s %s", request.ifr_name, text_of(&request.ifr_addr).c_str());
    for (const unsigned long number : {SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR}) {
      CHECK(ioctl(socket, number, &request) == 0);
      std::printf(", %s", text_of(&request.ifr_addr).c_str());
    }
    CHECK(ioctl(socket, SIOCGIFHWADDR, &request) == 0);
    std::printf(", hardware %u", request.ifr_hwaddr.sa_family);
    for (int byte = 0; byte < 6; ++byte) std::printf(":%02x", static_cast<unsigned char>(request.ifr_hwaddr.sa_data[byte]));
    std::puts("");
  }
  list.ifc_len = sizeof(ifreq) + 8;
  CHECK(ioctl(socket, SIOCGIFCONF, &list) == 0 && list.ifc_len == sizeof(ifreq));
  list.ifc_len = 8;
  CHECK(ioctl(socket, SIOCGIFCONF, &list) == 0 && list.ifc_len == 0);
  CHECK(ioctl(socket, SIOCGIFCONF, nullptr) == -1 && errno == EFAULT);
  ifreq nothing{};
  std::strcpy(nothing.ifr_name, "nothing0");
  for (const unsigned long number : {SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCGIFHWADDR, SIOCGIFMTU})
    CHECK(ioctl(socket, number, &nothing) == -1 && errno == ENODEV);
  CHECK(ioctl(socket, SIOCGIFADDR, nullptr) == -1 && errno == EFAULT);
  close(socket);
}

std::string ending(long result) { return result >= 0 ? std::to_string(result) : strerrorname_np(errno); }

void by_netlink() {
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  CHECK(socket >= 0);
  sockaddr_nl own{};
  socklen_t length = sizeof(own);
  own.nl_family = AF_NETLINK;
  CHECK(bind(socket, generic(own), sizeof(own)) == 0 && getsockname(socket, generic(own), &length) == 0 && length == sizeof(own));
  CHECK(own.nl_family == AF_NETLINK && own.nl_pid != 0);
  char buffer[8192];
  std::printf("nothing yet: %s\n", ending(recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT)).c_str());
  struct {
    nlmsghdr header;
    rtgenmsg family;
  } request{};
  request.header = {sizeof(request), RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 7, 0};
  request.family.rtgen_family = AF_INET;
  CHECK(send(socket, &request, sizeof(request), 0) == sizeof(request));
  pollfd entry{socket, POLLIN, 0};
  CHECK(poll(&entry, 1, 5000) == 1 && entry.revents == POLLIN);
  bool done = false;
  int addresses = 0;
  while (!done) {
    sockaddr_nl from{};
    length = sizeof(from);
    const ssize_t count = recvfrom(socket, buffer, sizeof(buffer), 0, generic(from), &length);
    CHECK(count > 0 && from.nl_family == AF_NETLINK && from.nl_pid == 0);
    auto left = static_cast<unsigned>(count);
    for (const nlmsghdr* at = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      CHECK(at->nlmsg_seq == 7 && at->nlmsg_pid == own.nl_pid);
      done = done || at->nlmsg_type == NLMSG_DONE;
      if (at->nlmsg_type != RTM_NEWADDR) continue;
      CHECK(static_cast<const ifaddrmsg*>(NLMSG_DATA(at))->ifa_family == AF_INET);
      ++addresses;
    }
  }
  CHECK(addresses > 0);
  int type = 0;
  length = sizeof(type);
  CHECK(getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_RAW);
  CHECK(getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &type, &length) == 0 && type == AF_NETLINK);
  std::printf("listen: %s, accept: %s\n", ending(listen(socket, 1)).c_str(), ending(accept(socket, nullptr, nullptr)).c_str());
  std::printf("a short address: %s\n", ending(bind(socket, generic(own), 4)).c_str());
  close(socket);
  std::printf("no such kind: %s\n", ending(::socket(AF_NETLINK, SOCK_STREAM, 0)).c_str());
}

}  // namespace

int main() {
  by_getifaddrs();
  by_name();
  by_ioctl();
  by_netlink();
}
