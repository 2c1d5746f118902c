// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "freshness/connection.h"

namespace sgxx {
namespace {

using freshness::Address;
using freshness::Connection;
using freshness::Operation;
using freshness::Reply;
using freshness::Request;
using freshness::Status;

constexpr std::chrono::milliseconds kPause{200};

using Deadline = std::chrono::steady_clock::time_point;

Connection::Limit left_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

/// Failures after which another server, or the same one a little later, may do better.
bool may_pass(ErrorCode code) { return code == ErrorCode::unavailable || code == ErrorCode::connection_broken; }

std::string text_of(const std::optional<Anchor>& anchor) {
  return anchor ? "generation " + std::to_string(anchor->generation) : "none";
}

}  // namespace

/// One connection at a time, which all threads share: requests are short, and anchors of one volume follow each other anyway.
struct FreshnessClient::State {
  FreshnessServers servers;
  std::vector<Address> addresses;
  freshness::Context context;
  std::mutex mutex;
  std::optional<Connection> connection;
  std::size_t next = 0;  // the address that is asked

  Reply once(const Request& request, Deadline deadline) {
    if (!connection) connection = Connection::connect(context.get(), addresses[next], left_until(deadline));
    connection->wait_at_most(left_until(deadline));
    connection->send(freshness::encode(request));
    const auto body = connection->receive();
    if (!body) throw SdkError(ErrorCode::connection_broken, "the freshness server closed the connection");
    const auto reply = freshness::decode_reply(body->bytes());
    if (!reply) throw SdkError(ErrorCode::connection_broken, "the freshness server's reply is malformed");
    if (reply->status == Status::unknown_protocol) {
      throw SdkError(ErrorCode::refused_by_peer, "the freshness server speaks another version of the protocol");
    }
    if (servers.id && *servers.id != reply->server) {
      throw SdkError(ErrorCode::not_accepted, "this freshness server keeps other counters: its id is " + reply->server.hex());
    }
    servers.id = reply->server;
    if (reply->status == Status::unavailable) {
      throw SdkError(ErrorCode::unavailable, "the freshness server reaches too few members of its cluster");
    }
    return *reply;
  }

  /// Requests can be repeated: an advance that was made already is made.
  Reply ask(const Request& request) {
    const Deadline deadline = std::chrono::steady_clock::now() + servers.timeout;
    const std::lock_guard lock(mutex);
    for (;;) {
      try {
        return once(request, deadline);
      } catch (const SdkError& error) {
        connection.reset();
        next = (next + 1) % addresses.size();
        if (!may_pass(error.code())) throw;
        if (std::chrono::steady_clock::now() + kPause >= deadline) {
          throw SdkError(ErrorCode::unavailable, std::string("no answer in time from any freshness server: ") + error.what());
        }
      }
      std::this_thread::sleep_for(kPause);
    }
  }

  /// For what is neither done nor a conflict.
  [[noreturn]] static void refuse(Status status) {
    switch (status) {
      case Status::went_back:
        throw SdkError(ErrorCode::rolled_back, "the freshness server's cluster holds less than the server has seen");
      case Status::full: throw SdkError(ErrorCode::unavailable, "the freshness server remembers no more volumes");
      default: throw SdkError(ErrorCode::refused_by_peer, "the freshness server refuses the request");
    }
  }
};

FreshnessClient::FreshnessClient(FreshnessServers servers) : state_(std::make_unique<State>()) {
  for (const std::string& text : servers.addresses) {
    const auto address = freshness::parse_address(text);
    if (!address)
      throw SdkError(ErrorCode::bad_argument, text + ": expected a freshness server's address such as 127.0.0.1:4433");
    state_->addresses.push_back(*address);
  }
  if (state_->addresses.empty()) throw SdkError(ErrorCode::bad_argument, "no address of a freshness server");
  state_->context.reset(SSL_CTX_new(TLS_client_method()));
  if (state_->context == nullptr) throw SdkError(ErrorCode::cryptography, "OpenSSL could not make a context");
  tls::present_evidence(state_->context.get(), servers.presentation);
  tls::demand_evidence(state_->context.get(), servers.demand);
  state_->servers = std::move(servers);
}

FreshnessClient::~FreshnessClient() = default;

std::optional<Anchor> FreshnessClient::current(const VolumeId& volume) {
  const Reply reply = state_->ask({Operation::get, state_->servers.scope, volume, {}, {}});
  if (reply.status != Status::done) State::refuse(reply.status);
  return reply.current;
}

void FreshnessClient::advance(const VolumeId& volume, const std::optional<Anchor>& from, const Anchor& to) {
  if (to.generation == 0 || to.state.is_zero() || (from && from->generation >= to.generation)) {
    throw SdkError(ErrorCode::bad_argument, "an anchor goes forwards: " + text_of(from) + " to " + text_of(to));
  }
  const Reply reply = state_->ask({Operation::advance, state_->servers.scope, volume, from, to});
  if (reply.status == Status::conflict) {
    throw FreshnessConflict(reply.current, "the volume's anchor is " + text_of(reply.current) + ", not " + text_of(from) +
                                               ": somebody else uses a copy of it, or it was turned back");
  }
  if (reply.status != Status::done || reply.current != to) State::refuse(reply.status);
}

}  // namespace sgxx
