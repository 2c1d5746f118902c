// SPDX-License-Identifier: Apache-2.0
//
// What stands in etcd. Neither etcd nor whoever is between can make a value, change one or move it to another volume; what they
// can do is to bring back one that was there before, or none, and that is what counters.h deals with.
#pragma once

#include <sgxx/crypto.h>
#include <sgxx/freshness_client.h>
#include <sgxx/verify.h>

#include "base/bytes.h"

namespace sgxx::freshness {

/// Whose counter it is, and of which volume.
struct CounterName {
  Digest256 owner{};  ///< of namespace_of()
  VolumeId volume{};
  friend auto operator<=>(const CounterName&, const CounterName&) = default;
};

/// Nobody else's: the identity that attestation has shown, with DEBUG, because who runs a debug enclave decides what it does.
Digest256 owner_of(const verify::EnclaveIdentity& client, FreshnessScope scope);

/// The key of one keeper of counters.
class RecordKey {
 public:
  static constexpr std::size_t kSize = 32;

  /// Throws `bad_argument` unless it is kSize bytes.
  explicit RecordKey(ByteView secret);

  const FreshnessServerId& id() const { return id_; }
  /// Where the counter stands: text of [a-z0-9/] alone. The owner's hash and the volume's id are no secrets.
  std::string place_of(const CounterName& name) const;
  std::vector<u8> seal(const CounterName& name, const Anchor& anchor) const;
  /// Nothing for what this key has not sealed for this name.
  std::optional<Anchor> open(const CounterName& name, ByteView value) const;

 private:
  Mac256 mac(const CounterName& name, ByteView head) const;
  SecretBytes mac_key_;
  FreshnessServerId id_{};
};

}  // namespace sgxx::freshness
