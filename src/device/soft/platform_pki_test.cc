// SPDX-License-Identifier: Apache-2.0
#include "device/soft/platform_pki.h"

#include <gtest/gtest.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "device/soft/pki/openssl.h"
#include "device/soft/pki/quote.h"
#include "image/test_vectors.h"

namespace sgxx::device::soft {
namespace {

const isa::Key128 kRoot{7};
constexpr UnixTime kNow = 1764000000;

pki::Certificate parsed(ByteView der) {
  const u8* cursor = der.data();
  return pki::Certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
}

pki::Crl parsed_crl(ByteView der) {
  const u8* cursor = der.data();
  return pki::Crl(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size())));
}

/// X509_V_OK or why OpenSSL refuses the PCK certificate of `pki` under the root of `trusted`.
int verdict(const PlatformPki& pki, const PlatformPki& trusted, UnixTime when = kNow) {
  using Store = std::unique_ptr<X509_STORE, pki::Free<X509_STORE_free>>;
  using Context = std::unique_ptr<X509_STORE_CTX, pki::Free<X509_STORE_CTX_free>>;
  const Store store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), parsed(trusted.root).get());
  X509_STORE_add_crl(store.get(), parsed_crl(pki.root_crl).get());
  X509_STORE_add_crl(store.get(), parsed_crl(pki.intermediate_crl).get());
  const pki::Certificate intermediate = parsed(pki.intermediate), leaf = parsed(pki.pck);
  STACK_OF(X509)* chain = sk_X509_new_null();
  sk_X509_push(chain, intermediate.get());
  const Context context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), chain);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX_set_time(context.get(), 0, when);
  X509_verify_cert(context.get());
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(chain);
  return error;
}

PlatformPki made(const PlatformKnobs& knobs = default_knobs(kRoot)) { return make_platform_pki(kRoot, knobs); }

bool verifies(const EcKey& key, ByteView message, const isa::EcdsaSignature& raw) {
  const std::unique_ptr<ECDSA_SIG, pki::Free<ECDSA_SIG_free>> signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), 32, nullptr), BN_bin2bn(raw.data() + 32, 32, nullptr));
  u8* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  const pki::DigestContext context(EVP_MD_CTX_new());
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  const int result = EVP_DigestVerify(context.get(), der, static_cast<size_t>(length), message.data(), message.size());
  OPENSSL_free(der);
  return result == 1;
}

TEST(PlatformPki, VerifiesUnderItsOwnRootAndNoOther) {
  const PlatformPki pki = made();
  EXPECT_EQ(verdict(pki, pki), X509_V_OK);
  const PlatformPki other = make_platform_pki({8}, default_knobs({8}));
  EXPECT_NE(verdict(pki, other), X509_V_OK);
}

TEST(PlatformPki, RootIsMarkedAsInsecure) {
  const pki::Certificate root = parsed(made().root);
  std::array<char, 256> subject{};
  X509_NAME_oneline(X509_get_subject_name(root.get()), subject.data(), static_cast<int>(subject.size()));
  EXPECT_NE(std::string(subject.data()).find("INSECURE"), std::string::npos) << subject.data();
}

TEST(PlatformPki, KeysAreThoseOfTheRootKey) {
  const PlatformPki first = made(), second = made();
  EXPECT_EQ(first.root_key.public_point(), second.root_key.public_point());
  EXPECT_EQ(first.pck_key.public_point(), second.pck_key.public_point());
  EXPECT_NE(first.pck_key.public_point(), first.root_key.public_point());
  PlatformKnobs raised = default_knobs(kRoot);
  raised.sgx.cpu_svn[3] = 1;
  EXPECT_NE(made(raised).pck_key.public_point(), first.pck_key.public_point());
  EXPECT_NE(make_platform_pki({8}, default_knobs({8})).root_key.public_point(), first.root_key.public_point());
}

TEST(PlatformPki, KnobsMakeChainsThatAreRefused) {
  PlatformKnobs knobs = default_knobs(kRoot);
  knobs.pck.not_after = kNow - 1;
  EXPECT_EQ(verdict(made(knobs), made()), X509_V_ERR_CERT_HAS_EXPIRED);
  knobs = default_knobs(kRoot);
  knobs.intermediate.path_length.reset();
  EXPECT_EQ(verdict(made(knobs), made()), X509_V_ERR_INVALID_CA);
  knobs = default_knobs(kRoot);
  knobs.intermediate_crl.revoked = {key_identifier(made().pck_key)};
  EXPECT_EQ(verdict(made(knobs), made()), X509_V_ERR_CERT_REVOKED);
  knobs = default_knobs(kRoot);
  knobs.root_crl.next_update = kNow - 1;
  EXPECT_EQ(verdict(made(knobs), made()), X509_V_ERR_CRL_HAS_EXPIRED);
}

