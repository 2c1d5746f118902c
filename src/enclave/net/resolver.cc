// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/resolver.h"

#include "enclave/net/dns.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kAddressLength = 16;  // struct sockaddr_in

/// The answer to `query`, with what the host says of its name.
Outcome<dns::Reply> answer(const dns::Query& query) {
  dns::Reply reply{};
  if (query.family == family::none) return reply;
  const auto found = host::resolve(query.name.data(), query.name_length, query.family, reply.addresses);
  if (found.ok()) {
    reply.count = static_cast<u32>(*found);
    return reply;
  }
  if (found.error() == Errno::intr) return fail(Errno::intr);
  reply.status = found.error() == Errno::noent ? dns::Status::no_such_name : dns::Status::server_failure;
  return reply;
}

}  // namespace

SocketAddress resolver_address() {
  SocketAddress address;
  address.length = kAddressLength;
  address.bytes[0] = static_cast<u8>(family::ip4);
  address.bytes[2] = static_cast<u8>(kResolverPort >> 8);
  address.bytes[3] = static_cast<u8>(kResolverPort);
  memcpy(&address.bytes[4], kResolverAddress.data(), kResolverAddress.size());
  return address;
}

bool is_resolver(const SocketAddress& address) {
  constexpr u32 kUsed = 8;  // family, port, address
  const SocketAddress resolver = resolver_address();
  return address.length >= kAddressLength && memcmp(address.bytes.data(), resolver.bytes.data(), kUsed) == 0;
}

Outcome<> Resolver::ask(Transfer& transfer) {
  std::array<u8, kMostBytes> bytes;
  const u64 length = transfer.remaining();
  if (length > bytes.size()) return transfer.skip(length);
  Transfer copied = transfer;  // a call that starts again finds everything as it was
  TRY(copied.from_program(bytes.data(), length));
  const auto query = dns::parse_query(bytes.data(), length);
  if (query) {
    const dns::Reply reply = TRY(answer(*query));
    Guard guard(lock_);
    if (count_ == kMostAnswers) {  // nobody came for the oldest
      first_ = (first_ + 1) % kMostAnswers;
      --count_;
    }
    Answer& place = answers_[(first_ + count_++) % kMostAnswers];
    place.length = dns::write_reply(bytes.data(), *query, reply, place.bytes.data());
  }
  return transfer.skip(length);
}

Outcome<u64> Resolver::take(Transfer& transfer, bool keep) {
  Guard guard(lock_);
  if (count_ == 0) return fail(Errno::again);
  const Answer& oldest = answers_[first_];
  const u64 part = oldest.length < transfer.remaining() ? oldest.length : transfer.remaining();
  TRY(transfer.to_program(oldest.bytes.data(), part));
  const u64 length = oldest.length;
  if (!keep) {
    first_ = (first_ + 1) % kMostAnswers;
    --count_;
  }
  return length;
}

u64 Resolver::next_length() {
  Guard guard(lock_);
  return count_ != 0 ? answers_[first_].length : 0;
}

}  // namespace sgxx::enclave
