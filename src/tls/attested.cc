// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's callbacks around a handshake. A side that demands evidence sends a nonce in a TLS extension of its own, clients in
// ClientHello and servers in CertificateRequest (RFC 8446, 4.2: private use); a side that presents evidence answers with a
// certificate made for that nonce. Nothing here throws into OpenSSL: what goes wrong ends the handshake.
#include <openssl/ssl.h>
#include <sgxx/random.h>

#include <algorithm>

#include "tls/certificate.h"
#include "tls/state.h"

namespace sgxx::tls {
namespace {

constexpr unsigned kNonceExtension = 0xff51;

template <class State>
void free_state(void*, void* state, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<State*>(state);
}

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_state<ContextState>);
  return index;
}
int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_state<ConnectionState>);
  return index;
}

void must(bool done) {
  if (!done) throw SdkError(ErrorCode::cryptography, "OpenSSL refused to set up attested TLS");
}

}  // namespace

ContextState& state_of(SSL_CTX* context) {
  auto* state = static_cast<ContextState*>(SSL_CTX_get_ex_data(context, context_index()));
  if (state == nullptr) {
    auto made = std::make_unique<ContextState>();
    must(SSL_CTX_set_ex_data(context, context_index(), made.get()) == 1);
    state = made.release();
  }
  return *state;
}

ConnectionState& state_of(SSL* connection) {
  auto* state = static_cast<ConnectionState*>(SSL_get_ex_data(connection, connection_index()));
  if (state == nullptr) {
    auto made = std::make_unique<ConnectionState>();
    must(SSL_set_ex_data(connection, connection_index(), made.get()) == 1);
    state = made.release();
  }
  return *state;
}

namespace {
std::string text_of(const verify::Verdict& verdict) {
  std::string text = "quote:";
  for (const verify::Refusal& refusal : verdict.refusals) {
    text += std::string(" ") + verify::name_of(refusal.reason) + " (" + refusal.detail + ");";
  }
  return text;
}
}  // namespace

verify::Verdict believe_quote(const Demand& demand, ByteView quote, const ReportData& expected, verify::Time as_of) {
  verify::Policy policy = demand.policy;
  policy.report_data = expected.bytes;
  verify::Verdict verdict = demand.verifier->appraise(quote, as_of);
  verify::judge(verdict, policy, as_of);
  if (!verdict.accepted()) throw SdkError(ErrorCode::not_accepted, text_of(verdict));
  return verdict;
}

namespace {

Certificate certificate_for(const Presenter& presenter, ByteView nonce) {
  const Bytes claims = encode_claims({hash_of_key(presenter.key), {nonce.begin(), nonce.end()}});
  const QuoteBytes quote = presenter.options.quote({report_data_of(claims)});
  return make_certificate(presenter.key, encode_evidence({quote, claims}), presenter.options.clock(), presenter.options.lifetime);
}

int choose_certificate(SSL* connection, void*) {
  try {
    const auto& presenter = state_of(SSL_get_SSL_CTX(connection)).presenter;
    const Bytes& nonce = state_of(connection).peer_nonce;
    if (!presenter || nonce.empty()) return 1;  // the context's certificate, if it has one
    const Certificate certificate = certificate_for(*presenter, nonce);
    return SSL_use_certificate(connection, certificate.get()) == 1 &&
           SSL_use_PrivateKey(connection, presenter->key.handle()) == 1;
  } catch (const std::exception& error) {
    state_of(connection).refusal = error.what();
    return 0;
  }
}

/// Gives the nonce of a side that demands evidence; a second ClientHello carries the same.
int add_nonce(SSL* connection, unsigned, unsigned, const unsigned char** out, std::size_t* length, X509*, std::size_t, int* alert,
              void*) {
  try {
    const auto& demand = state_of(SSL_get_SSL_CTX(connection)).demand;
    if (!demand || demand->freshness != Freshness::nonce) return 0;
    ConnectionState& state = state_of(connection);
    if (!state.has_own_nonce) fill_random(state.own_nonce);
    state.has_own_nonce = true;
    *out = state.own_nonce.data();
    *length = state.own_nonce.size();
    return 1;
  } catch (const std::exception&) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return -1;
  }
}