TEST(PlatformPki, SignsTheExactBytesOfTheMember) {
  const PlatformPki pki = made();
  const std::string body = tcb_info_body(default_knobs(kRoot).tcb_info);
  ASSERT_NE(pki.tcb_info.find(body + ",\"signature\":\""), std::string::npos);
  const std::string digits = pki.tcb_info.substr(pki.tcb_info.size() - 130, 128);
  isa::EcdsaSignature signature;
  for (size_t i = 0; i < signature.size(); ++i) signature[i] = static_cast<u8>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  EXPECT_TRUE(verifies(pki.tcb_signing_key, {reinterpret_cast<const u8*>(body.data()), body.size()}, signature));
  EXPECT_FALSE(verifies(pki.tcb_signing_key, {reinterpret_cast<const u8*>(body.data()), body.size() - 1}, signature));
}

TEST(PlatformPki, QuoteHasEveryPartWhereTheFormatSays) {
  const PlatformPki pki = made();
  isa::ReportBody body{};
  body.mr_enclave.fill(3);
  const EcKey key = EcKey::derived(kRoot, "attestation");
  const Bytes quote = make_quote(default_quote(pki, {}, body), key, pki.pck_key);
  EXPECT_EQ(read_at<isa::ReportBody>(quote, 48)->mr_enclave, body.mr_enclave);
  EXPECT_EQ(*read_at<u32>(quote, 432) + 436, quote.size());
  EXPECT_TRUE(verifies(key, ByteView(quote).first(432), *read_at<isa::EcdsaSignature>(quote, 436)));
  EXPECT_EQ(*read_at<isa::EcdsaPublicKey>(quote, 500), key.public_point());
  const auto qe = *read_at<isa::QeReportSignature>(quote, 564);
  EXPECT_TRUE(verifies(pki.pck_key, as_bytes_of(qe.qe_report), qe.signature));
  EXPECT_EQ(*read_at<u16>(quote, 1012), 32);
  EXPECT_EQ(*read_at<u16>(quote, 1014 + 32), static_cast<u16>(isa::CertificationType::pck_chain));
}

// Intel's sample under ../shared/vectors/dcap/sample: the same values in, the same bytes out.

std::string text_of(const std::vector<u8>& bytes) { return {bytes.begin(), bytes.end()}; }

TcbLevel sample_level(u8 second, u8 sixth, u8 seventh, u16 pce_svn, const char* status, UnixTime date) {
  TcbLevel level;
  level.components[1] = second;
  level.components[5] = sixth;
  level.components[6] = seventh;
  level.pce_svn = pce_svn;
  level.status = status;
  level.date = date;
  return level;
}

TEST(PlatformPki, TcbInfoIsByteForByteThatOfTheSample) {
  SGXX_VECTOR(sample, "dcap/sample/tcbInfo.json");
  TcbInfoKnobs knobs;
  knobs.version = 2;
  knobs.issue_date = 1567669627;
  knobs.next_update = 1883288827;
  knobs.fmspc = {0, 0x70, 0x7f, 0, 0, 0};
  knobs.evaluation_data_number = 3;
  constexpr UnixTime k2019 = 1567296000, k2018 = 1533081600, k2017 = 1496275200, k2016 = 1475280000;
  knobs.levels = {sample_level(3, 1, 1, 3, "UpToDate", k2019),  sample_level(3, 1, 0, 3, "ConfigurationNeeded", k2019),
                  sample_level(2, 1, 1, 2, "OutOfDate", k2018), sample_level(2, 1, 0, 2, "OutOfDateConfigurationNeeded", k2018),
                  sample_level(1, 1, 0, 1, "Revoked", k2017),   sample_level(0, 0, 0, 0, "OutOfDate", k2016)};
  EXPECT_EQ(text_of(sample).substr(0, text_of(sample).rfind(",\"signature\"")), "{\"tcbInfo\":" + tcb_info_body(knobs));
}

TEST(PlatformPki, SgxExtensionIsByteForByteThatOfTheSample) {
  SGXX_VECTOR(pem, "dcap/sample/pckCert.pem");
  const pki::Bio reader(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const pki::Certificate certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
  const pki::Object identifier(OBJ_txt2obj("1.2.840.113741.1.13.1", 1));
  X509_EXTENSION* extension = X509_get_ext(certificate.get(), X509_get_ext_by_OBJ(certificate.get(), identifier.get(), -1));
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);

  SgxExtensionKnobs knobs;
  knobs.ppid = {0x84, 0x61, 0x86, 0x3b, 0xb7, 0xec, 0xe3, 0x1f, 0x64, 0xc8, 0xe9, 0xb7, 0x7f, 0xd3, 0x1c, 0xad};
  knobs.components[1] = 3;
  knobs.components[5] = knobs.components[6] = 1;
  for (size_t i = 0; i < 16; ++i) knobs.cpu_svn[i] = static_cast<u8>(knobs.components[i]);
  knobs.pce_svn = 3;
  knobs.fmspc = {0, 0x70, 0x7f, 0, 0, 0};
  const u8* bytes = ASN1_STRING_get0_data(value);
  EXPECT_EQ(sgx_extension(knobs), Bytes(bytes, bytes + ASN1_STRING_length(value)));
}

}  // namespace
}  // namespace sgxx::device::soft
