// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <algorithm>

#include "sdk/openssl.h"

namespace sgxx {

void openssl::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

namespace {

const EVP_MD* algorithm_of(const Digest256&) { return EVP_sha256(); }
const EVP_MD* algorithm_of(const Digest384&) { return EVP_sha384(); }
const EVP_MD* algorithm_of(const Digest512&) { return EVP_sha512(); }

}  // namespace

template <class Digest>
Hash<Digest>::Hash() : context_(EVP_MD_CTX_new()) {
  sdk::must(context_ != nullptr);
  restart();
}

template <class Digest>
void Hash<Digest>::restart() {
  sdk::must(EVP_DigestInit_ex(context_.get(), algorithm_of(Digest{}), nullptr) == 1);
}

template <class Digest>
Hash<Digest>& Hash<Digest>::add(ByteView bytes) {
  sdk::must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

template <class Digest>
Digest Hash<Digest>::finish() {
  Digest digest;
  sdk::must(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr) == 1);
  restart();
  return digest;
}

template class Hash<Digest256>;
template class Hash<Digest384>;
template class Hash<Digest512>;

Digest256 sha256(ByteView bytes) { return Hash<Digest256>().add(bytes).finish(); }
Digest384 sha384(ByteView bytes) { return Hash<Digest384>().add(bytes).finish(); }
Digest512 sha512(ByteView bytes) { return Hash<Digest512>().add(bytes).finish(); }

}  // namespace sgxx
