// SPDX-License-Identifier: Apache-2.0
//
// DER of a PCK certificate's SGX extension. Every identifier in it is 1.2.840.113741.1.13.1 and one or two numbers, and every
// length but those of the two outer sequences is below 128, so that bytes are simply put behind each other.
#include "device/soft/pki/certificate.h"

namespace sgxx::device::soft {
namespace {

enum Tag : u8 { boolean = 1, integer = 2, octets = 4, object = 6, enumerated = 10, sequence = 0x30 };

Bytes element(Tag tag, ByteView value) {
  Bytes der{tag};
  if (value.size() < 128) {
    der.push_back(static_cast<u8>(value.size()));
  } else {
    der.insert(der.end(), {0x82, static_cast<u8>(value.size() >> 8), static_cast<u8>(value.size())});
  }
  der.insert(der.end(), value.begin(), value.end());
  return der;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// SEQUENCE { 1.2.840.113741.1.13.1.`arcs`, value }
Bytes entry(std::initializer_list<u8> arcs, const Bytes& value) {
  Bytes identifier(isa::kSgxExtensionOid.begin(), isa::kSgxExtensionOid.end());
  identifier.insert(identifier.end(), arcs);
  return element(sequence, joined({element(object, identifier), value}));
}

Bytes number(u16 value) {
  if (value < 0x80) return element(integer, Bytes{static_cast<u8>(value)});
  if (value < 0x8000) return element(integer, Bytes{static_cast<u8>(value >> 8), static_cast<u8>(value)});
  return element(integer, Bytes{0, static_cast<u8>(value >> 8), static_cast<u8>(value)});
}

Bytes flag(u8 value) { return element(boolean, Bytes{value}); }

}  // namespace

Bytes sgx_extension(const SgxExtensionKnobs& knobs) {
  Bytes tcb;
  for (u8 i = 0; i < 16; ++i) tcb = joined({tcb, entry({2, static_cast<u8>(i + 1)}, number(knobs.components[i]))});
  tcb = joined({tcb, entry({2, 17}, number(knobs.pce_svn)), entry({2, 18}, element(octets, knobs.cpu_svn))});
  Bytes all = joined({entry({1}, element(octets, knobs.ppid)), entry({2}, element(sequence, tcb)),
                      entry({3}, element(octets, knobs.pce_id)), entry({4}, element(octets, knobs.fmspc)),
                      entry({5}, element(enumerated, Bytes{knobs.sgx_type}))});
  if (knobs.platform_instance_id) {
    constexpr u8 kNo = 0, kYes = 0xff;
    const Bytes configuration =  // dynamic platform, cached keys, SMT enabled
        joined({entry({7, 1}, flag(kNo)), entry({7, 2}, flag(kYes)), entry({7, 3}, flag(kYes))});
    all = joined({all, entry({6}, element(octets, *knobs.platform_instance_id)), entry({7}, element(sequence, configuration))});
  }
  return element(sequence, all);
}

}  // namespace sgxx::device::soft
