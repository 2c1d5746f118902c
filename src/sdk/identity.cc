// SPDX-License-Identifier: Apache-2.0
#include "sgxx/identity.h"

#include "sdk/enclave_call.h"
#include "sgxx/report.h"

namespace sgxx {
namespace {

std::string number(std::uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

struct Flag {
  std::uint64_t bit;
  const char* name;
};
constexpr Flag kFlags[] = {
    {Attributes::kInit, "INIT"},
    {Attributes::kDebug, "DEBUG"},
    {Attributes::kMode64, "MODE64"},
    {Attributes::kProvisionKey, "PROVISION_KEY"},
    {Attributes::kEinitTokenKey, "EINITTOKEN_KEY"},
    {Attributes::kCet, "CET"},
    {Attributes::kKss, "KSS"},
    {Attributes::kAexNotify, "AEX_NOTIFY"},
};

}  // namespace

std::string to_string(ProductId id) { return std::to_string(static_cast<unsigned>(id)); }
std::string to_string(SecurityVersion version) { return std::to_string(static_cast<unsigned>(version)); }
std::string to_string(ConfigVersion version) { return std::to_string(static_cast<unsigned>(version)); }

std::string to_string(const Attributes& attributes) {
  std::string text;
  std::uint64_t rest = attributes.flags;
  for (const Flag& flag : kFlags) {
    if ((rest & flag.bit) == 0) continue;
    text += flag.name;
    text += ' ';
    rest &= ~flag.bit;
  }
  if (rest != 0) text += number(rest) + ' ';
  if (!text.empty()) text.back() = ',';
  return text + " XFRM " + number(attributes.xfrm);
}

std::string to_string(const Identity& identity) {
  std::string text;
  const auto line = [&text](const char* name, const std::string& value) { text += std::string(name) + ' ' + value + '\n'; };
  line("MRENCLAVE", identity.mr_enclave.hex());
  line("MRSIGNER", identity.mr_signer.hex());
  line("product", to_string(identity.product_id));
  line("version", to_string(identity.version));
  line("attributes", to_string(identity.attributes));
  line("MISCSELECT", number(identity.misc_select));
  line("CPUSVN", identity.cpu_svn.hex());
  if (identity.attributes.kss()) {
    line("configuration", identity.config_id.hex());
    line("configuration version", to_string(identity.config_version));
    line("family", identity.family_id.hex());
    line("extended product", identity.extended_product_id.hex());
  }
  return text;
}

bool in_enclave() noexcept {
  static const bool answers = sdk::runtime_answers();
  return answers;
}

const Identity& own_identity() {
  // A report for nobody says who we are as well as any.
  static const Identity identity = [] {
    const isa::Report report = sdk::enclave_report({}, {});
    return Report::from_bytes(as_bytes_of(report)).claimed_identity();
  }();
  return identity;
}

}  // namespace sgxx
