// SPDX-License-Identifier: Apache-2.0
#include "sgxx/seal.h"

#include "sdk/sealed_blob.h"
#include "sgxx/random.h"

namespace sgxx {
namespace {

/// The enclave itself.
class OwnSource final : public sdk::SealSource {
 public:
  Key128 key(const KeyRequest& request) override { return derive_key(request); }
  void random(ByteSpan bytes) override { fill_random(bytes); }
  Identity identity() override { return own_identity(); }
};

}  // namespace

std::vector<std::uint8_t> seal(ByteView plaintext, const SealOptions& options) {
  if (plaintext.size() > kMostSealed) throw SdkError(ErrorCode::bad_argument, "seal: more than 2^36 - 32 bytes");
  std::vector<std::uint8_t> blob(plaintext.size() + kSealOverhead);
  seal_to(blob, plaintext, options);
  return blob;
}

void seal_to(ByteSpan blob, ByteView plaintext, const SealOptions& options) {
  OwnSource source;
  sdk::Sealer(source).seal(blob, plaintext, options);
}

SecretBytes unseal(ByteView blob, ByteView additional) {
  const sdk::ParsedBlob parsed = sdk::parse_blob(blob);
  SecretBytes plaintext = secret_bytes_for_overwrite(parsed.ciphertext.size());
  OwnSource source;
  sdk::Sealer(source).unseal(plaintext.bytes(), parsed, additional);
  return plaintext;
}

void unseal_to(ByteSpan plaintext, ByteView blob, ByteView additional) {
  OwnSource source;
  try {
    sdk::Sealer(source).unseal(plaintext, sdk::parse_blob(blob), additional);
  } catch (...) {
    wipe(plaintext);
    throw;
  }
}

SealedHeader sealed_header(ByteView blob) {
  const sdk::ParsedBlob parsed = sdk::parse_blob(blob);
  const sdk::BlobHeader& header = parsed.header;
  return {.policy = parsed.policy,
          .version = SecurityVersion{header.isv_svn},
          .config_version = ConfigVersion{header.config_svn},
          .cpu_svn = {header.cpu_svn},
          .mask = {header.flags_mask, header.xfrm_mask, header.misc_mask},
          .key_id = {header.key_id},
          .size = header.size};
}

}  // namespace sgxx
