// SPDX-License-Identifier: Apache-2.0
//
// Handshakes in memory, with quotes of a software platform that tests make themselves: who is believed, and who is not, and why.
#include "sgxx/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "device/soft/pki/quote.h"
#include "tls/certificate.h"

namespace sgxx::tls {
namespace {

using namespace device::soft;
using testing::HasSubstr;

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, FreeTls>;
using Connection = std::unique_ptr<SSL, FreeTls>;

const isa::Key128 kRoot{1};
const std::uint8_t kMrEnclave = 0xe1;

PlatformKnobs knobs() {
  PlatformKnobs made = default_knobs(kRoot);
  made.qe_identity.mr_signer.fill(9);
  return made;
}

/// What an enclave with this MRENCLAVE would get from its platform.
QuoteBytes quote_of(const PlatformPki& pki, const ReportData& data, std::uint8_t mr_enclave = kMrEnclave) {
  isa::ReportBody body{};
  body.attributes.flags = isa::attribute::init | isa::attribute::mode64;
  body.mr_enclave.fill(mr_enclave);
  body.report_data = data.bytes;
  return make_quote(default_quote(pki, knobs().qe_identity, body), EcKey::derived(kRoot, "attestation"), pki.pck_key);
}

Presentation presentation(const PlatformKnobs& platform = knobs(), std::uint8_t mr_enclave = kMrEnclave) {
  const PlatformPki pki = make_platform_pki(kRoot, platform);
  Presentation made;
  made.quote = [pki, mr_enclave](const ReportData& data) { return quote_of(pki, data, mr_enclave); };
  return made;
}

Demand demand(const PlatformKnobs& platform = knobs()) {
  const PlatformPki pki = make_platform_pki(kRoot, platform);
  const auto bytes = [](const std::string& text) { return verify::Bytes(text.begin(), text.end()); };
  verify::Collateral collateral;
  collateral.certificates = {pki.root, pki.intermediate, pki.tcb_signing};
  collateral.crls = {pki.root_crl, pki.intermediate_crl};
  collateral.tcb_infos = {bytes(pki.tcb_info)};
  collateral.qe_identities = {bytes(pki.qe_identity)};
  Demand made;
  made.policy.roots = {verify::root_key_of(pki.root).value()};
  made.policy.accept = {verify::Accept::insecure_root};
  verify::EnclaveRule rule;
  rule.mr_enclave.emplace().fill(kMrEnclave);
  made.policy.enclaves = {rule};
  made.verifier = std::make_shared<verify::Verifier>(collateral, made.policy.roots);
  return made;
}

Context context() { return Context(SSL_CTX_new(TLS_method())); }

/// Two connections whose bytes go to each other.
struct Pair {
  Connection client, server;

