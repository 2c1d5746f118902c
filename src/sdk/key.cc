// SPDX-License-Identifier: Apache-2.0
#include "sgxx/key.h"

#include "sdk/enclave_call.h"

namespace sgxx {
namespace {

isa::KeyRequest structure_of(const KeyRequest& request, const Identity& self) {
  isa::KeyRequest structure{};
  structure.key_name = isa::KeyName::seal;
  structure.key_policy = request.policy.bits();
  structure.isv_svn = static_cast<u16>(request.version.value_or(self.version));
  structure.cpu_svn = request.cpu_svn.value_or(self.cpu_svn).bytes;
  structure.attribute_mask = {request.mask.flags, request.mask.xfrm};
  structure.misc_mask = request.mask.misc;
  structure.key_id = request.key_id.bytes;
  const bool with_config = (request.policy.bits() & isa::key_policy::config_id) != 0;
  const ConfigVersion usual = with_config ? self.config_version : ConfigVersion{0};
  structure.config_svn = static_cast<u16>(request.config_version.value_or(usual));
  return structure;
}

}  // namespace

Key128 derive_key(const KeyRequest& request) {
  const isa::KeyRequest structure = structure_of(request, own_identity());
  Key128 key;
  switch (const isa::SgxError error = sdk::enclave_key(structure, key.reveal())) {
    case isa::SgxError::success: return key;
    case isa::SgxError::invalid_isvsvn:
      throw SdkError(ErrorCode::newer_version, "key: asked for version " + std::to_string(structure.isv_svn) +
                                                   ", configuration version " + std::to_string(structure.config_svn) +
                                                   "; this enclave's own are lower");
    case isa::SgxError::invalid_cpusvn:
      throw SdkError(ErrorCode::newer_version,
                     "key: asked for CPUSVN " + to_hex(structure.cpu_svn) +
                         "; this processor's is lower: its microcode is older, or it is another machine");
    default: throw SdkError(ErrorCode::refused_by_sgx, std::string("key: EGETKEY answers ") + isa::name_of(error));
  }
}

}  // namespace sgxx
