// SPDX-License-Identifier: Apache-2.0
#include "device/soft_platform.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <string_view>

#include "device/soft/keys.h"
#include "device/soft/platform_pki.h"

namespace sgxx::device {
namespace {

using namespace soft;

/// The certifier is no enclave: it has the identity of one that cannot exist, because no loaded enclave hashes to a text.
isa::Secs certifier_secs() {
  constexpr std::string_view name = "sgxx software SGX, certification";
  isa::Secs secs{};
  static_assert(name.size() == sizeof(secs.mr_enclave));
  std::copy(name.begin(), name.end(), secs.mr_enclave.begin());
  secs.attributes = {isa::attribute::init | isa::attribute::mode64, 3};
  return secs;
}

constexpr UnixTime kThirtyDays = 30 * 24 * 3600;

}  // namespace

struct SoftPlatform::State {
  isa::Key128 root;
  PlatformKnobs knobs;
  PlatformPki pki;
  KeyDeriver deriver;
};

SoftPlatform::SoftPlatform(std::unique_ptr<State> state) : state_(std::move(state)) {}
SoftPlatform::~SoftPlatform() = default;

Result<std::unique_ptr<SoftPlatform>> SoftPlatform::open() {
  const isa::Key128 root = TRY(load_root_key());
  PlatformKnobs knobs = default_knobs(root);
  PlatformPki pki = make_platform_pki(root, knobs);
  auto state = std::make_unique<State>(State{root, std::move(knobs), std::move(pki), KeyDeriver(root)});
  return std::unique_ptr<SoftPlatform>(new SoftPlatform(std::move(state)));
}

isa::TargetInfo SoftPlatform::certifier() const {
  const isa::Secs secs = certifier_secs();
  isa::TargetInfo target{};
  target.measurement = secs.mr_enclave;
  target.attributes = secs.attributes;
  return target;
}

Result<SoftPlatform::Certificate> SoftPlatform::certify(const isa::Report& report) const {
  Identity certifier{};
  certifier.secs = certifier_secs();
  isa::KeyRequest request{};
  request.key_name = isa::KeyName::report;
  request.key_id = report.key_id;
  const KeyDeriver::Answer key = state_->deriver.get_key(certifier, request);
  if (key.error != isa::SgxError::success || aes_cmac(key.key, as_bytes_of(report.body)) != report.mac) {
    return bad_input("certification: this software SGX did not make that report, or made it for somebody else");
  }
  if ((report.body.attributes.flags & isa::attribute::debug) != 0) {
    return bad_input("certification: an enclave with the DEBUG attribute is no quoting enclave");
  }
  return Certificate{state_->pki.pck_key.sign(as_bytes_of(report.body)), state_->pki.pck_chain(), state_->knobs.sgx.pce_svn};
}

Collateral SoftPlatform::collateral(const isa::ReportBody& identity) const {
  PlatformKnobs knobs = state_->knobs;
  const UnixTime now = std::time(nullptr);
  for (CrlKnobs* crl : {&knobs.root_crl, &knobs.intermediate_crl}) {
    crl->this_update = now;
    crl->next_update = now + kThirtyDays;
  }
  knobs.tcb_info.issue_date = knobs.qe_identity.issue_date = now;
  knobs.tcb_info.next_update = knobs.qe_identity.next_update = now + kThirtyDays;
  knobs.qe_identity.misc_select = identity.misc_select;
  knobs.qe_identity.attributes.flags = identity.attributes.flags & knobs.qe_identity.attribute_mask.flags;
  knobs.qe_identity.mr_signer = identity.mr_signer;
  knobs.qe_identity.isv_prod_id = identity.isv_prod_id;
  knobs.qe_identity.levels[0].isv_svn = identity.isv_svn;
  const PlatformPki pki = make_platform_pki(state_->root, knobs);
  return {to_pem(pki.root),
          pki.pck_chain(),
          pki.tcb_chain(),
          to_pem(pki.root_crl, "X509 CRL"),
          to_pem(pki.intermediate_crl, "X509 CRL"),
          pki.tcb_info,
          pki.qe_identity};
}

SoftPlatform::Facts SoftPlatform::facts() const {
  const SgxExtensionKnobs& sgx = state_->knobs.sgx;
  return {sgx.fmspc, sgx.cpu_svn, sgx.pce_id, sgx.pce_svn, state_->pki.root_key.public_point()};
}

}  // namespace sgxx::device
