// SPDX-License-Identifier: Apache-2.0
//
// Who this enclave is, as the processor says (Intel SDM vol. 3D, EREPORT). Nothing here comes from the host.
#pragma once

#include <sgxx/bytes.h>
#include <sgxx/error.h>

namespace sgxx {

using MrEnclave = Id<struct MrEnclaveMeaning, 32>;                  ///< hash of everything that was loaded: this very build
using MrSigner = Id<struct MrSignerMeaning, 32>;                    ///< hash of the public key that signed it
using ConfigId = Id<struct ConfigIdMeaning, 64>;                    ///< chosen at load time (KSS); zero: none
using FamilyId = Id<struct FamilyIdMeaning, 16>;                    ///< chosen by the signer (KSS)
using ExtendedProductId = Id<struct ExtendedProductIdMeaning, 16>;  ///< chosen by the signer (KSS)
using CpuSvn = Id<struct CpuSvnMeaning, 16>;                        ///< the processor's security version, microcode included

enum class ProductId : std::uint16_t {};        ///< ISVPRODID: which of the signer's products
enum class SecurityVersion : std::uint16_t {};  ///< ISVSVN: raised by the signer when a hole is closed
enum class ConfigVersion : std::uint16_t {};    ///< CONFIGSVN: goes with ConfigId

std::string to_string(ProductId id);
std::string to_string(SecurityVersion version);
std::string to_string(ConfigVersion version);

/// ATTRIBUTES. SDM vol. 3D, "ATTRIBUTES".
struct Attributes {
  static constexpr std::uint64_t kInit = 1, kDebug = 2, kMode64 = 4, kProvisionKey = 16, kEinitTokenKey = 32, kCet = 64,
                                 kKss = 128, kAexNotify = 1024;

  std::uint64_t flags = 0;
  std::uint64_t xfrm = 0;  ///< extended processor state that the enclave may use, bits as in XCR0

  /// The host can read and change the enclave's memory. Nothing is secret in a debug enclave.
  bool debug() const { return (flags & kDebug) != 0; }
  bool kss() const { return (flags & kKss) != 0; }
  friend auto operator<=>(const Attributes&, const Attributes&) = default;
};

/// "INIT DEBUG MODE64, XFRM 0x7"
std::string to_string(const Attributes& attributes);

struct Identity {
  MrEnclave mr_enclave{};
  MrSigner mr_signer{};
  ProductId product_id{};
  SecurityVersion version{};
  Attributes attributes{};
  std::uint32_t misc_select = 0;
  CpuSvn cpu_svn{};
  ConfigId config_id{};
  ConfigVersion config_version{};
  FamilyId family_id{};
  ExtendedProductId extended_product_id{};

  friend bool operator==(const Identity&, const Identity&) = default;
};

/// One "name value" line for each member; those of KSS only where the enclave has it.
std::string to_string(const Identity& identity);

/// True inside an enclave that sgxx runs, in the software SGX too.
bool in_enclave() noexcept;

/// This enclave's. Asked for once; every later call returns the same object.
const Identity& own_identity();

}  // namespace sgxx
