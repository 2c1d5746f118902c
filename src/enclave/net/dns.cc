// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/dns.h"

namespace sgxx::enclave::dns {
namespace {

constexpr u64 kHeader = 12, kFlags = 2, kQuestions = 4, kAnswers = 6;
constexpr u16 kResponse = 0x8000, kOperation = 0x7800, kRecursionWanted = 0x0100, kRecursionOffered = 0x0080;
constexpr u16 kAddress = 1, kAddress6 = 28, kInternet = 1;
constexpr u16 kFirstName = 0xc000 | kHeader;  // a pointer to the question's name
constexpr u64 kAnswerHeader = 12;
constexpr u32 kIp4 = 2, kIp6 = 10;
constexpr u64 kLongestLabel = 63;

u16 read16(const u8* at) { return static_cast<u16>(at[0] << 8 | at[1]); }
void write16(u8* at, u16 value) {
  at[0] = static_cast<u8>(value >> 8);
  at[1] = static_cast<u8>(value);
}

/// The dotted name at `offset`, which moves behind it. False for one that is no name.
bool parse_name(const u8* bytes, u64 length, u64& offset, Query& query) {
  for (query.name_length = 0;;) {
    if (offset >= length) return false;
    const u64 label = bytes[offset++];
    if (label == 0) return query.name_length != 0;
    if (label > kLongestLabel || label > length - offset) return false;
    const u64 dot = query.name_length != 0 ? 1 : 0;
    if (query.name_length + dot + label > query.name.size() - 1) return false;
    if (dot != 0) query.name[query.name_length++] = '.';
    for (u64 i = 0; i < label; ++i) {
      const u8 letter = bytes[offset + i];
      if (letter <= ' ' || letter >= 0x7f || letter == '.') return false;
      query.name[query.name_length++] = static_cast<char>(letter);
    }
    offset += label;
  }
}

u32 family_of(u16 type) { return type == kAddress ? kIp4 : (type == kAddress6 ? kIp6 : 0); }

}  // namespace

std::optional<Query> parse_query(const u8* bytes, u64 length) {
  if (length < kHeader || length > kMostReply) return std::nullopt;
  if ((read16(bytes + kFlags) & (kResponse | kOperation)) != 0 || read16(bytes + kQuestions) != 1) return std::nullopt;
  Query query{};
  u64 offset = kHeader;
  if (!parse_name(bytes, length, offset, query)) return std::nullopt;
  constexpr u64 kTypeAndClass = 4;
  if (length - offset < kTypeAndClass || read16(bytes + offset + 2) != kInternet) return std::nullopt;
  query.family = family_of(read16(bytes + offset));
  query.length = offset + kTypeAndClass;
  return query;
}

u64 write_reply(const u8* bytes, const Query& query, const Reply& reply, u8* to) {
  for (u64 i = 0; i < query.length; ++i) to[i] = bytes[i];
  const u16 wanted = read16(bytes + kFlags) & kRecursionWanted;
  write16(to + kFlags, static_cast<u16>(kResponse | wanted | kRecursionOffered | static_cast<u16>(reply.status)));
  for (u64 at = kAnswers; at < kHeader; at += 2) write16(to + at, 0);
  const u16 size = query.family == kIp4 ? 4 : 16;
  u64 length = query.length;
  u16 count = 0;
  for (; count < reply.count && length + kAnswerHeader + size <= kMostReply; ++count) {
    u8* const answer = to + length;
    write16(answer, kFirstName);
    write16(answer + 2, query.family == kIp4 ? kAddress : kAddress6);
    write16(answer + 4, kInternet);
    write16(answer + 6, 0);  // good for no time: the host is asked again
    write16(answer + 8, 0);
    write16(answer + 10, size);
    for (u64 i = 0; i < size; ++i) answer[kAnswerHeader + i] = reply.addresses[count].bytes[i];
    length += kAnswerHeader + size;
  }
  write16(to + kAnswers, count);
  return length;
}

}  // namespace sgxx::enclave::dns
