// SPDX-License-Identifier: Apache-2.0
#include "verify/sgx_extension.h"

#include <algorithm>

#include "isa/quote.h"
#include "verify/der.h"

namespace sgxx::verify {
namespace {

template <class T = void>
using Read = Result<T, std::string>;

Failure<std::string> wrong(std::string text) { return {std::move(text)}; }

/// The last part of an identifier that continues `prefix` by one part below 128.
std::optional<u8> last_part(ByteView identifier, ByteView prefix) {
  if (identifier.size() != prefix.size() + 1 || !std::equal(prefix.begin(), prefix.end(), identifier.begin()))
    return std::nullopt;
  if (identifier.back() >= 0x80) return std::nullopt;
  return identifier.back();
}

/// Calls `member(last part of the identifier, tag, contents)` for each pair of a SEQUENCE, and sees that none comes twice.
template <class Member>
Read<> for_each_member(ByteView sequence, ByteView prefix, Member member) {
  DerReader reader(sequence);
  u32 seen = 0;
  while (!reader.at_end()) {
    auto pair = reader.take(der_tag::sequence);
    if (!pair) return wrong("a member is no sequence");
    DerReader inner(*pair);
    auto identifier = inner.take(der_tag::object_identifier);
    auto value = identifier ? inner.take_any() : std::nullopt;
    if (!value || !inner.at_end()) return wrong("a member is no pair of identifier and value");
    auto part = last_part(*identifier, prefix);
    if (!part || *part >= 32) return wrong("a member that is not known");
    if ((seen >> *part & 1) != 0) return wrong("member " + std::to_string(*part) + " comes twice");
    seen |= 1u << *part;
    TRY(member(*part, value->tag, value->contents));
  }
  return {};
}

template <std::size_t length>
Read<> read_octets(u8 tag, ByteView contents, FixedBytes<length>& out, const char* what) {
  if (tag != der_tag::octet_string || contents.size() != length) {
    return wrong(std::string(what) + " is not " + std::to_string(length) + " octets");
  }
  std::copy(contents.begin(), contents.end(), out.begin());
  return {};
}

Read<> read_boolean(u8 tag, ByteView contents, std::optional<bool>& out) {
  if (tag != der_tag::boolean || contents.size() != 1 || (contents[0] != 0 && contents[0] != 0xff)) return wrong("not a boolean");
  out = contents[0] != 0;
  return {};
}

constexpr u32 bits_up_to(u32 highest) { return (2u << highest) - 2; }  // bits 1 to highest

Read<> read_tcb(ByteView contents, ByteView prefix, Platform& platform) {
  u32 seen = 0;
  TRY(for_each_member(contents, prefix, [&](u8 part, u8 tag, ByteView value) -> Read<> {
    seen |= 1u << part;
    if (part >= 1 && part <= 16) {
      auto number = tag == der_tag::integer ? der_number(value, 0xff) : std::nullopt;
      if (!number) return wrong("a TCB component is not a number from 0 to 255");
      platform.tcb_components[part - 1u] = static_cast<u8>(*number);
      return {};
    }
    if (part == 17) {
      auto number = tag == der_tag::integer ? der_number(value, 0xffff) : std::nullopt;
      if (!number) return wrong("PCESVN is not a number from 0 to 65535");
      platform.pce_svn = static_cast<u16>(*number);
      return {};
    }
    if (part == 18) return read_octets(tag, value, platform.cpu_svn, "CPUSVN");
    return wrong("a member of TCB that is not known");
  }));
  if (seen != bits_up_to(18)) return wrong("TCB lacks a member");
  return {};
}

Read<> read_configuration(ByteView contents, ByteView prefix, Platform& platform) {
  return for_each_member(contents, prefix, [&](u8 part, u8 tag, ByteView value) -> Read<> {
    switch (part) {
      case 1: return read_boolean(tag, value, platform.dynamic_platform);
      case 2: return read_boolean(tag, value, platform.cached_keys);
      case 3: return read_boolean(tag, value, platform.smt_enabled);
      default: return wrong("a member of the configuration that is not known");
    }
  });
}

std::array<u8, 10> child(u8 part) {
  std::array<u8, 10> identifier{};
  std::copy(isa::kSgxExtensionOid.begin(), isa::kSgxExtensionOid.end(), identifier.begin());
  identifier.back() = part;
  return identifier;
}

}  // namespace

Result<Platform, std::string> read_sgx_extension(ByteView contents) {
  DerReader reader(contents);
  auto members = reader.take(der_tag::sequence);
  if (!members || !reader.at_end()) return wrong("not one sequence");
  Platform platform;
  u32 seen = 0;
  TRY(for_each_member(*members, isa::kSgxExtensionOid, [&](u8 part, u8 tag, ByteView value) -> Read<> {
    seen |= 1u << part;
    switch (part) {
      case 1: return read_octets(tag, value, platform.ppid, "PPID");
      case 2: return tag == der_tag::sequence ? read_tcb(value, child(2), platform) : Read<>(wrong("TCB is no sequence"));
      case 3: return read_octets(tag, value, platform.pce_id, "PCEID");
      case 4: return read_octets(tag, value, platform.fmspc, "FMSPC");
      case 5: {
        auto type = tag == der_tag::enumerated ? der_number(value, 2) : std::nullopt;
        if (!type) return wrong("SGX type is none of those known");
        platform.sgx_type = *type;
        return {};
      }
      case 6: return read_octets(tag, value, platform.platform_instance.emplace(), "platform instance");
      case 7:
        return tag == der_tag::sequence ? read_configuration(value, child(7), platform)
                                        : Read<>(wrong("configuration is no sequence"));
      default: return wrong("a member that is not known");
    }
  }));
  if ((seen & bits_up_to(5)) != bits_up_to(5)) return wrong("a member is missing");
  return platform;
}

}  // namespace sgxx::verify
