// SPDX-License-Identifier: Apache-2.0
//
// The freshness server, as a program that has a volume sees it: anchors kept by another enclave, in an etcd cluster, reached over
// mutually attested TLS. docs/freshness.md has the protocol and what it protects. Needs libssl.
#pragma once

#include <sgxx/freshness.h>
#include <sgxx/tls.h>

#include <chrono>
#include <memory>
#include <vector>

namespace sgxx {

/// Which server this is: not which program, which the attestation says, but which keeper of counters. It shows the id when it is
/// made (`--initialize`) and has it as long as it has its key.
using FreshnessServerId = Id<struct FreshnessServerIdMeaning, 16>;

/// Whose counters they are. The server takes it from the client's attested identity, so nobody reaches another's.
enum class FreshnessScope : std::uint8_t {
  product = 1,  ///< all builds of this signer's product (MRSIGNER, ISVPRODID): survives updates
  build = 2,    ///< this build alone (MRENCLAVE)
};

struct FreshnessServers {
  /// "host:port" each. They must serve the same counters: one is asked, and the next when it gives no answer.
  std::vector<std::string> addresses;
  /// Which program the server must be. Everything hangs on it: say MRENCLAVE, or a signer whom you trust not to sign a server
  /// that forgets.
  tls::Demand demand;
  /// Which keeper of counters. Without it an attacker can put a new and empty server of the same program in this one's place,
  /// before this object has talked to a server for the first time.
  std::optional<FreshnessServerId> id;
  FreshnessScope scope = FreshnessScope::product;
  std::chrono::milliseconds timeout = std::chrono::seconds(20);  ///< of one current() or advance()
  tls::Presentation presentation = {};
};

class FreshnessClient final : public Freshness {
 public:
  /// Connects at the first call. Throws `bad_argument` for addresses that are none, and as tls::present_evidence does.
  explicit FreshnessClient(FreshnessServers servers);
  ~FreshnessClient() override;

  /// Both throw, beside what Freshness says, `not_accepted` when the server is not what was demanded, `refused_by_peer` when the
  /// server does not serve this enclave.
  std::optional<Anchor> current(const VolumeId& volume) override;
  void advance(const VolumeId& volume, const std::optional<Anchor>& from, const Anchor& to) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sgxx
