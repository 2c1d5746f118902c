// SPDX-License-Identifier: Apache-2.0
#include "device/soft/keys.h"

#include <bearssl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sgxx::device::soft {
namespace {

constexpr u16 kKssPolicies = isa::key_policy::no_isv_prod_id | isa::key_policy::config_id | isa::key_policy::isv_family_id |
                             isa::key_policy::isv_ext_prod_id;
constexpr u16 kPolicies = isa::key_policy::mr_enclave | isa::key_policy::mr_signer | kKssPolicies;
// INIT and DEBUG enter every sealing key, whatever the mask says: a debugged enclave never gets a production key.
constexpr u64 kRequiredFlags = isa::attribute::init | isa::attribute::debug;

// The padding of PKCS#1 v1.5 that the SDM names as an input (EGETKEY, HARDCODED_PKCS1_5_PADDING), low byte first.
std::array<u8, 352> hardcoded_padding() {
  constexpr std::array<u8, 20> tail = {0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
                                       0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  std::array<u8, 352> padding;
  padding.fill(0xff);
  padding[0] = 0;
  padding[1] = 1;
  std::copy(tail.begin(), tail.end(), padding.end() - 20);
  return padding;
}

struct KeyDependencies {
  isa::KeyName key_name{};
  u16 isv_prod_id = 0;
  u16 isv_svn = 0;
  u16 config_svn = 0;
  std::array<u8, 16> isv_family_id{};
  std::array<u8, 16> isv_ext_prod_id{};
  std::array<u8, 16> owner_epoch{};
  isa::Attributes attributes{};
  isa::Attributes attribute_mask{};
  isa::Hash256 mr_enclave{};
  isa::Hash256 mr_signer{};
  std::array<u8, 32> key_id{};
  std::array<u8, 16> cpu_svn{};
  std::array<u8, 352> padding = hardcoded_padding();
  u32 misc_select = 0;
  u32 misc_mask = 0;
  u16 key_policy = 0;
  u8 cet_attributes = 0;
  u8 cet_attributes_mask = 0;
  std::array<u8, 64> config_id{};
  u32 reserved = 0;
};
static_assert(Crossable<KeyDependencies>);

// A platform's SVN is a vector: "beyond" is one component that is larger.
bool beyond(const std::array<u8, 16>& asked, const std::array<u8, 16>& current) {
  for (size_t i = 0; i < asked.size(); ++i)
    if (asked[i] > current[i]) return true;
  return false;
}

template <class Bytes>
bool all_zero(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
}

KeyDependencies report_key(const std::array<u8, 32>& key_id, const isa::Hash256& mr_enclave, const isa::Attributes& attributes,
                           u32 misc_select, const std::array<u8, 64>& config_id, u16 config_svn) {
  KeyDependencies d;
  d.key_name = isa::KeyName::report;
  d.key_id = key_id;
  d.mr_enclave = mr_enclave;
  d.attributes = attributes;
  d.misc_select = misc_select;
  d.config_id = config_id;
  d.config_svn = config_svn;
  d.cpu_svn = KeyDeriver::kCpuSvn;
  return d;
}

KeyDependencies seal_key(const Identity& identity, const isa::KeyRequest& request) {
  const isa::Secs& secs = identity.secs;
  const auto has = [&request](u16 policy) { return (request.key_policy & policy) != 0; };
  KeyDependencies d;
  d.key_name = isa::KeyName::seal;
  d.isv_svn = request.isv_svn;
  d.cpu_svn = request.cpu_svn;
  d.key_id = request.key_id;
  d.attributes = {(request.attribute_mask.flags | kRequiredFlags) & secs.attributes.flags,
                  request.attribute_mask.xfrm & secs.attributes.xfrm};
  d.attribute_mask = request.attribute_mask;
  d.misc_select = request.misc_mask & secs.misc_select;
  d.misc_mask = ~request.misc_mask;
  d.key_policy = request.key_policy;
  d.cet_attributes_mask = request.cet_attributes_mask;
  if (has(isa::key_policy::mr_enclave)) d.mr_enclave = secs.mr_enclave;
  if (has(isa::key_policy::mr_signer)) d.mr_signer = secs.mr_signer;
  if (!has(isa::key_policy::no_isv_prod_id)) d.isv_prod_id = secs.isv_prod_id;
  if (has(isa::key_policy::isv_family_id)) d.isv_family_id = identity.isv_family_id;
  if (has(isa::key_policy::isv_ext_prod_id)) d.isv_ext_prod_id = identity.isv_ext_prod_id;
  if (has(isa::key_policy::config_id)) {
    d.config_id = secs.config_id;
    d.config_svn = request.config_svn;
  }
  return d;
}

/// Times x in GF(2^128).
void double_in_field(isa::Key128& block) {
  u8 carry = 0;
  for (size_t i = block.size(); i-- > 0;) {
    const u8 next = block[i] >> 7;
    block[i] = static_cast<u8>(block[i] << 1 | carry);
    carry = next;
  }
  if (carry != 0) block.back() ^= 0x87;
}

/// AES-128-CBC of whole blocks: with the processor's instructions where it has them.
class BlockChain {
 public:
  explicit BlockChain(const isa::Key128& key) { implementation()->init(&keys_.vtable, key.data(), key.size()); }
  /// `chain` becomes what it is behind `blocks`, a multiple of 16 bytes.
  void extend(isa::Key128& chain, ByteView blocks) const {
    std::array<u8, 512> piece;
    for (; !blocks.empty(); blocks = blocks.subspan(std::min(blocks.size(), piece.size()))) {
      const ByteView next = blocks.first(std::min(blocks.size(), piece.size()));
      std::copy(next.begin(), next.end(), piece.begin());
      implementation()->run(&keys_.vtable, chain.data(), piece.data(), next.size());
    }
  }

  // Asked once, and first by KeyDeriver's constructor: BearSSL executes CPUID, which takes tens of microseconds in a virtual
  // machine and must not be met by a thread for which it traps.
  static const br_block_cbcenc_class* implementation() {
    static const br_block_cbcenc_class* const processor = br_aes_x86ni_cbcenc_get_vtable();
    return processor != nullptr ? processor : &br_aes_ct64_cbcenc_vtable;
  }

 private:
  br_aes_gen_cbcenc_keys keys_;
};

}  // namespace

// RFC 4493 over BearSSL's AES-CBC, of which the chain is the MAC: OpenSSL's EVP_MAC brings its providers, which take longer to
// set up than a small enclave to start, and its AES_encrypt ten times as long for each key and report.
isa::Key128 aes_cmac(const isa::Key128& key, ByteView message) {
  const BlockChain chain(key);
  isa::Key128 subkey{}, tag{};
  chain.extend(subkey, isa::Key128{});
  double_in_field(subkey);
  const size_t whole = message.empty() ? 0 : (message.size() - 1) / tag.size() * tag.size();
  chain.extend(tag, message.first(whole));
  message = message.subspan(whole);
  isa::Key128 last{};
  std::copy(message.begin(), message.end(), last.begin());
  if (message.size() < last.size()) {
    double_in_field(subkey);
    last[message.size()] = 0x80;
  }
  for (size_t i = 0; i < last.size(); ++i) last[i] ^= subkey[i];
  chain.extend(tag, last);
  return tag;
}

KeyDeriver::KeyDeriver(const isa::Key128& root) : root_(root) {
  (void)BlockChain::implementation();
  if (::getentropy(report_key_id_.data(), report_key_id_.size()) != 0) std::abort();
}

KeyDeriver::Answer KeyDeriver::get_key(const Identity& identity, const isa::KeyRequest& request) const {
  const isa::Secs& secs = identity.secs;
  const auto refuse = [](isa::SgxError error) { return Answer{error, {}, false}; };
  const bool kss = (secs.attributes.flags & isa::attribute::kss) != 0;
  if (request.reserved1 != 0 || !all_zero(request.reserved2) || (request.key_policy & ~kPolicies) != 0) return {{}, {}, true};
  if (!kss && ((request.key_policy & kKssPolicies) != 0 || request.config_svn != 0)) return {{}, {}, true};

  KeyDependencies dependencies;
  switch (request.key_name) {
    case isa::KeyName::seal:
      if (beyond(request.cpu_svn, kCpuSvn)) return refuse(isa::SgxError::invalid_cpusvn);
      if (request.isv_svn > secs.isv_svn || request.config_svn > secs.config_svn) return refuse(isa::SgxError::invalid_isvsvn);
      dependencies = seal_key(identity, request);
      break;
    case isa::KeyName::report:
      dependencies =
          report_key(request.key_id, secs.mr_enclave, secs.attributes, secs.misc_select, secs.config_id, secs.config_svn);
      break;
    case isa::KeyName::einit_token:
    case isa::KeyName::provision:
    case isa::KeyName::provision_seal: return refuse(isa::SgxError::invalid_attribute);  // EINIT grants neither attribute
    default: return refuse(isa::SgxError::invalid_keyname);
  }
  return {isa::SgxError::success, aes_cmac(root_, as_bytes_of(dependencies)), false};
}

isa::Report KeyDeriver::report(const Identity& identity, const isa::TargetInfo& target, const std::array<u8, 64>& data) const {
  const isa::Secs& secs = identity.secs;
  isa::Report report{};
  report.body.cpu_svn = kCpuSvn;
  report.body.misc_select = secs.misc_select;
  report.body.isv_ext_prod_id = identity.isv_ext_prod_id;
  report.body.attributes = secs.attributes;
  report.body.mr_enclave = secs.mr_enclave;
  report.body.mr_signer = secs.mr_signer;
  report.body.config_id = secs.config_id;
  report.body.isv_prod_id = secs.isv_prod_id;
  report.body.isv_svn = secs.isv_svn;
  report.body.config_svn = secs.config_svn;
  report.body.isv_family_id = identity.isv_family_id;
  report.body.report_data = data;
  report.key_id = report_key_id_;
  const KeyDependencies dependencies =
      report_key(report_key_id_, target.measurement, target.attributes, target.misc_select, target.config_id, target.config_svn);
  report.mac = aes_cmac(aes_cmac(root_, as_bytes_of(dependencies)), as_bytes_of(report.body));
  return report;
}

}  // namespace sgxx::device::soft
