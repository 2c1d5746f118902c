// SPDX-License-Identifier: Apache-2.0
#include "device/soft/einit.h"

#include <algorithm>

#include "image/sigstruct.h"

namespace sgxx::device::soft {
namespace {

Failure<Error> refuse(isa::SgxError code, const char* reason) {
  return refused(static_cast<unsigned>(code), std::string(isa::name_of(code)) + ": " + reason);
}

template <class Bytes>
bool all_zero(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
}

}  // namespace

Result<isa::Hash256> check_signature(const isa::SigStruct& s, const isa::Secs& secs) {
  const isa::Hash256 mr_signer = TRY(image::verify(s));
  const bool kss = (secs.attributes.flags & isa::attribute::kss) != 0;
  if (!kss && (!all_zero(s.isv_family_id) || !all_zero(s.isv_ext_prod_id)))
    return refuse(isa::SgxError::invalid_sig_struct, "ISVFAMILYID and ISVEXTPRODID must be zero without ATTRIBUTES.KSS");
  TRY(image::check_enclave(s, secs.mr_enclave, secs.attributes, secs.misc_select));
  // Launch control: the EINITTOKEN key is for a launch enclave, which Linux does not load; the provisioning key needs
  // /dev/sgx_provision, which nothing here opens.
  if ((secs.attributes.flags & (isa::attribute::einit_token_key | isa::attribute::provision_key)) != 0)
    return refuse(isa::SgxError::invalid_attribute, "the driver grants neither EINITTOKENKEY nor PROVISIONKEY");
  if ((s.cet_attributes & s.cet_attributes_mask) != 0)
    return refuse(isa::SgxError::invalid_attribute,
                  "SIGSTRUCT demands control-flow enforcement, which Linux does not offer to enclaves");
  return mr_signer;
}

}  // namespace sgxx::device::soft
