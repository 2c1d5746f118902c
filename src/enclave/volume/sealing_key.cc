// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/sealing_key.h"

#include "enclave/boot.h"
#include "enclave/entry.h"
#include "enclave/random.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

// As the SDK seals by default (sgxx/key.h): what makes an enclave weaker or more powerful, all processor state, all of MISCSELECT
// but EXINFO.
constexpr u64 kFlagsMask =
    isa::attribute::init | isa::attribute::debug | isa::attribute::provision_key | isa::attribute::einit_token_key;
constexpr u32 kMiscMask = ~u32{1};

u16 policy_of(volume::SlotKind kind) {
  return kind == volume::SlotKind::enclave ? isa::key_policy::mr_enclave : isa::key_policy::mr_signer;
}

}  // namespace

volume::SealingFields new_sealing_fields(volume::SlotKind kind) {
  const isa::ReportBody& own = own_report();
  volume::SealingFields fields;
  fields.key_policy = policy_of(kind);
  fields.isv_svn = own.isv_svn;
  fields.cpu_svn = own.cpu_svn;
  for (u64 i = 0; i < fields.key_id.size(); i += sizeof(u64)) {
    const u64 word = random_word();
    memcpy(fields.key_id.data() + i, &word, sizeof(word));
  }
  fields.flags_mask = kFlagsMask;
  fields.xfrm_mask = ~u64{0};
  fields.misc_mask = kMiscMask;
  return fields;
}

bool sealing_key(volume::SlotKind kind, const volume::SealingFields& fields, isa::Key128& key) {
  // A weaker policy or mask would let another enclave have the key.
  if (fields.key_policy != policy_of(kind) || fields.config_svn != 0 || (fields.flags_mask & kFlagsMask) != kFlagsMask)
    return false;
  isa::KeyRequest request{};
  request.key_name = isa::KeyName::seal;
  request.key_policy = fields.key_policy;
  request.isv_svn = fields.isv_svn;
  request.cpu_svn = fields.cpu_svn;
  request.attribute_mask = {fields.flags_mask, fields.xfrm_mask};
  request.key_id = fields.key_id;
  request.misc_mask = fields.misc_mask;
  alignas(16) isa::Key128 out{};
  const bool derived = execute_egetkey(&request, &out) == 0;
  key = out;
  memset(&out, 0, sizeof out);
  asm volatile("" : : "r"(&out) : "memory");
  return derived;
}

u64 SealingKeys::secret(const volume::KeySlot& slot, ByteSpan out) const {
  if (slot.kind != volume::SlotKind::enclave && slot.kind != volume::SlotKind::signer) return 0;
  isa::Key128 key;
  if (out.size() < key.size() || !sealing_key(slot.kind, slot.sealing, key)) return 0;
  memcpy(out.data(), key.data(), key.size());
  return key.size();
}

}  // namespace sgxx::enclave
