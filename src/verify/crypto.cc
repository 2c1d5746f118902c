// SPDX-License-Identifier: Apache-2.0
#include "verify/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstdlib>

namespace sgxx::verify {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

// For what fails only when memory has run out.
void must(bool done) {
  if (!done) std::abort();
}

using Scalar = std::array<u8, 32>;

/// The order of P-256's group (SEC 2, secp256r1).
constexpr Scalar kOrder = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                           0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

bool is_in_range(const u8* scalar) {
  bool zero = std::all_of(scalar, scalar + sizeof(Scalar), [](u8 byte) { return byte == 0; });
  return !zero && std::lexicographical_compare(scalar, scalar + sizeof(Scalar), kOrder.begin(), kOrder.end());
}

std::vector<u8> der_of(const isa::EcdsaSignature& signature) {
  Signature pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data(), sizeof(Scalar), nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + sizeof(Scalar), sizeof(Scalar), nullptr);
  must(pair != nullptr && r != nullptr && s != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1);
  u8* bytes = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &bytes);
  must(length > 0);
  std::vector<u8> der(bytes, bytes + length);
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

isa::Hash256 sha256(ByteView first, ByteView second) {
  DigestContext context(EVP_MD_CTX_new());
  isa::Hash256 hash;
  must(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
       EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
       EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
       EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1);
  return hash;
}

isa::Hash256 sha256(ByteView bytes) { return sha256(bytes, {}); }

void PublicKey::Deleter::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::optional<PublicKey> PublicKey::from_point(const isa::EcdsaPublicKey& point) {
  std::array<u8, 65> encoded{4};
  std::copy(point.begin(), point.end(), encoded.begin() + 1);
  char group[] = "prime256v1";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                   OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
                                   OSSL_PARAM_construct_end()};
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  must(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  // Fails for what is not on the curve; P-256 has no small subgroups, so that is all there is to check.
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1) {
    EVP_PKEY_free(key);
    return std::nullopt;
  }
  return PublicKey(key);
}

SignatureCheck PublicKey::verify(ByteView message, const isa::EcdsaSignature& signature) const {
  if (!is_in_range(signature.data()) || !is_in_range(signature.data() + sizeof(Scalar))) return SignatureCheck::out_of_range;
  const auto der = der_of(signature);
  DigestContext context(EVP_MD_CTX_new());
  must(context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  const int good = EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size());
  return good == 1 ? SignatureCheck::good : SignatureCheck::bad;
}

}  // namespace sgxx::verify
