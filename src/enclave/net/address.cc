// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/address.h"

#include "enclave/program_memory.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kIp4Length = 16, kIp6Length = 28, kFamilyLength = 2;
constexpr u64 kMostOfAny = 128;     // struct sockaddr_storage
constexpr u64 kMostLocal = 110;     // struct sockaddr_un
constexpr u64 kMostFromHost = 111;  // the same with a NUL behind a path that fills it

}  // namespace

bool SocketAddress::is_right_for(u32 domain) const {
  if (family() != domain) return false;
  switch (domain) {
    case family::ip4: return length == kIp4Length;
    case family::ip6: return length == kIp6Length;
    case family::local: return length >= kFamilyLength && length <= kMostFromHost;
    default: return false;
  }
}

Outcome<SocketAddress> load_address(u64 address, u64 length) {
  SocketAddress loaded;
  if (address == 0) return loaded;
  const u32 given = static_cast<u32>(length);
  if (given > kMostOfAny) return fail(Errno::inval);
  // What lies behind an IP address is nobody's business.
  const u32 wanted = given < loaded.bytes.size() ? given : static_cast<u32>(loaded.bytes.size());
  TRY(check_readable(address, given));
  TRY(read_program(loaded.bytes.data(), address, wanted));
  loaded.length = wanted;
  if (loaded.family() == family::local && given > kMostLocal) return fail(Errno::inval);
  return loaded;
}

Outcome<> store_address(const SocketAddress& from, u64 address, u64 length_address) {
  if (address == 0) return {};
  const i32 room = TRY(load<i32>(length_address));
  if (room < 0) return fail(Errno::inval);
  const u32 part = from.length < static_cast<u32>(room) ? from.length : static_cast<u32>(room);
  TRY(write_program(address, from.bytes.data(), part));
  return store(length_address, from.length);
}

}  // namespace sgxx::enclave
