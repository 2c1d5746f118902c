// SPDX-License-Identifier: Apache-2.0
//
// Keys and reports of the software SGX: the derivation of SDM vol. 3D, EGETKEY and EREPORT, from a root key of the user's own.
// The SDM names the inputs of each key and not the bytes that the processor feeds into CMAC; here it is KeyDependencies, in the
// SDM's order. This root is nobody's hardware: no quote or seal made here means anything elsewhere.
#pragma once

#include "base/error.h"
#include "device/soft/enclave.h"

namespace sgxx::device::soft {

/// The 16 bytes from which everything derives: in the file that SGXX_SOFT_SGX_KEY names, else in
/// $XDG_DATA_HOME/sgxx/soft-sgx/root.key (~/.local/share/... when unset). Made once, mode 0600.
Result<isa::Key128> load_root_key();

class KeyDeriver {
 public:
  explicit KeyDeriver(const isa::Key128& root);

  struct Answer {
    isa::SgxError error = isa::SgxError::success;
    isa::Key128 key{};
    bool general_protection = false;  // reserved bits set: no answer but #GP(0)
  };
  /// EGETKEY for the enclave of `identity`.
  Answer get_key(const Identity& identity, const isa::KeyRequest& request) const;

  /// EREPORT of `identity` for `target`.
  isa::Report report(const Identity& identity, const isa::TargetInfo& target, const std::array<u8, 64>& data) const;

  /// This platform's CPUSVN.
  static constexpr std::array<u8, 16> kCpuSvn = {1};

 private:
  isa::Key128 root_;
  std::array<u8, 32> report_key_id_;
};

/// AES-128-CMAC (NIST SP 800-38B).
isa::Key128 aes_cmac(const isa::Key128& key, ByteView message);

}  // namespace sgxx::device::soft
