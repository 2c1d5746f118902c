// SPDX-License-Identifier: Apache-2.0
#include "image/sigstruct.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "image/measurement.h"
#include "image/test_key.h"
#include "image/test_vectors.h"

namespace sgxx::image {
namespace {

using ::testing::HasSubstr;

constexpr auto code_of = [](isa::SgxError error) { return static_cast<unsigned>(error); };

SigningKey test_key() { return std::move(SigningKey::from_pem(kTestKey, "test key")).value(); }

isa::SigStruct signed_sigstruct() {
  SigStructOptions options;
  options.enclave_hash.fill(0x42);
  options.xfrm_allowed = 0xe7;
  options.isv_prod_id = 7;
  return sign(unsigned_sigstruct(options).value(), test_key()).value();
}

isa::SigStruct flip(const isa::SigStruct& sigstruct, size_t bit) {
  isa::SigStruct copy = sigstruct;
  reinterpret_cast<u8*>(&copy)[bit / 8] ^= static_cast<u8>(1u << bit % 8);
  return copy;
}

// A PEM key of another kind, made on the spot.
std::string other_pem(unsigned bits, bool public_only) {
  EVP_PKEY* key = EVP_RSA_gen(bits);
  BIO* out = BIO_new(BIO_s_mem());
  if (public_only) {
    PEM_write_bio_PUBKEY(out, key);
  } else {
    PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<size_t>(length));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

TEST(SigningKey, ReadsBackWhatItWrites) {
  const SigningKey key = test_key();
  EXPECT_EQ(SigningKey::from_pem(key.to_pem(), "copy").value().modulus(), key.modulus());
  EXPECT_EQ(public_modulus_from_pem(key.public_pem(), "public").value(), key.modulus());
  EXPECT_EQ(public_modulus_from_pem(kTestKey, "private").value(), key.modulus());
}

TEST(SigningKey, GeneratesKeysThatSign) {
  const SigningKey key = SigningKey::generate().value();
  const auto signed_by_it = sign(unsigned_sigstruct({}).value(), key);
  ASSERT_TRUE(signed_by_it);
  EXPECT_EQ(verify(*signed_by_it).value(), mr_signer_of(key.modulus()));
}

TEST(SigningKey, RefusesOtherKeysAndSaysWhatToDo) {
  const auto message = [](std::string_view pem) { return SigningKey::from_pem(pem, "k.pem").error().message(); };
  EXPECT_THAT(message(other_pem(2048, false)), HasSubstr("k.pem: RSA-2048 key; SGX needs RSA-3072"));
  EXPECT_THAT(message(other_pem(3072, false)), HasSubstr("exponent 65537; SGX needs exponent 3"));
  EXPECT_THAT(message(test_key().public_pem()), HasSubstr("a public key; signing needs the private key"));
  EXPECT_THAT(message("nonsense"), HasSubstr("not a private key in PEM"));
  EXPECT_THAT(message("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), HasSubstr("encrypted"));
  EXPECT_THAT(message(std::string(100000, 'x')), HasSubstr("too large"));
  EXPECT_THAT(public_modulus_from_pem(other_pem(2048, true), "p").error().message(), HasSubstr("RSA-2048"));
  EXPECT_THAT(public_modulus_from_pem("", "p").error().message(), HasSubstr("not a public key"));
}

TEST(SigStruct, VerifiesWhatItSigned) {
  const isa::SigStruct s = signed_sigstruct();
  EXPECT_EQ(verify(s).value(), mr_signer_of(test_key().modulus()));
  EXPECT_EQ(s.attributes, (isa::Attributes{isa::attribute::mode64, 3}));
  EXPECT_EQ(s.attribute_mask, (isa::Attributes{~u64{0}, ~u64{0xe4}}));
  EXPECT_EQ(s.misc_select, isa::kMiscExinfo);
  EXPECT_EQ(s.misc_mask, ~u32{0});
}

TEST(SigStruct, IsTheSameEveryTime) {
  const isa::SigStruct a = signed_sigstruct();
  const isa::SigStruct b = signed_sigstruct();
  EXPECT_EQ(hex(as_bytes_of(a)), hex(as_bytes_of(b)));
}

TEST(SigStruct, AnyFlippedBitIsRefusedWithTheCodeOfTheSdm) {
  const isa::SigStruct good = signed_sigstruct();
  const auto is_fixed = [&](size_t byte) {
    const auto within = [&](size_t begin, size_t end) { return byte >= begin && byte < end; };
    return within(0, 20) || within(24, 40) || within(44, 128) || within(512, 516) || within(910, 912) || within(992, 1008) ||
           within(1028, 1040);
  };
  // Every byte once, with a bit that moves along.
  for (size_t byte = 0; byte < sizeof(good); ++byte) {
    const auto result = verify(flip(good, byte * 8 + byte % 8));
    ASSERT_FALSE(result) << byte;
    EXPECT_EQ(result.error().kind(), ErrorKind::refused);
    EXPECT_EQ(result.error().code(),
              code_of(is_fixed(byte) ? isa::SgxError::invalid_sig_struct : isa::SgxError::invalid_signature))
        << byte;
  }
}

TEST(SigStruct, DegenerateNumbersAreRefused) {
  isa::SigStruct s = signed_sigstruct();
  s.modulus.fill(0);
  EXPECT_EQ(verify(s).error().code(), code_of(isa::SgxError::invalid_signature));
  s.signature.fill(0);
  EXPECT_EQ(verify(s).error().code(), code_of(isa::SgxError::invalid_signature));
  s.modulus[0] = 1;
  s.q1.fill(0);
  s.q2.fill(0);
  EXPECT_EQ(verify(s).error().code(), code_of(isa::SgxError::invalid_signature));
  EXPECT_FALSE(quotients(isa::Rsa3072{}, isa::Rsa3072{}));
}

TEST(SigStruct, TwoStepsMakeTheSameAsOne) {
  const isa::SigStruct once = signed_sigstruct();
  isa::SigStruct bare = once;
  bare.modulus.fill(0);
  bare.signature.fill(0);
  bare.q1.fill(0);
  bare.q2.fill(0);
  isa::Rsa3072 big_endian = test_key().sign(signed_bytes_of(bare));
  std::reverse(big_endian.begin(), big_endian.end());
  const auto attached = attach_signature(bare, test_key().modulus(), big_endian);
  ASSERT_TRUE(attached);
  EXPECT_EQ(hex(as_bytes_of(*attached)), hex(as_bytes_of(once)));

  big_endian[100] ^= 1;
  EXPECT_THAT(attach_signature(bare, test_key().modulus(), big_endian).error().message(), HasSubstr("does not belong"));
  EXPECT_THAT(attach_signature(bare, test_key().modulus(), ByteView(big_endian).first(256)).error().message(),
              HasSubstr("has 256 bytes"));
}

TEST(SigStruct, FamilyIdNeedsKss) {
  SigStructOptions options;
  options.isv_family_id[0] = 1;
  EXPECT_FALSE(unsigned_sigstruct(options));
  options.kss = true;
  EXPECT_TRUE(unsigned_sigstruct(options));
}

TEST(SigStruct, PinsEveryAttributeButTheFreedXfrmBits) {
  const isa::SigStruct s = signed_sigstruct();
  const isa::Hash256 hash = s.enclave_hash;
  const isa::Attributes good = {isa::attribute::mode64, 3};
  EXPECT_TRUE(check_enclave(s, hash, good, 1));
  for (unsigned bit = 0; bit < 64; ++bit) {
    const bool flag_free = bit == 0;  // INIT is set by EINIT itself
    EXPECT_EQ(check_enclave(s, hash, {good.flags ^ u64{1} << bit, 3}, 1).ok(), flag_free) << "flags bit " << bit;
    EXPECT_EQ(check_enclave(s, hash, {good.flags, 3 ^ u64{1} << bit}, 1).ok(), (u64{0xe4} >> bit & 1) != 0) << "xfrm bit " << bit;
  }
  EXPECT_EQ(check_enclave(s, hash, good, 0).error().code(), code_of(isa::SgxError::invalid_attribute));
  EXPECT_EQ(check_enclave(s, {}, good, 1).error().code(), code_of(isa::SgxError::invalid_measurement));
}

TEST(SigStruct, DatesAreReproducible) {
  EXPECT_EQ(default_date(std::nullopt).value(), 0x19700101u);
  EXPECT_EQ(default_date("0").value(), 0x19700101u);
  EXPECT_EQ(default_date("951782400").value(), 0x20000229u);
  EXPECT_EQ(default_date("1717113600").value(), 0x20240531u);
  EXPECT_EQ(default_date("253402300799").value(), 0x99991231u);
  EXPECT_FALSE(default_date("253402300800"));
  EXPECT_FALSE(default_date("yesterday"));
  EXPECT_FALSE(default_date(""));
  EXPECT_EQ(parse_date("2016-12-14").value(), 0x20161214u);
  EXPECT_FALSE(parse_date("2016-13-14"));
  EXPECT_FALSE(parse_date("20161214"));
}

TEST(SigStructVector, ProductionEnclaveVerifies) {
  SGXX_VECTOR(bytes, "sgxs/test_enclave.sig");
  SGXX_VECTOR(stream, "sgxs/test_enclave.sgxs");
  const isa::SigStruct s = read_sigstruct(bytes).value();
  EXPECT_EQ(hex(verify(s).value()), "fb4bab3d6036ac1d730fa83d7366df1dd2dfeac194ef335d6854d8a6c6475542");
  EXPECT_EQ(s.date, 0x20161214u);
  EXPECT_EQ(s.enclave_hash, sha256(stream));
  EXPECT_FALSE(read_sigstruct(ByteView(bytes).first(1807)));
}

TEST(SigStructVector, QuotientsAreReproduced) {
  SGXX_VECTOR(n, "sgxs/sig1.key_n.bin");
  SGXX_VECTOR(signature, "sgxs/sig1.sig.bin");
  SGXX_VECTOR(q1, "sgxs/sig1.q1.bin");
  SGXX_VECTOR(q2, "sgxs/sig1.q2.bin");
  const auto q = quotients(*read_at<isa::Rsa3072>(signature, 0), *read_at<isa::Rsa3072>(n, 0));
  ASSERT_TRUE(q);
  EXPECT_EQ(hex(q->q1), hex(q1));
  EXPECT_EQ(hex(q->q2), hex(q2));
}

TEST(SigStructVector, WholeSigStructVerifies) {
  SGXX_VECTOR(bytes, "sgxs/sig1.sigstruct.bin");
  const isa::SigStruct s = read_sigstruct(bytes).value();
  EXPECT_EQ(hex(verify(s).value()), "83d719e77deaca1470f6baf62a4d774303c899db69020f9c70ee1dfc08c7ce9e");
  EXPECT_EQ(hex(s.enclave_hash), "c50673624a6cb17c1c6c2a4e6906f47a170c4629b8723781d1017ef376f1a75d");
  EXPECT_EQ(hex(sha256(signed_bytes_of(s))).substr(0, 8), "ea7ced3b");
}

}  // namespace
}  // namespace sgxx::image
