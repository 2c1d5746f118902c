// SPDX-License-Identifier: Apache-2.0
//
// What needs no enclave: the same answers inside and outside.
#include <sgxx/crypto.h>
#include <sgxx/random.h>

#include <algorithm>
#include <random>
#include <string>

#include "check.h"

namespace {

using namespace sgxx;

void print(const char* name, ByteView bytes) { std::printf("%s %s\n", name, to_hex(bytes).c_str()); }

}  // namespace

int main() {
  const std::string text(1000, 'x');
  print("sha256", sha256(view_of(text)).bytes);
  print("sha384", sha384(view_of(text)).bytes);
  print("sha512", sha512(view_of(text)).bytes);
  print("hmac", hmac_sha256(view_of("key"), view_of(text)).bytes());
  print("cmac", aes_cmac(view_of("0123456789abcdef"), view_of(text)).bytes());
  const SecretBytes key = hkdf_sha256(view_of("secret"), view_of("salt"), "purpose", 32);
  print("hkdf", key.bytes());
  for (auto algorithm : {AeadAlgorithm::aes_128_gcm, AeadAlgorithm::aes_256_gcm, AeadAlgorithm::chacha20_poly1305}) {
    Aead aead(algorithm, key.bytes().first(key_size_of(algorithm)));
    std::vector<std::uint8_t> bytes(text.begin(), text.end());
    const Aead::Tag tag = aead.seal({}, view_of("label"), bytes, bytes);
    print("aead", tag);
    print("hash of it", sha256(bytes).bytes);
    aead.open({}, view_of("label"), bytes, tag, bytes);
    CHECK(std::equal(bytes.begin(), bytes.end(), text.begin()));
  }
  for (auto algorithm : {SignatureAlgorithm::ecdsa_p256, SignatureAlgorithm::ed25519}) {
    const SigningKey signer = SigningKey::generate(algorithm);
    signer.public_key().verify(view_of(text), signer.sign(view_of(text)));
    SigningKey::from_pem(signer.pem().text()).public_key().verify(view_of(text), signer.sign(view_of(text)));
  }
  for (auto group : {AgreementGroup::x25519, AgreementGroup::p256}) {
    const AgreementKey one = AgreementKey::generate(group), other = AgreementKey::generate(group);
    CHECK(one.agree(other.public_bytes()) == other.agree(one.public_bytes()));
  }
  std::vector<int> numbers(20);
  std::shuffle(numbers.begin(), numbers.end(), RandomGenerator());
  CHECK(random_bytes<16>() != random_bytes<16>() && random_below(7) < 7);
}
