// SPDX-License-Identifier: Apache-2.0
#include "sdk/sealed_blob.h"

#include <algorithm>
#include <mutex>

namespace sgxx::sdk {
namespace {

constexpr u16 kKssPolicies = isa::key_policy::no_isv_prod_id | isa::key_policy::config_id | isa::key_policy::isv_family_id |
                             isa::key_policy::isv_ext_prod_id;

[[noreturn]] void malformed(const char* what) { throw SdkError(ErrorCode::malformed, std::string("sealed blob: ") + what); }

KeyRequest key_request_for(const BlobHeader& header, KeyPolicy policy) {
  KeyRequest request;
  request.policy = policy;
  request.key_id = {header.key_id};
  request.mask = {header.flags_mask, header.xfrm_mask, header.misc_mask};
  request.version = SecurityVersion{header.isv_svn};
  request.cpu_svn = CpuSvn{header.cpu_svn};
  request.config_version = ConfigVersion{header.config_svn};
  return request;
}

/// Header and the caller's bytes in one piece: the header has a fixed length, so where one ends and the other begins is no
/// question.
std::vector<u8> authenticated_bytes(ByteView header, ByteView additional) {
  std::vector<u8> bytes;
  bytes.reserve(header.size() + additional.size());
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), additional.begin(), additional.end());
  return bytes;
}

/// Remembers the last random bytes that any seal of this process drew.
class RepetitionTest {
 public:
  void check(const std::array<u8, 32>& drawn) {
    const std::lock_guard lock(mutex_);
    const bool halves_equal = std::equal(drawn.begin(), drawn.begin() + 16, drawn.begin() + 16);
    if (drawn == previous_ || halves_equal) {
      throw SdkError(ErrorCode::no_randomness, "seal: the random number generator repeats itself");
    }
    previous_ = drawn;
  }

 private:
  std::mutex mutex_;
  std::array<u8, 32> previous_{};
};

RepetitionTest repetition_test;

}  // namespace

ParsedBlob parse_blob(ByteView blob) {
  const auto header = read_at<BlobHeader>(blob, 0);
  if (!header || blob.size() < kSealOverhead) malformed("too short");
  if (header->magic != BlobHeader::kMagic) malformed("does not begin with SGXXSEAL");
  if (header->format != BlobHeader::kFormat) malformed("a format that this version does not know");
  const auto policy = KeyPolicy::from_bits(header->key_policy);
  if (!policy) malformed("no key policy that exists");
  if (header->config_svn != 0 && (header->key_policy & isa::key_policy::config_id) == 0) {
    malformed("a configuration version without the policy for it");
  }
  if (header->reserved1 != 0 || header->reserved2 != 0) malformed("reserved bytes are not zero");
  if (header->size > kMostSealed || header->size != blob.size() - kSealOverhead) malformed("its length is not what it says");
  return {*header, *policy, *read_at<Aead::Tag>(blob, sizeof(BlobHeader)), blob.first(sizeof(BlobHeader)),
          blob.subspan(kSealOverhead)};
}

void Sealer::draw(BlobHeader& header) {
  source_.random(header.key_id);
  source_.random(header.nonce);
  repetition_test.check(header.key_id);
}

void Sealer::seal(ByteSpan blob, ByteView plaintext, const SealOptions& options) {
  if (plaintext.size() > kMostSealed) throw SdkError(ErrorCode::bad_argument, "seal: more than 2^36 - 32 bytes");
  if (blob.size() != plaintext.size() + kSealOverhead) {
    throw SdkError(ErrorCode::bad_argument, "seal: the blob must have 128 bytes more than the plaintext");
  }
  const Identity identity = source_.identity();
  const bool with_config = (options.policy.bits() & isa::key_policy::config_id) != 0;
  BlobHeader header{};
  header.magic = BlobHeader::kMagic;
  header.format = BlobHeader::kFormat;
  header.key_policy = options.policy.bits();
  header.isv_svn = static_cast<u16>(options.version.value_or(identity.version));
  header.config_svn = with_config ? static_cast<u16>(identity.config_version) : u16{0};
  header.cpu_svn = identity.cpu_svn.bytes;
  header.flags_mask = options.mask.flags;
  header.xfrm_mask = options.mask.xfrm;
  header.misc_mask = options.mask.misc;
  header.size = plaintext.size();
  draw(header);

  const Key128 key = source_.key(key_request_for(header, options.policy));
  Aead aead(AeadAlgorithm::aes_128_gcm, key.bytes());
  const ByteView header_bytes = as_bytes_of(header);
  const Aead::Tag tag =
      aead.seal(header.nonce, authenticated_bytes(header_bytes, options.additional), plaintext, blob.subspan(kSealOverhead));
  std::ranges::copy(header_bytes, blob.begin());
  std::ranges::copy(tag, blob.subspan(sizeof header).begin());
}

void Sealer::unseal(ByteSpan plaintext, const ParsedBlob& blob, ByteView additional) {
  if (plaintext.size() != blob.ciphertext.size()) {
    throw SdkError(ErrorCode::bad_argument, "unseal: the memory must have the size of the plaintext");
  }
  try {
    if ((blob.policy.bits() & kKssPolicies) != 0 && !source_.identity().attributes.kss()) {
      throw SdkError(ErrorCode::other_enclave, "unseal: sealed by an enclave with KSS; this one has none");
    }
    const Key128 key = source_.key(key_request_for(blob.header, blob.policy));
    Aead aead(AeadAlgorithm::aes_128_gcm, key.bytes());
    aead.open(blob.header.nonce, authenticated_bytes(blob.authenticated, additional), blob.ciphertext, blob.tag, plaintext);
  } catch (...) {
    wipe(plaintext);
    throw;
  }
}

}  // namespace sgxx::sdk
