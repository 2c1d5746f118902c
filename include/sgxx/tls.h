// SPDX-License-Identifier: Apache-2.0
//
// Attested TLS: a TLS 1.3 connection whose other end is believed because of the enclave it ends in, not because of a name.
// Evidence travels in a self-signed certificate, in the extension that the TCG's "DICE Attestation Architecture" defines for it
// (2.23.133.5.4.9: a CBOR-tagged quote and claims; Gramine and Intel's libraries read the same). The quote's report data is the
// SHA-256 of the claims, and these hold the hash of the certificate's key, and the nonce when the other side sent one.
//
// One call makes an OpenSSL SSL_CTX present evidence, one makes it demand evidence; both together are mutual attestation. The
// rest is OpenSSL's usual API. Needs libssl and libcrypto, version 3. Errors are SdkError.
//
// What it does not promise: the peer is *an* enclave that the policy accepts. Which of several equal ones, on which machine, is a
// question of the policy's list of platforms. The handshake is bound to the enclave by its key: were that to leak, whoever has it
// could answer with quotes that he asks of the enclave. `bind_to_channel` rules that out, too.
#pragma once

#include <sgxx/quote.h>
#include <sgxx/verify.h>

#include <chrono>
#include <functional>
#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace sgxx::tls {

using Clock = std::function<verify::Time()>;

/// The system's clock: inside an enclave that is the host's word.
verify::Time system_time();

struct Presentation {
  std::chrono::seconds lifetime = std::chrono::hours(24);  ///< of certificates
  Clock clock = system_time;                               ///< their dates
  /// Who makes the quotes. Something else than this enclave's own are for tests.
  std::function<QuoteBytes(const ReportData&)> quote = create_quote;
};

/// Gives `context` a fresh key, which never leaves this enclave, and makes each of its connections prove it. A peer that sends a
/// nonce gets a quote of its own; others share one, which is made now. Throws as create_quote does.
void present_evidence(ssl_ctx_st* context, Presentation options = {});

enum class Freshness {
  nonce,     ///< the quote was made for this very handshake
  lifetime,  ///< the quote is as old as its certificate may be; for peers that know no nonces
};

/// Whom to believe.
struct Demand {
  std::shared_ptr<const verify::Verifier> verifier;  ///< with collateral and roots
  verify::Policy policy;                             ///< report_data is set here
  Clock as_of = system_time;                         ///< when all dates are looked at
  Freshness freshness = Freshness::nonce;
};

/// Makes every handshake of `context` fail unless the peer presents evidence that the demand accepts; servers then demand
/// certificates of clients, too. Resumption, early data and TLS below 1.3 are switched off: a resumed session attests nothing.
void demand_evidence(ssl_ctx_st* context, Demand demand);

/// Binds an established connection to the enclaves at its ends, whoever else may have their keys: each side that presents
/// evidence sends a quote about this very connection, and each side that demands evidence judges it, by the same demand. Both
/// ends call it after the handshake and before they send anything else; it waits (the connection must be blocking) and costs a
/// quote each. Throws `not_accepted`, after which the connection is of no use; `connection_broken`, `malformed`; as create_quote
/// does.
void bind_to_channel(ssl_st* connection);

/// What the evidence of an established connection's peer says. Throws `not_accepted` when there is none: before the handshake, or
/// because the session was resumed after all. Ask for it before anything secret is sent.
const verify::Verdict& peer_of(const ssl_st* connection);

/// Why the last handshake refused the peer, for a log; empty when it did not.
std::string refusal_of(const ssl_st* connection);

}  // namespace sgxx::tls
