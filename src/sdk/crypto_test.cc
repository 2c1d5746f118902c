// SPDX-License-Identifier: Apache-2.0
//
// Each algorithm once against a published vector, so that no parameter is mistaken; refusals; round trips.
#include "sgxx/crypto.h"

#include <gtest/gtest.h>

#include "sgxx/random.h"

namespace sgxx {
namespace {

std::vector<std::uint8_t> bytes(std::string_view hex) {
  std::vector<std::uint8_t> result(hex.size() / 2);
  EXPECT_TRUE(from_hex(hex, result));
  return result;
}

template <class Call>
ErrorCode code_of(Call call) {
  try {
    call();
  } catch (const SdkError& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing thrown";
  return ErrorCode::cryptography;
}

TEST(Crypto, HashesAreThoseOfFips180) {
  EXPECT_EQ(sha256(view_of("abc")).hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha384(view_of("abc")).hex().substr(0, 32), "cb00753f45a35e8bb5a03d699ac65007");
  EXPECT_EQ(sha512(view_of("abc")).hex().substr(0, 32), "ddaf35a193617abacc417349ae204131");
  Hash<Digest256> pieces;
  EXPECT_EQ(pieces.add(view_of("a")).add(view_of("bc")).finish(), sha256(view_of("abc")));
  EXPECT_EQ(pieces.finish(), sha256({}));
}

TEST(Crypto, MacsAreThoseOfTheirRfcs) {
  // RFC 4231, test case 2; RFC 4493, examples 1 and 2.
  EXPECT_EQ(to_hex(hmac_sha256(view_of("Jefe"), view_of("what do ya want for nothing?")).bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const auto key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  EXPECT_EQ(to_hex(aes_cmac(key, {}).bytes()), "bb1d6929e95937287fa37d129b756746");
  EXPECT_EQ(to_hex(aes_cmac(key, bytes("6bc1bee22e409f96e93d7e117393172a")).bytes()), "070a16b46b4d4144f79bdd9dd04a287c");
  EXPECT_EQ(code_of([&] { aes_cmac(ByteView(key).first(15), {}); }), ErrorCode::bad_argument);
  EXPECT_FALSE(hmac_sha256({}, {}) == hmac_sha256(key, {}));
}

TEST(Crypto, HkdfIsThatOfRfc5869) {
  // Test cases 1 and 3.
  const auto info = bytes("f0f1f2f3f4f5f6f7f8f9");
  const std::string_view purpose(reinterpret_cast<const char*>(info.data()), info.size());
  const auto secret = bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  EXPECT_EQ(to_hex(hkdf_sha256(secret, bytes("000102030405060708090a0b0c"), purpose, 42).bytes()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(to_hex(hkdf_sha256(secret, {}, "", 42).bytes()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  EXPECT_EQ(code_of([&] { hkdf_sha256(secret, {}, "", 8161); }), ErrorCode::bad_argument);
}

TEST(Crypto, GcmIsThatOfItsInventors) {
  // McGrew and Viega, test case 2; RFC 8439, section 2.8.2, by its tag.
  Aead aead(AeadAlgorithm::aes_128_gcm, std::array<std::uint8_t, 16>{});
  std::array<std::uint8_t, 16> block{};
  const Aead::Tag tag = aead.seal({}, {}, block, block);
  EXPECT_EQ(to_hex(block), "0388dace60b6a392f328c2b971b2fe78");
  EXPECT_EQ(to_hex(tag), "ab6e47d42cec13bdf53a67b21257bddf");
  aead.open({}, {}, block, tag, block);
  EXPECT_EQ(block, (std::array<std::uint8_t, 16>{}));

  Aead chacha(AeadAlgorithm::chacha20_poly1305, bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
  const ByteView text = view_of(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
  std::vector<std::uint8_t> ciphertext(text.size());
  const Aead::Nonce nonce = {7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47};
  EXPECT_EQ(to_hex(chacha.seal(nonce, bytes("50515253c0c1c2c3c4c5c6c7"), text, ciphertext)), "1ae10b594f09e26a7e902ecbd0600691");
}

TEST(Crypto, EveryChangedBitIsNoticedAndNothingIsGivenOut) {
  for (const auto algorithm : {AeadAlgorithm::aes_128_gcm, AeadAlgorithm::aes_256_gcm, AeadAlgorithm::chacha20_poly1305}) {
    const auto key = random_bytes<32>();
    Aead aead(algorithm, ByteView(key).first(key_size_of(algorithm)));
    const auto nonce = random_bytes<12>();
    std::array<std::uint8_t, 40> plaintext{}, ciphertext, output;
    plaintext.fill(0x77);
    const Aead::Tag tag = aead.seal(nonce, view_of("label"), plaintext, ciphertext);
    for (std::size_t bit = 0; bit < (ciphertext.size() + tag.size()) * 8; ++bit) {
      auto changed = ciphertext;
      Aead::Tag changed_tag = tag;
      auto& byte = bit / 8 < changed.size() ? changed[bit / 8] : changed_tag[bit / 8 - changed.size()];
      byte = static_cast<std::uint8_t>(byte ^ 1u << bit % 8);
      output.fill(0x55);
      ASSERT_EQ(code_of([&] { aead.open(nonce, view_of("label"), changed, changed_tag, output); }), ErrorCode::not_authentic);
      ASSERT_EQ(output, decltype(output){});
    }
    EXPECT_EQ(code_of([&] { aead.open(nonce, view_of("lable"), ciphertext, tag, output); }), ErrorCode::not_authentic);
    aead.open(nonce, view_of("label"), ciphertext, tag, output);
    EXPECT_EQ(output, plaintext);
    EXPECT_EQ(code_of([&] { Aead(algorithm, ByteView(key).first(15)); }), ErrorCode::bad_argument);
    EXPECT_EQ(code_of([&] { aead.seal(nonce, {}, plaintext, ByteSpan(ciphertext).first(39)); }), ErrorCode::bad_argument);
  }
}

TEST(Crypto, SignaturesVerifyForTheirMessageAndKeyOnly) {
  for (const auto algorithm : {SignatureAlgorithm::ecdsa_p256, SignatureAlgorithm::ed25519}) {
    const SigningKey key = SigningKey::from_pem(SigningKey::generate(algorithm).pem().text());
    EXPECT_EQ(key.algorithm(), algorithm);
    const VerifyingKey public_key = VerifyingKey::from_pem(key.public_key().pem());
    EXPECT_EQ(VerifyingKey::from_der(public_key.der()).pem(), key.public_key().pem());
    const auto signature = key.sign(view_of("message"));
    public_key.verify(view_of("message"), signature);
    EXPECT_EQ(code_of([&] { public_key.verify(view_of("massage"), signature); }), ErrorCode::not_authentic);
    EXPECT_EQ(code_of([&] { SigningKey::generate(algorithm).public_key().verify(view_of("message"), signature); }),
              ErrorCode::not_authentic);
    EXPECT_EQ(code_of([&] { public_key.verify(view_of("message"), {}); }), ErrorCode::not_authentic);
    EXPECT_EQ(code_of([&] { VerifyingKey::from_pem(key.pem().text()); }), ErrorCode::malformed);
    auto der = public_key.der();
    der.push_back(0);
    EXPECT_EQ(code_of([&] { VerifyingKey::from_der(der); }), ErrorCode::malformed);
  }
  EXPECT_EQ(code_of([] { SigningKey::from_pem("no key"); }), ErrorCode::malformed);
}

TEST(Crypto, TwoSidesAgreeAndBadPublicKeysAreRefused) {
  for (const auto group : {AgreementGroup::x25519, AgreementGroup::p256}) {
    const AgreementKey one = AgreementKey::generate(group), other = AgreementKey::generate(group);
    EXPECT_EQ(one.public_bytes().size(), public_key_size_of(group));
    EXPECT_TRUE(one.agree(other.public_bytes()) == other.agree(one.public_bytes()));
    EXPECT_FALSE(one.agree(other.public_bytes()) == one.agree(one.public_bytes()));
    EXPECT_EQ(code_of([&] { one.agree(std::vector<std::uint8_t>(public_key_size_of(group))); }), ErrorCode::bad_argument);
    EXPECT_EQ(code_of([&] { one.agree(ByteView(other.public_bytes()).first(31)); }), ErrorCode::bad_argument);
  }
  auto not_on_curve = AgreementKey::generate(AgreementGroup::p256).public_bytes();
  not_on_curve[64] ^= 1;
  EXPECT_EQ(code_of([&] { AgreementKey::generate(AgreementGroup::p256).agree(not_on_curve); }), ErrorCode::bad_argument);
}

TEST(Random, IsDifferentEachTimeAndBounded) {
  EXPECT_NE(random_bytes<32>(), random_bytes<32>());
  EXPECT_FALSE(random_secret<32>() == random_secret<32>());
  std::array<int, 3> seen{};
  for (int i = 0; i < 300; ++i) ++seen.at(random_below(3));
  for (int count : seen) EXPECT_GT(count, 50);
  EXPECT_EQ(random_below(1), 0u);
  EXPECT_EQ(code_of([] { random_below(0); }), ErrorCode::bad_argument);
}

TEST(Secret, IsWipedWhenItGoesAndWhereItCameFrom) {
  using Array = std::array<std::uint8_t, 32>;
  Array original;
  original.fill(7);
  alignas(Secret<Array>) unsigned char place[sizeof(Secret<Array>)];
  auto* secret = new (place) Secret<Array>(Secret<Array>::taken_from(original));
  EXPECT_EQ(original, Array{});
  EXPECT_EQ(secret->reveal()[31], 7);
  Secret<Array> moved = std::move(*secret);
  EXPECT_EQ(secret->reveal(), Array{});
  EXPECT_EQ(moved.reveal()[0], 7);
  *secret = moved.copy();
  EXPECT_TRUE(*secret == moved);
  secret->~Secret();
  // What lies there now is nobody's object; it is read as bytes.
  const volatile unsigned char* seen = place;
  for (std::size_t i = 0; i < sizeof place; ++i) ASSERT_EQ(seen[i], 0) << i;
}

TEST(Secret, BytesKeepTheirSizeAndMove) {
  SecretBytes one = SecretBytes::copy_of(view_of("secret"));
  SecretBytes other = std::move(one);
  EXPECT_TRUE(one.empty());
  EXPECT_EQ(other.text(), "secret");
  one = std::move(other);
  EXPECT_EQ(one.text(), "secret");
  EXPECT_TRUE(one == SecretBytes::copy_of(view_of("secret")));
  EXPECT_FALSE(one == SecretBytes::copy_of(view_of("secreT")));
  EXPECT_FALSE(one == SecretBytes(5));
}

}  // namespace
}  // namespace sgxx
