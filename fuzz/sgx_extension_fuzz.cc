// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the SGX extension of a PCK certificate, and as a certificate and a revocation list in DER.
#include "device/soft/platform_pki.h"
#include "fuzz/target.h"
#include "verify/certificate.h"
#include "verify/sgx_extension.h"

namespace {

using namespace sgxx;
using namespace sgxx::device::soft;

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView bytes(data, size);
  auto platform = verify::read_sgx_extension(bytes);
  require(platform.ok() ? platform->sgx_type <= 2 : !platform.error().empty());
  auto certificate = verify::Certificate::parse(bytes);
  if (certificate.ok()) {
    require(certificate->der().size() == size && certificate->point()[0] == 4);
    for (auto role : {verify::Role::root, verify::Role::intermediate, verify::Role::pck, verify::Role::tcb_signing}) {
      (void)certificate->unfit_for(role);
    }
    (void)certificate->is_signed_by(*certificate);
    if (certificate->sgx_extension()) (void)verify::read_sgx_extension(*certificate->sgx_extension());
  }
  auto list = verify::RevocationList::parse(bytes);
  if (list.ok() && certificate.ok()) require(false);
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  const auto knobs = default_knobs({1});
  const auto pki = make_platform_pki({1}, knobs);
  return {sgx_extension(knobs.sgx), pki.pck, pki.root, pki.root_crl};
}
