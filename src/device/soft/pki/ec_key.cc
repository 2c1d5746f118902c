// SPDX-License-Identifier: Apache-2.0
#include "device/soft/pki/ec_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <string>

#include "device/soft/pki/openssl.h"

namespace sgxx::device::soft {
namespace {

using namespace pki;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

// 64 bytes modulo n - 1, plus 1: FIPS 186-5, A.2.1, with HMAC-SHA-256 in the place of the random bits.
Number private_scalar(const EC_GROUP* group, ByteView secret, std::string_view label) {
  std::array<u8, 64> stream;
  for (u8 block = 0; block < 2; ++block) {
    std::string input(label);
    input.push_back(static_cast<char>(block));
    must(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const u8*>(input.data()),
              input.size(), stream.data() + 32 * block, nullptr) != nullptr);
  }
  const Number wide(BN_bin2bn(stream.data(), static_cast<int>(stream.size()), nullptr));
  const Number limit(BN_dup(EC_GROUP_get0_order(group)));
  Number scalar(BN_new());
  const std::unique_ptr<BN_CTX, Free<BN_CTX_free>> context(BN_CTX_new());
  must(BN_sub_word(limit.get(), 1) == 1 && BN_mod(scalar.get(), wide.get(), limit.get(), context.get()) == 1 &&
       BN_add_word(scalar.get(), 1) == 1);
  OPENSSL_cleanse(stream.data(), stream.size());
  return scalar;
}

}  // namespace

EcKey EcKey::derived(ByteView secret, std::string_view label) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  must(group != nullptr);
  const Number scalar = private_scalar(group.get(), secret, label);
  const Point point(EC_POINT_new(group.get()));
  std::array<u8, 65> encoded;
  must(EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) == 1 &&
       EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(), nullptr) ==
           encoded.size());
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  must(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) == 1 &&
       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) == 1 &&
       OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()) == 1);
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_fromdata_init(context.get()) == 1 && EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1);
  return EcKey(std::shared_ptr<evp_pkey_st>(key, EVP_PKEY_free));
}

isa::EcdsaPublicKey EcKey::public_point() const {
  std::array<u8, 65> encoded;
  size_t length = 0;
  must(EVP_PKEY_get_octet_string_param(get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size(), &length) == 1 &&
       length == encoded.size());
  isa::EcdsaPublicKey point;
  std::memcpy(point.data(), encoded.data() + 1, point.size());
  return point;
}

isa::EcdsaSignature EcKey::sign(ByteView message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::array<u8, 80> der;
  size_t length = der.size();
  must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, get()) == 1 &&
       EVP_DigestSign(context.get(), der.data(), &length, message.data(), message.size()) == 1);
  const u8* cursor = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(length)));
  isa::EcdsaSignature raw;
  must(signature != nullptr && BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), 32) == 32 &&
       BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + 32, 32) == 32);
  return raw;
}

}  // namespace sgxx::device::soft
