// SPDX-License-Identifier: Apache-2.0
//
// Keys that the processor derives for this enclave (SDM vol. 3D, EGETKEY), and for nobody whom the policy does not name. They
// differ from machine to machine, and nobody can list or export them. Most programs want seal.h, which uses them.
#pragma once

#include <sgxx/identity.h>
#include <sgxx/secret.h>

#include <optional>

namespace sgxx {

/// Who else gets the key. There is no policy without an identity: such a key would be every enclave's.
class KeyPolicy {
 public:
  /// This very build: no other, no newer one.
  static constexpr KeyPolicy this_enclave() { return KeyPolicy(1); }
  /// Every enclave with this signer and this product id whose version is at least the requested one. This is what survives
  /// updates.
  static constexpr KeyPolicy this_signer() { return KeyPolicy(2); }
  /// Both must be the same.
  static constexpr KeyPolicy this_enclave_and_signer() { return KeyPolicy(3); }

  // With KSS (manifest: `kss = true`); elsewhere asking for such a key is `bad_argument`.
  constexpr KeyPolicy any_product() const { return KeyPolicy(bits_ | 4); }   ///< the product id may be another
  constexpr KeyPolicy same_config() const { return KeyPolicy(bits_ | 8); }   ///< CONFIGID, and a CONFIGSVN at least as high
  constexpr KeyPolicy same_family() const { return KeyPolicy(bits_ | 16); }  ///< ISVFAMILYID
  constexpr KeyPolicy same_extended_product() const { return KeyPolicy(bits_ | 32); }  ///< ISVEXTPRODID

  /// KEYPOLICY. SDM vol. 3D, "KEY REQUEST KeyPolicy".
  constexpr std::uint16_t bits() const { return bits_; }
  /// Nothing for what is no policy of the above.
  static constexpr std::optional<KeyPolicy> from_bits(std::uint16_t bits) {
    if ((bits & 3) == 0 || bits > 63) return std::nullopt;
    return KeyPolicy(bits);
  }
  friend constexpr bool operator==(KeyPolicy, KeyPolicy) = default;

 private:
  constexpr explicit KeyPolicy(int bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  std::uint16_t bits_;
};

using KeyId = Id<struct KeyIdMeaning, 32>;

/// Which of the enclave's attributes enter the key. DEBUG and INIT always do, whatever is written here.
struct AttributeMask {
  /// What makes an enclave weaker or more powerful.
  std::uint64_t flags = Attributes::kInit | Attributes::kDebug | Attributes::kProvisionKey | Attributes::kEinitTokenKey;
  /// All processor state: an enclave that may use more of it, or less, gets another key.
  std::uint64_t xfrm = ~std::uint64_t{0};
  /// MISCSELECT but EXINFO, which only says how faults are reported.
  std::uint32_t misc = ~std::uint32_t{1};
  friend bool operator==(const AttributeMask&, const AttributeMask&) = default;
};

struct KeyRequest {
  KeyPolicy policy = KeyPolicy::this_signer();
  KeyId key_id = {};  ///< another number, another key
  AttributeMask mask = {};
  /// The security version to get the key of: not above this enclave's own, which is what nothing means. Likewise the two below.
  std::optional<SecurityVersion> version = {};
  std::optional<CpuSvn> cpu_svn = {};
  std::optional<ConfigVersion> config_version = {};  ///< only with same_config(); otherwise 0
};

using Key128 = Secret<std::array<std::uint8_t, 16>>;

/// The sealing key for this request. Throws `newer_version` when a version is above the enclave's or the processor's own,
/// `bad_argument` for KSS in an enclave without it.
Key128 derive_key(const KeyRequest& request);

}  // namespace sgxx