  Pair(const Context& client_context, const Context& server_context)
      : client(SSL_new(client_context.get())), server(SSL_new(server_context.get())) {
    BIO *one = nullptr, *other = nullptr;
    BIO_new_bio_pair(&one, 65536, &other, 65536);
    SSL_set_bio(client.get(), one, one);
    SSL_set_bio(server.get(), other, other);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }
  bool shake_hands() {
    for (int i = 0; i < 10; ++i) {
      SSL_do_handshake(client.get());
      SSL_do_handshake(server.get());
    }
    ERR_clear_error();
    return SSL_is_init_finished(client.get()) != 0 && SSL_is_init_finished(server.get()) != 0;
  }
};

/// Why a client with this demand refuses a server with this presentation; "accepted".
std::string outcome(const Presentation& server_side, const Demand& client_side) {
  const Context server = context(), client = context();
  present_evidence(server.get(), server_side);
  demand_evidence(client.get(), client_side);
  Pair pair(client, server);
  if (!pair.shake_hands()) return refusal_of(pair.client.get());
  return peer_of(pair.client.get()).accepted() ? "accepted" : "finished without a verdict";
}

TEST(AttestedTls, ServerIsBelieved) {
  const Context server = context(), client = context();
  present_evidence(server.get(), presentation());
  demand_evidence(client.get(), demand());
  Pair pair(client, server);
  ASSERT_TRUE(pair.shake_hands()) << refusal_of(pair.client.get());
  EXPECT_EQ(peer_of(pair.client.get()).enclave->mr_enclave[0], kMrEnclave);
  EXPECT_EQ(SSL_version(pair.client.get()), TLS1_3_VERSION);
  EXPECT_THROW(peer_of(pair.server.get()), SdkError);  // the client has shown nothing
  EXPECT_EQ(SSL_write(pair.client.get(), "hello", 5), 5);
  std::array<char, 8> text{};
  EXPECT_EQ(SSL_read(pair.server.get(), text.data(), static_cast<int>(text.size())), 5);
}

TEST(AttestedTls, Mutual) {
  const Context server = context(), client = context();
  for (const Context& side : {std::ref(server), std::ref(client)}) {
    present_evidence(side.get(), presentation());
    demand_evidence(side.get(), demand());
  }
  Pair pair(client, server);
  ASSERT_TRUE(pair.shake_hands()) << refusal_of(pair.client.get()) << refusal_of(pair.server.get());
  EXPECT_TRUE(peer_of(pair.client.get()).accepted());
  EXPECT_TRUE(peer_of(pair.server.get()).accepted());
}

TEST(AttestedTls, ClientsWithoutEvidenceAreRefused) {
  const Context server = context(), client = context();
  present_evidence(server.get(), presentation());
  demand_evidence(server.get(), demand());
  demand_evidence(client.get(), demand());
  Pair pair(client, server);
  pair.shake_hands();
  EXPECT_FALSE(SSL_is_init_finished(pair.server.get()));
  EXPECT_THROW(peer_of(pair.server.get()), SdkError);
}

TEST(AttestedTls, AnotherEnclaveIsRefused) {
  EXPECT_THAT(outcome(presentation(knobs(), 0xe2), demand()), HasSubstr("identity-not-accepted"));
}

TEST(AttestedTls, AnotherRootIsRefused) {
  Demand made = demand();
  made.policy.roots = {verify::kIntelRootKey};
  const PlatformPki pki = make_platform_pki(kRoot, knobs());
  made.verifier = std::make_shared<verify::Verifier>(verify::Collateral{}, made.policy.roots);
  EXPECT_THAT(outcome(presentation(), made), HasSubstr("root-untrusted"));
}

TEST(AttestedTls, RevokedAndExpiredPlatformsAreRefused) {
  PlatformKnobs revoked = knobs();
  revoked.intermediate_crl.revoked = {key_identifier(make_platform_pki(kRoot, knobs()).pck_key)};
  EXPECT_THAT(outcome(presentation(), demand(revoked)), HasSubstr("certificate-revoked"));
  PlatformKnobs expired = knobs();
  expired.tcb_info.next_update = kYear2024 + 1;
  EXPECT_THAT(outcome(presentation(), demand(expired)), HasSubstr("tcb-info-expired"));
}

TEST(AttestedTls, AnEqualEnclaveOnAnotherPlatformIsRefusedWherePlatformsAreListed) {
  PlatformKnobs elsewhere = knobs();
  elsewhere.sgx.ppid.fill(0x77);
  Demand listed = demand();
  listed.policy.platforms = {knobs().sgx.ppid};
  EXPECT_EQ(outcome(presentation(), listed), "accepted");
  EXPECT_THAT(outcome(presentation(elsewhere), listed), HasSubstr("platform"));
  EXPECT_EQ(outcome(presentation(elsewhere), demand()), "accepted") << "as the policy says";
}

TEST(AttestedTls, AReplayedQuoteIsRefused) {
  Presentation replaying = presentation();
  const auto genuine = replaying.quote;
  auto kept = std::make_shared<QuoteBytes>();
  replaying.quote = [genuine, kept](const ReportData& data) {
    if (kept->empty()) *kept = genuine(data);
    return *kept;
  };
  EXPECT_THAT(outcome(replaying, demand()), HasSubstr("report-data"));
}

/// What a man in the middle could make of evidence that he has seen: `forge` gives the certificate to present with `key`.
template <class Forge>
std::string outcome_of_forged(Forge forge, Freshness freshness = Freshness::lifetime) {
  const Context server = context(), client = context();
  const SigningKey key = SigningKey::generate(SignatureAlgorithm::ecdsa_p256);
  const Certificate certificate = forge(key);
  SSL_CTX_use_certificate(server.get(), certificate.get());
  SSL_CTX_use_PrivateKey(server.get(), key.handle());
  Demand made = demand();
  made.freshness = freshness;
  demand_evidence(client.get(), made);
  Pair pair(client, server);
  return pair.shake_hands() ? "accepted" : refusal_of(pair.client.get());
}

Bytes evidence_about(const SigningKey& key, const Bytes& nonce = {}) {
  const Bytes claims = encode_claims({hash_of_key(key), nonce});
  return encode_evidence({quote_of(make_platform_pki(kRoot, knobs()), {report_data_of(claims)}), claims});
}

constexpr std::chrono::hours kDay{24};

TEST(AttestedTls, AManInTheMiddleIsRefused) {
  const auto honest = [](const SigningKey& key) { return make_certificate(key, evidence_about(key), system_time(), kDay); };
  EXPECT_EQ(outcome_of_forged(honest), "accepted");
  EXPECT_THAT(outcome_of_forged(honest, Freshness::nonce), HasSubstr("nonce"));
  const SigningKey victim = SigningKey::generate(SignatureAlgorithm::ecdsa_p256);
  EXPECT_THAT(outcome_of_forged(
                  [&](const SigningKey& key) { return make_certificate(key, evidence_about(victim), system_time(), kDay); }),
              HasSubstr("another key"));
  // Claims about his own key, under a quote of other claims.
  EXPECT_THAT(outcome_of_forged([&](const SigningKey& key) {
                Evidence mixed = decode_evidence(evidence_about(victim)).value();
                mixed.claims = encode_claims({hash_of_key(key), {}});
                return make_certificate(key, encode_evidence(mixed), system_time(), kDay);
              }),
              HasSubstr("report-data"));
}

TEST(AttestedTls, CertificatesMustBeInOrderThemselves) {
  EXPECT_THAT(outcome_of_forged([](const SigningKey& key) {
                return make_certificate(key, evidence_about(key), system_time() - 3 * kDay, kDay);
              }),
              HasSubstr("expired"));
  EXPECT_THAT(outcome_of_forged(
                  [](const SigningKey& key) { return make_certificate(key, evidence_about(key), system_time() + kDay, kDay); }),
              HasSubstr("not valid yet"));
  EXPECT_THAT(outcome_of_forged([](const SigningKey& key) { return make_certificate(key, Bytes{1}, system_time(), kDay); }),
              HasSubstr("malformed"));
  EXPECT_THAT(outcome_of_forged([](const SigningKey& key) {
                Certificate certificate = make_certificate(key, evidence_about(key), system_time(), kDay);
                const SigningKey other = SigningKey::generate(SignatureAlgorithm::ecdsa_p256);
                X509_sign(certificate.get(), other.handle(), EVP_sha256());
                return certificate;
              }),
              HasSubstr("signature is wrong"));
  EXPECT_THAT(outcome_of_forged([](const SigningKey& key) {
                Certificate certificate = make_certificate(key, evidence_about(key), system_time(), kDay);
                X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "O", MBSTRING_ASC,
                                           reinterpret_cast<const unsigned char*>("x"), 1, -1, 0);
                X509_sign(certificate.get(), key.handle(), EVP_sha256());
                return certificate;
              }),
              HasSubstr("somebody else"));
  EXPECT_THAT(outcome_of_forged([](const SigningKey& key) {
                Certificate certificate = make_certificate(key, evidence_about(key), system_time(), kDay);
                X509_add_ext(certificate.get(), X509_get_ext(certificate.get(), 0), -1);
                X509_sign(certificate.get(), key.handle(), EVP_sha256());
                return certificate;
              }),
              HasSubstr("twice"));
}

TEST(AttestedTls, NothingIsResumed) {
  const Context server = context(), client = context();
  present_evidence(server.get(), presentation());
  demand_evidence(client.get(), demand());
  Pair first(client, server);
  ASSERT_TRUE(first.shake_hands());
  std::array<char, 8> text{};
  SSL_read(first.client.get(), text.data(), static_cast<int>(text.size()));
  SSL_SESSION* const session = SSL_get1_session(first.client.get());
  EXPECT_FALSE(SSL_SESSION_is_resumable(session));
  Pair second(client, server);
  SSL_set_session(second.client.get(), session);
  EXPECT_TRUE(second.shake_hands());
  EXPECT_FALSE(SSL_session_reused(second.client.get()));
  EXPECT_TRUE(peer_of(second.client.get()).accepted());
  SSL_SESSION_free(session);
}

// A server that is not ours gives tickets; a client of ours that is made to use one gets nowhere.
TEST(AttestedTls, AResumedSessionIsWorthNothing) {
  const SigningKey key = SigningKey::generate(SignatureAlgorithm::ecdsa_p256);
  const Certificate certificate = make_certificate(key, evidence_about(key), system_time(), kDay);
  const Context server = context(), client = context();
  SSL_CTX_use_certificate(server.get(), certificate.get());
  SSL_CTX_use_PrivateKey(server.get(), key.handle());
  Demand made = demand();
  made.freshness = Freshness::lifetime;
  demand_evidence(client.get(), made);
  Pair first(client, server);
  ASSERT_TRUE(first.shake_hands()) << refusal_of(first.client.get());
  std::array<char, 8> text{};
  SSL_read(first.client.get(), text.data(), static_cast<int>(text.size()));
  SSL_SESSION* const session = SSL_get1_session(first.client.get());
  Pair second(client, server);
  SSL_set_session(second.client.get(), session);
  second.shake_hands();
  ASSERT_TRUE(SSL_session_reused(second.client.get())) << "this test is about what OpenSSL does resume";
  EXPECT_THROW(peer_of(second.client.get()), SdkError);
  EXPECT_LE(SSL_write(second.client.get(), "hello", 5), 0);
  SSL_SESSION_free(session);
}

/// Both ends of a connection bind themselves to it: what the client says of it.
std::string outcome_of_binding(const Context& client_context, const Context& server_context) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return "no sockets";
  const Connection client(SSL_new(client_context.get())), server(SSL_new(server_context.get()));
  SSL_set_fd(client.get(), ends[0]);
  SSL_set_fd(server.get(), ends[1]);
  std::thread other([&] {
    try {
      if (SSL_accept(server.get()) == 1) bind_to_channel(server.get());
    } catch (const SdkError&) {
    }
    ::shutdown(ends[1], SHUT_RDWR);
  });
  std::string said = "accepted";
  try {
    if (SSL_connect(client.get()) != 1) throw SdkError(ErrorCode::not_accepted, "no handshake");
    bind_to_channel(client.get());
    (void)peer_of(client.get());
  } catch (const SdkError& error) {
    said = error.what();
    EXPECT_THROW((void)peer_of(client.get()), SdkError);
  }
  ::shutdown(ends[0], SHUT_RDWR);
  other.join();
  for (const int end : ends) ::close(end);
  return said;
}

