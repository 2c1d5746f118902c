// SPDX-License-Identifier: Apache-2.0
#include "freshness/connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace sgxx::freshness {
namespace {

constexpr std::size_t kLengthSize = 4;

/// Throws what the last call on a connection failed of.
[[noreturn]] void broken(const std::string& what) {
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  // An alert of the other side's.
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
    throw SdkError(ErrorCode::refused_by_peer, what + ": the other side refuses: " + ERR_reason_error_string(error));
  }
  throw SdkError(ErrorCode::connection_broken, what + ": the connection broke, or nothing came in time");
}

void set_limit(int socket, int option, Connection::Limit limit) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  const timeval value{seconds.count(), std::chrono::microseconds(limit - seconds).count()};
  ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return std::nullopt;
  }
  const bool digits = std::ranges::all_of(port, [](char letter) { return letter >= '0' && letter <= '9'; });
  if (host.empty() || port.empty() || port.size() > 5 || !digits) return std::nullopt;
  return Address{std::string(host), std::string(port)};
}

Connection::Connection(SSL_CTX* context, int socket, Limit limit) : socket_(socket), tls_(SSL_new(context)) {
  if (tls_ == nullptr || SSL_set_fd(tls_.get(), socket) != 1) {
    ::close(socket);
    throw SdkError(ErrorCode::cryptography, "OpenSSL could not make a connection");
  }
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  set_limit(socket, SO_SNDTIMEO, limit);
  set_limit(socket, SO_RCVTIMEO, limit);
}

Connection::Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)), tls_(std::move(other.tls_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(tls_, other.tls_);
  return *this;
}

Connection::~Connection() {
  if (socket_ < 0) return;
  SSL_shutdown(tls_.get());
  ERR_clear_error();
  ::close(socket_);
}

Connection Connection::connect(SSL_CTX* context, const Address& address, Limit limit) {
  const std::string name = address.host + ":" + address.port;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &list); error != 0) {
    throw SdkError(ErrorCode::unavailable, name + ": cannot find its address: " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  int connected = -1;
  for (const addrinfo* one = list; one != nullptr && connected < 0; one = one->ai_next) {
    const int socket = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (socket < 0) continue;
    set_limit(socket, SO_SNDTIMEO, limit);  // that of connecting, too
    if (::connect(socket, one->ai_addr, one->ai_addrlen) == 0) {
      connected = socket;
    } else {
      ::close(socket);
    }
  }
  if (connected < 0) throw SdkError(ErrorCode::unavailable, name + ": cannot connect");
  Connection connection(context, connected, limit);
  ERR_clear_error();
  if (SSL_connect(connection.tls_.get()) != 1) {
    const std::string why = tls::refusal_of(connection.tls_.get());
    if (!why.empty()) {
      ERR_clear_error();
      throw SdkError(ErrorCode::not_accepted, name + ": " + why);
    }
    broken(name);
  }
  connection.bind(name);
  return connection;
}

/// What a TLS key that leaked would be good for is nothing: both sides give a quote about this very connection.
void Connection::bind(const std::string& name) {
  try {
    ERR_clear_error();
    tls::bind_to_channel(tls_.get());
  } catch (const SdkError& error) {
    if (error.code() != ErrorCode::connection_broken) throw;
    broken(name);  // it may have been the other side that ended it, because it does not accept this one
  }
}

Connection Connection::accept(SSL_CTX* context, int socket, Limit limit) {
  Connection connection(context, socket, limit);
  ERR_clear_error();
  if (SSL_accept(connection.tls_.get()) != 1) {
    const std::string why = tls::refusal_of(connection.tls_.get());
    ERR_clear_error();
    if (!why.empty()) throw SdkError(ErrorCode::not_accepted, why);
    throw SdkError(ErrorCode::connection_broken, "no handshake");
  }
  connection.bind("a client");
  return connection;
}

void Connection::wait_at_most(Limit limit) { set_limit(socket_, SO_RCVTIMEO, limit); }

void Connection::send(ByteView body) {
  SecretBytes frame(kLengthSize + body.size());
  for (std::size_t i = 0; i < kLengthSize; ++i) frame.bytes()[i] = static_cast<u8>(body.size() >> (8 * i));
  std::ranges::copy(body, frame.bytes().begin() + kLengthSize);
  ERR_clear_error();
  // Without SSL_MODE_ENABLE_PARTIAL_WRITE all or nothing.
  if (SSL_write(tls_.get(), frame.bytes().data(), static_cast<int>(frame.size())) <= 0) broken("sending");
}

/// False at the end.
bool Connection::read_all(ByteSpan bytes) {
  for (std::size_t have = 0; have < bytes.size();) {
    ERR_clear_error();
    const int count = SSL_read(tls_.get(), bytes.data() + have, static_cast<int>(bytes.size() - have));
    if (count <= 0) {
      if (have == 0 && SSL_get_error(tls_.get(), count) == SSL_ERROR_ZERO_RETURN) return false;
      broken("receiving");
    }
    have += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<SecretBytes> Connection::receive() {
  std::array<u8, kLengthSize> head;
  if (!read_all(head)) return std::nullopt;
  u32 length = 0;
  for (std::size_t i = 0; i < kLengthSize; ++i) length |= u32{head[i]} << (8 * i);
  if (length > kMostBody) throw SdkError(ErrorCode::connection_broken, "receiving: a body that is too long");
  SecretBytes body(length);
  if (!read_all(body.bytes())) throw SdkError(ErrorCode::connection_broken, "receiving: the connection ended early");
  return body;
}

}  // namespace sgxx::freshness
