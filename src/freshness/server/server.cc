// SPDX-License-Identifier: Apache-2.0
#include "freshness/server/server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace sgxx::freshness {
namespace {

/// Counts one connection for as long as it lives.
class Slot {
 public:
  explicit Slot(std::atomic<std::size_t>& count) : count_(&count) { ++count; }
  Slot(Slot&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Slot& operator=(Slot&&) = delete;
  ~Slot() {
    if (count_ != nullptr) --*count_;
  }

 private:
  std::atomic<std::size_t>* count_;
};

}  // namespace

Reply answer(Counters& counters, const verify::EnclaveIdentity& client, const Request& request) {
  const CounterName name{owner_of(client, request.scope), request.volume};
  switch (request.operation) {
    case Operation::get: return counters.get(name);
    case Operation::advance: return counters.advance(name, request.from, request.to.value());
    case Operation::share_key: break;
  }
  return {Status::refused, counters.server(), {}};
}

std::shared_ptr<SSL_CTX> Server::context() {
  const auto now = std::chrono::steady_clock::now();
  if (context_ == nullptr || now - made_ > options_.context_lifetime) {
    try {
      context_ = std::shared_ptr<SSL_CTX>(make_().release(), SSL_CTX_free);
    } catch (const std::exception& error) {
      if (context_ == nullptr) throw;
      options_.log(std::string("collateral stays as it is: ") + error.what());
    }
    made_ = now;
  }
  return context_;
}

/// One request and its reply. False at the end of the connection.
bool Server::converse(Connection& connection, const verify::EnclaveIdentity& client) {
  const auto body = connection.receive();
  if (!body) return false;
  const auto request = decode_request(body->bytes());
  if (!request) {
    const bool other_version = !body->empty() && body->bytes()[0] != kProtocol;
    connection.send(encode(Reply{other_version ? Status::unknown_protocol : Status::malformed, counters_.server(), {}}));
    return false;
  }
  if (request->operation == Operation::share_key && client.mr_enclave == build_) {
    connection.send(encode(Reply{Status::done, counters_.server(), {}}));
    connection.send(key_.bytes());
    options_.log("gave the key to another enclave of this build");
    return true;
  }
  connection.send(encode(answer(counters_, client, *request)));
  return true;
}

void Server::serve(SSL_CTX* context, int socket) {
  try {
    Connection connection = Connection::accept(context, socket, options_.handshake);
    const auto client = connection.peer().enclave;
    if (!client) throw SdkError(ErrorCode::not_accepted, "not an SGX enclave");
    connection.wait_at_most(options_.idle);
    while (converse(connection, *client)) continue;
  } catch (const std::exception& error) {
    options_.log(std::string("connection: ") + error.what());
  }
}

void Server::run(int listener) {
  context();
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK) {
        throw SdkError(ErrorCode::connection_broken, std::string("the listener broke: ") + std::strerror(errno));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // out of descriptors, or a client that left
      continue;
    }
    if (connections_ >= options_.most_connections) {
      options_.log("as many connections as there may be: another one was closed");
      ::close(socket);
      continue;
    }
    try {
      std::thread([this, held = context(), socket, slot = Slot(connections_)] { serve(held.get(), socket); }).detach();
    } catch (const std::system_error& error) {
      options_.log(std::string("no thread for a connection: ") + error.what());
      ::close(socket);
    }
  }
}

int listen_on(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST;
  addrinfo* list = nullptr;
  const std::string name = address.host + ":" + address.port;
  if (::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &list) != 0) {
    throw SdkError(ErrorCode::bad_argument, name + ": expected a numeric address to listen on");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  const int listener = ::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (listener < 0 || ::bind(listener, list->ai_addr, list->ai_addrlen) != 0 || ::listen(listener, 64) != 0) {
    throw SdkError(ErrorCode::bad_argument, name + ": cannot listen: " + std::strerror(errno));
  }
  return listener;
}

std::string port_of(int listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXSERV> port{};
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      ::getnameinfo(reinterpret_cast<sockaddr*>(&address), length, nullptr, 0, port.data(), port.size(), NI_NUMERICSERV) != 0) {
    throw SdkError(ErrorCode::bad_argument, "the listener has no port");
  }
  return port.data();
}

SecretBytes fetch_key(SSL_CTX* context, const Address& server) {
  Connection connection = Connection::connect(context, server, std::chrono::seconds(20));
  connection.send(encode(Request{Operation::share_key, FreshnessScope::build, {}, {}, {}}));
  const auto body = connection.receive();
  const auto reply = body ? decode_reply(body->bytes()) : std::nullopt;
  if (!reply || reply->status != Status::done) {
    throw SdkError(ErrorCode::refused_by_peer, "the other server does not give its key: it is another build");
  }
  auto key = connection.receive();
  if (!key || key->size() != RecordKey::kSize) throw SdkError(ErrorCode::malformed, "the other server's key is none");
  return std::move(*key);
}

}  // namespace sgxx::freshness
