// SPDX-License-Identifier: Apache-2.0
//
// Parses any bytes as a DNS query, and writes answers of every length to what is one.
#include <cstdlib>

#include "enclave/net/dns.h"
#include "fuzz/target.h"

namespace {

using namespace sgxx;
using namespace sgxx::enclave;

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const auto query = dns::parse_query(data, size);
  if (!query) return 0;
  require(query->length <= size && query->name_length != 0 && query->name_length < query->name.size());
  dns::Reply reply{};
  for (u32 count = 0; count <= abi::kMostHostAddresses; ++count) {
    reply.count = query->family == 0 ? 0 : count;
    std::array<u8, dns::kMostReply> bytes{};
    const u64 length = dns::write_reply(data, *query, reply, bytes.data());
    require(length >= query->length && length <= bytes.size());
  }
  return 0;
}

std::vector<std::vector<u8>> sgxx::fuzz::seeds() {
  std::vector<u8> query = {0x12, 0x34, 1,   0,   0,   1,   0,   0,   0,   0, 0, 0, 3, 'w', 'w',
                           'w',  7,    'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1};
  std::vector<u8> other = query;
  other[other.size() - 3] = 28;
  return {query, other};
}