TEST(AttestedTls, BothEndsBindThemselvesToTheConnection) {
  const Context server = context(), client = context();
  present_evidence(server.get(), presentation());
  demand_evidence(server.get(), demand());
  present_evidence(client.get(), presentation());
  demand_evidence(client.get(), demand());
  EXPECT_EQ(outcome_of_binding(client, server), "accepted");
}

/// A server that has got hold of an enclave's key, and asks that enclave for quotes: of handshakes it gets them, about a
/// connection of its own it does not.
TEST(AttestedTls, AStolenKeyDoesNotBindAConnection) {
  Presentation thief = presentation();
  const auto genuine = thief.quote;
  auto quotes = std::make_shared<int>(0);
  thief.quote = [genuine, quotes](const ReportData& data) {
    const bool about_handshake = ++*quotes <= 2;  // one for the context, one for the nonce
    return genuine(about_handshake ? data : ReportData{report_data_of(Bytes{1, 2, 3})});
  };
  const Context server = context(), client = context();
  present_evidence(server.get(), thief);
  demand_evidence(client.get(), demand());
  EXPECT_THAT(outcome_of_binding(client, server), HasSubstr("about the connection: quote: report-data"));
}

TEST(AttestedTls, AServerThatSaysNothingAboutTheConnectionIsRefused) {
  Presentation silent = presentation();
  const auto genuine = silent.quote;
  auto quotes = std::make_shared<int>(0);
  silent.quote = [genuine, quotes](const ReportData& data) { return ++*quotes <= 2 ? genuine(data) : QuoteBytes{}; };
  const Context server = context(), client = context();
  present_evidence(server.get(), silent);
  demand_evidence(client.get(), demand());
  EXPECT_THAT(outcome_of_binding(client, server), HasSubstr("about the connection: quote"));
}

TEST(AttestedTls, OldProtocolsAreRefused) {
  const Context server = context(), client = context();
  present_evidence(server.get(), presentation());
  SSL_CTX_set_max_proto_version(client.get(), TLS1_2_VERSION);
  Pair pair(client, server);
  EXPECT_FALSE(pair.shake_hands());
}

}  // namespace
}  // namespace sgxx::tls
