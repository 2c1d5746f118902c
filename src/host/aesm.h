// SPDX-License-Identifier: Apache-2.0
//
// Quotes on SGX hardware: Intel's AESM service runs its quoting enclave and answers on a socket. One request and one answer a
// connection, each a length (u32, little-endian) and a Protocol Buffers message. Source: linux-sgx,
// psw/ae/aesm_service/source/core/ipc/messages.proto; the requests with "Ex" are those that make ECDSA quotes.
#pragma once

#include <chrono>
#include <string>

#include "host/quoting.h"

namespace sgxx::host {

inline constexpr const char* kAesmSocket = "/var/run/aesmd/aesm.socket";

class AesmService final : public QuotingService {
 public:
  explicit AesmService(std::string socket = kAesmSocket, std::chrono::seconds patience = std::chrono::seconds(60))
      : socket_(std::move(socket)), patience_(patience) {}

  Result<isa::TargetInfo> target() override;
  Result<std::vector<u8>> quote(const isa::Report& report) override;

 private:
  using Bytes = std::vector<u8>;

  Result<Bytes> exchange(const Bytes& request);
  Result<Bytes> ask(u32 kind, const class ProtobufWriter& question);
  Result<void> find_key();
  u64 patience_us() const { return static_cast<u64>(patience_.count()) * 1'000'000; }

  std::string socket_;
  std::chrono::seconds patience_;
  Bytes key_id_;  // of the service's ECDSA P-256 attestation key; empty: not asked yet
};

}  // namespace sgxx::host