int take_nonce(SSL* connection, unsigned, unsigned, const unsigned char* in, std::size_t length, X509*, std::size_t, int* alert,
               void*) {
  *alert = SSL_AD_DECODE_ERROR;
  if (length != kNonceSize) return 0;
  try {
    state_of(connection).peer_nonce.assign(in, in + length);
    return 1;
  } catch (const std::exception&) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return 0;
  }
}

/// The verdict about the peer that presents `chain`, one certificate. Throws `not_accepted`.
verify::Verdict believe(const Demand& demand, const ConnectionState& state, X509* leaf, int chain) {
  const auto refuse = [](const std::string& why) { throw SdkError(ErrorCode::not_accepted, why); };
  if (leaf == nullptr || chain != 1) refuse("certificate: expected one, issued by itself");
  const verify::Time as_of = demand.as_of();
  const Presented presented = read_certificate(leaf, as_of);
  if (demand.freshness == Freshness::nonce &&
      (!state.has_own_nonce || !std::ranges::equal(presented.claims.nonce, state.own_nonce))) {
    refuse("evidence: made for another nonce, or for none");
  }
  return believe_quote(demand, presented.evidence.quote, {report_data_of(presented.evidence.claims)}, as_of);
}

int verify_peer(X509_STORE_CTX* store, void*) {
  auto* const connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  try {
    ConnectionState& state = state_of(connection);
    state.verdict.reset();
    try {
      const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_untrusted(store);
      state.verdict = believe(state_of(SSL_get_SSL_CTX(connection)).demand.value(), state, X509_STORE_CTX_get0_cert(store),
                              chain == nullptr ? 0 : sk_X509_num(chain));
      state.refusal.clear();
      X509_STORE_CTX_set_error(store, X509_V_OK);
      return 1;
    } catch (const std::exception& error) {
      state.refusal = error.what();
    }
  } catch (const std::exception&) {
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

/// A handshake that ended without a look at the peer, as resumption would, leads nowhere.
void watch(const SSL* connection, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0) return;
  auto* const own = const_cast<SSL*>(connection);
  if (!state_of(SSL_get_SSL_CTX(own)).demand || state_of(own).verdict) return;
  SSL_set_shutdown(own, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void prepare(SSL_CTX* context) {
  must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  must(SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1);
  const ContextState& state = state_of(context);
  if (state.presenter || state.demand) return;  // prepared before
  must(SSL_CTX_add_custom_ext(context, kNonceExtension,
                              SSL_EXT_TLS1_3_ONLY | SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_CERTIFICATE_REQUEST, add_nonce, nullptr,
                              nullptr, take_nonce, nullptr) == 1);
}

}  // namespace

verify::Time system_time() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

void present_evidence(SSL_CTX* context, Presentation options) {
  Presenter presenter{SigningKey::generate(SignatureAlgorithm::ecdsa_p256), std::move(options), nullptr};
  presenter.shared = certificate_for(presenter, {});
  prepare(context);
  must(SSL_CTX_use_certificate(context, presenter.shared.get()) == 1 &&
       SSL_CTX_use_PrivateKey(context, presenter.key.handle()) == 1);
  SSL_CTX_set_cert_cb(context, choose_certificate, nullptr);
  state_of(context).presenter.emplace(std::move(presenter));
}

void demand_evidence(SSL_CTX* context, Demand demand) {
  if (!demand.verifier || !demand.as_of)
    throw SdkError(ErrorCode::bad_argument, "attested TLS: a demand needs a verifier and a time");
  prepare(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
  SSL_CTX_set_info_callback(context, watch);
  state_of(context).demand.emplace(std::move(demand));
}

const verify::Verdict& peer_of(const SSL* connection) {
  const auto* const state = static_cast<const ConnectionState*>(SSL_get_ex_data(connection, connection_index()));
  if (state == nullptr || !state->verdict || SSL_is_init_finished(connection) == 0) {
    throw SdkError(ErrorCode::not_accepted, "attested TLS: nothing is known about the peer of this connection");
  }
  return *state->verdict;
}

std::string refusal_of(const SSL* connection) {
  const auto* const state = static_cast<const ConnectionState*>(SSL_get_ex_data(connection, connection_index()));
  return state == nullptr ? std::string() : state->refusal;
}

}  // namespace sgxx::tls
