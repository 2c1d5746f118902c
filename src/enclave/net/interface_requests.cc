// SPDX-License-Identifier: Apache-2.0
//
// ioctls that ask about network interfaces (netdevice(7)), answered from the host's list of them.
#include "enclave/memory/runtime_memory.h"
#include "enclave/net/netlink.h"
#include "enclave/net/socket_calls.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

using Interfaces = std::array<abi::HostInterface, abi::kMostHostInterfaces>;

// SIOCGIF*.
constexpr u64 kName = 0x8910, kList = 0x8912, kFlags = 0x8913, kAddress = 0x8915, kBroadcast = 0x8919, kMask = 0x891b,
              kMtu = 0x8921, kHardware = 0x8927, kIndex = 0x8933;

/// struct sockaddr_in.
struct InternetAddress {
  u16 family, port;
  std::array<u8, 4> address;
  u64 zero;
};

/// struct ifreq. What is asked for stands at the beginning of `value`.
struct Request {
  std::array<char, 16> name;
  alignas(8) std::array<u8, 24> value;

  template <class Value>
  void set(const Value& answer) {
    static_assert(sizeof(answer) <= sizeof(value));
    memcpy(value.data(), &answer, sizeof(answer));
  }
};
static_assert(sizeof(Request) == 40);

InternetAddress internet_address(const u8* bytes) {
  InternetAddress address{family::ip4, 0, {}, 0};
  memcpy(address.address.data(), bytes, address.address.size());
  return address;
}

InternetAddress mask_of(u32 bits) {
  std::array<u8, 4> mask{};
  for (u32 i = 0; i < bits && i < 32; ++i) mask[i / 8] = static_cast<u8>(mask[i / 8] | 0x80 >> i % 8);
  return internet_address(mask.data());
}

bool wants_address(u64 request) { return request == kAddress || request == kBroadcast || request == kMask; }

void answer(Request& asked, u64 request, const abi::HostInterface& entry) {
  struct Hardware {  // struct sockaddr
    u16 type;
    std::array<u8, 14> bytes;
  };
  switch (request) {
    case kName: asked.name = entry.name; break;
    case kIndex: asked.set(entry.index); break;
    case kMtu: asked.set(entry.mtu); break;
    case kFlags: asked.set(static_cast<u16>(entry.flags)); break;
    case kAddress: asked.set(internet_address(entry.address.data())); break;
    case kBroadcast: asked.set(internet_address(entry.broadcast.data())); break;
    case kMask: asked.set(mask_of(entry.prefix_length)); break;
    default: {
      Hardware hardware{static_cast<u16>(entry.type), {}};
      const u64 length = entry.hardware_length < hardware.bytes.size() ? entry.hardware_length : hardware.bytes.size();
      memcpy(hardware.bytes.data(), entry.hardware.data(), length);
      asked.set(hardware);
    }
  }
}

/// The entry that a request is about; its addresses come behind an interface, and only the first one of version 4 has a name
/// here.
const abi::HostInterface* find(const Interfaces& interfaces, u64 count, u64 request, const Request& asked) {
  u32 index = 0;
  memcpy(&index, asked.value.data(), sizeof(index));
  for (u64 i = 0; i < count; ++i) {
    const abi::HostInterface& entry = interfaces[i];
    if (entry.family != (wants_address(request) ? family::ip4 : family::none)) continue;
    const bool same = request == kName ? entry.index == index
                                       : memcmp(entry.name.data(), asked.name.data(), strlen(asked.name.data()) + 1) == 0;
    if (same) return &entry;
  }
  return nullptr;
}

Outcome<u64> answer_one(const Interfaces& interfaces, u64 count, u64 request, u64 argument) {
  auto asked = TRY(load<Request>(argument));
  asked.name.back() = 0;
  const abi::HostInterface* const found = find(interfaces, count, request, asked);
  if (found == nullptr && request == kName) return fail(Errno::nxio);
  if (found == nullptr && find(interfaces, count, kIndex, asked) == nullptr) return fail(Errno::nodev);
  if (found == nullptr) return fail(Errno::addrnotavail);
  answer(asked, request, *found);
  TRY(store(argument, asked));
  return u64{0};
}

/// All addresses of version 4, as far as there is room.
Outcome<u64> answer_list(const Interfaces& interfaces, u64 count, u64 argument) {
  struct List {  // struct ifconf
    i32 length;
    u32 pad;
    u64 address;
  };
  auto list = TRY(load<List>(argument));
  const u64 room = list.length < 0 ? 0 : static_cast<u32>(list.length);
  u64 used = 0;
  for (u64 i = 0; i < count; ++i) {
    if (interfaces[i].family != family::ip4) continue;
    if (list.address != 0 && room - used < sizeof(Request)) break;
    Request entry{interfaces[i].name, {}};
    answer(entry, kAddress, interfaces[i]);
    if (list.address != 0) TRY(store(list.address + used, entry));
    used += sizeof(Request);
  }
  list.length = static_cast<i32>(used);
  TRY(store(argument, list));
  return u64{0};
}

}  // namespace

Outcome<u64> control_interfaces(u64 request, u64 argument) {
  switch (request) {
    case kName:
    case kList:
    case kFlags:
    case kAddress:
    case kBroadcast:
    case kMask:
    case kMtu:
    case kHardware:
    case kIndex: break;
    default: return fail(Errno::notty);
  }
  Interfaces* const interfaces = TRY(create<Interfaces>());
  const auto count = host::interfaces(*interfaces);
  Outcome<u64> answered = u64{0};
  if (!count.ok()) {
    answered = fail(count.error());
  } else if (request == kList) {
    answered = answer_list(*interfaces, *count, argument);
  } else {
    answered = answer_one(*interfaces, *count, request, argument);
  }
  destroy(interfaces);
  return answered;
}

}  // namespace sgxx::enclave
