// SPDX-License-Identifier: Apache-2.0
#include "device/soft/platform_pki.h"

#include <algorithm>

#include "device/soft/keys.h"

namespace sgxx::device::soft {
namespace {

// 16 bytes that identify the platform and tell nothing of the secret.
std::array<u8, 16> identifier(const isa::Key128& root, std::string_view label) {
  return aes_cmac(root, {reinterpret_cast<const u8*>(label.data()), label.size()});
}

namespace names = isa::certificate_name;

CertificateKnobs named(std::string_view name, std::optional<int> path_length = {}) {
  CertificateKnobs knobs;
  knobs.common_name = std::string(names::insecure) + std::string(name);
  knobs.path_length = path_length;
  return knobs;
}

std::string pck_label(const SgxExtensionKnobs& sgx) {
  std::string label = "PCK";
  label.append(sgx.cpu_svn.begin(), sgx.cpu_svn.end());
  label.push_back(static_cast<char>(sgx.pce_svn >> 8));
  label.push_back(static_cast<char>(sgx.pce_svn));
  return label;
}

}  // namespace

PlatformKnobs default_knobs(const isa::Key128& root) {
  PlatformKnobs knobs;
  knobs.root = named(names::root, 1);
  knobs.intermediate = named(names::platform_ca, 0);
  knobs.tcb_signing = named(names::tcb_signing);
  knobs.pck = named(names::pck);
  knobs.sgx.ppid = identifier(root, "PPID");
  knobs.sgx.platform_instance_id = identifier(root, "platform instance");
  knobs.sgx.cpu_svn = KeyDeriver::kCpuSvn;
  std::copy(knobs.sgx.cpu_svn.begin(), knobs.sgx.cpu_svn.end(), knobs.sgx.components.begin());
  knobs.sgx.fmspc = {'s', 'g', 'x', 'x', 0, 0};
  knobs.tcb_info.fmspc = knobs.sgx.fmspc;
  knobs.tcb_info.pce_id = knobs.sgx.pce_id;
  TcbLevel level;
  level.components = knobs.sgx.cpu_svn;
  level.pce_svn = knobs.sgx.pce_svn;
  knobs.tcb_info.levels = {level};
  return knobs;
}

PlatformPki make_platform_pki(const isa::Key128& root, const PlatformKnobs& knobs) {
  CertificateKnobs pck = knobs.pck;
  if (!pck.sgx) pck.sgx = sgx_extension(knobs.sgx);
  const EcKey root_key = EcKey::derived(root, "root"), intermediate_key = EcKey::derived(root, "platform CA");
  const EcKey tcb_key = EcKey::derived(root, "TCB signing"), pck_key = EcKey::derived(root, pck_label(knobs.sgx));
  const Party root_party{knobs.root, root_key}, intermediate_party{knobs.intermediate, intermediate_key};
  return {root_key,
          intermediate_key,
          tcb_key,
          pck_key,
          make_certificate(root_party, root_party),
          make_certificate(intermediate_party, root_party),
          make_certificate({knobs.tcb_signing, tcb_key}, root_party),
          make_certificate({pck, pck_key}, intermediate_party),
          make_crl(root_party, knobs.root_crl),
          make_crl(intermediate_party, knobs.intermediate_crl),
          signed_json("tcbInfo", tcb_info_body(knobs.tcb_info), tcb_key),
          signed_json("enclaveIdentity", qe_identity_body(knobs.qe_identity), tcb_key)};
}

std::string PlatformPki::pck_chain() const { return to_pem(pck) + to_pem(intermediate) + to_pem(root); }
std::string PlatformPki::tcb_chain() const { return to_pem(tcb_signing) + to_pem(root); }

}  // namespace sgxx::device::soft
