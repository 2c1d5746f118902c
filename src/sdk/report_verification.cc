// SPDX-License-Identifier: Apache-2.0
//
// Apart from report.cc, so that a program that only makes reports needs no OpenSSL.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

#include "sdk/enclave_call.h"
#include "sgxx/report.h"

namespace sgxx {
namespace {

/// The report key of this enclave, which the processor gave to nobody else; wiped at the end.
struct ReportKey {
  isa::Key128 bytes{};
  explicit ReportKey(const std::array<u8, 32>& key_id) {
    isa::KeyRequest request{};
    request.key_name = isa::KeyName::report;
    request.key_id = key_id;
    if (sdk::enclave_key(request, bytes) != isa::SgxError::success) {
      throw SdkError(ErrorCode::refused_by_sgx, "EGETKEY refused the report key");
    }
  }
  ~ReportKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  ReportKey(const ReportKey&) = delete;
  ReportKey& operator=(const ReportKey&) = delete;
};

/// AES-128-CMAC (NIST SP 800-38B).
isa::Key128 cmac(const isa::Key128& key, ByteView message) {
  const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> algorithm(EVP_MAC_fetch(nullptr, "CMAC", nullptr), EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context(algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr,
                                                                     EVP_MAC_CTX_free);
  char cipher[] = "AES-128-CBC";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("cipher", cipher, 0), OSSL_PARAM_construct_end()};
  isa::Key128 mac{};
  size_t length = 0;
  if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), parameters) != 1 ||
      EVP_MAC_update(context.get(), message.data(), message.size()) != 1 ||
      EVP_MAC_final(context.get(), mac.data(), &length, mac.size()) != 1 || length != mac.size()) {
    throw SdkError(ErrorCode::cryptography, "OpenSSL has no AES-128-CMAC");
  }
  return mac;
}

}  // namespace

VerifiedReport verify_report(const Report& report) {
  const auto structure = *read_at<isa::Report>(report.bytes(), 0);
  const ReportKey key(structure.key_id);
  isa::Key128 expected = cmac(key.bytes, as_bytes_of(structure.body));
  const bool genuine = CRYPTO_memcmp(expected.data(), structure.mac.data(), expected.size()) == 0;
  OPENSSL_cleanse(expected.data(), expected.size());  // it is the MAC that a forger would need
  if (!genuine) {
    throw SdkError(ErrorCode::not_authentic, "report: its MAC is wrong: not made for this enclave on this machine, or changed");
  }
  return {report.claimed_identity(), report.claimed_data()};
}

}  // namespace sgxx
