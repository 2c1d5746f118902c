// SPDX-License-Identifier: Apache-2.0
#include "sgxx/policy.h"

#include <algorithm>

namespace sgxx {

const char* name_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::debug: return "debug";
    case Refusal::attributes: return "attributes";
    case Refusal::unknown_enclave: return "unknown_enclave";
    case Refusal::other_product: return "other_product";
    case Refusal::old_version: return "old_version";
  }
  return "unknown";
}

const char* text_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::debug: return "it has the DEBUG attribute";
    case Refusal::attributes: return "its attributes are not those of a program";
    case Refusal::unknown_enclave: return "neither its measurement nor its signer is one that the policy names";
    case Refusal::other_product: return "it is another product of its signer";
    case Refusal::old_version: return "its version is lower than the policy asks for";
  }
  return "for a reason that this version does not know";
}

PeerPolicy PeerPolicy::own_product() {
  const Identity& self = own_identity();
  return PeerPolicy().accept(self.mr_signer, self.product_id, self.version);
}

PeerPolicy& PeerPolicy::accept(const MrEnclave& enclave) {
  enclaves_.push_back(enclave);
  return *this;
}

PeerPolicy& PeerPolicy::accept(const MrSigner& signer, ProductId product, SecurityVersion minimum) {
  products_.push_back({signer, product, minimum});
  return *this;
}

PeerPolicy& PeerPolicy::accept(DebugEnclavesProtectNothing) {
  debug_ = true;
  return *this;
}

std::optional<Refusal> PeerPolicy::judge(const Identity& identity) const {
  const Attributes& attributes = identity.attributes;
  if (attributes.debug() && !debug_) return Refusal::debug;
  if ((attributes.flags & Attributes::kInit) == 0) return Refusal::attributes;
  if ((attributes.flags & (Attributes::kProvisionKey | Attributes::kEinitTokenKey)) != 0) return Refusal::attributes;
  if (std::ranges::find(enclaves_, identity.mr_enclave) != enclaves_.end()) return std::nullopt;
  // Of several rules that miss, the one that came nearest gives the reason.
  Refusal nearest = Refusal::unknown_enclave;
  for (const Product& rule : products_) {
    if (rule.signer != identity.mr_signer) continue;
    if (rule.product != identity.product_id) {
      nearest = std::max(nearest, Refusal::other_product);
    } else if (identity.version < rule.minimum) {
      nearest = std::max(nearest, Refusal::old_version);
    } else {
      return std::nullopt;
    }
  }
  return nearest;
}

}  // namespace sgxx
