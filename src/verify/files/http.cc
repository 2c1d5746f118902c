// SPDX-License-Identifier: Apache-2.0
#include "verify/files/http.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "verify/crypto.h"

namespace sgxx::verify {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{4} << 20;
constexpr std::size_t kMostHeaders = 100;

struct Url {
  bool tls = false;
  std::string host, port, path;
};

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
  } else if (!text.starts_with("http://")) {
    return std::nullopt;
  }
  text.remove_prefix(url.tls ? 8 : 7);
  // A line break would begin another header.
  if (std::ranges::any_of(text, [](char letter) { return letter <= ' ' || letter >= 0x7f; })) return std::nullopt;
  auto authority = text.substr(0, text.find('/'));
  url.path = text.substr(authority.size());
  if (url.path.empty()) url.path = "/";
  url.port = url.tls ? "443" : "80";
  const auto colon = authority.rfind(':');
  if (colon != authority.npos && authority.find(']', colon) == authority.npos) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  if (url.host.empty() || url.port.empty() || url.host.find('@') != url.host.npos) return std::nullopt;
  return url;
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<Socket> connect_to(const Url& url, std::chrono::seconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list);
  if (error != 0) return unsupported(url.host + ": cannot find its address: " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  const timeval limit{timeout.count(), 0};
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol));
    if (socket.get() < 0) continue;
    // The limit of sending is that of connecting, too.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) return socket;
  }
  return system_error("cannot connect to " + url.host + ":" + url.port);
}

/// A connection, with or without TLS.
class Connection {
 public:
  using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
  using Session = std::unique_ptr<SSL, Free<SSL_free>>;

  static Result<Connection> open(const Url& url, const HttpOptions& options) {
    Connection connection(TRY(connect_to(url, options.timeout)));
    if (url.tls) TRY(connection.start_tls(url, options));
    return connection;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto count = session_ != nullptr ? SSL_write(session_.get(), text.data(), static_cast<int>(text.size()))
                                             : ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Bytes that were read; 0 at the end, negative when it broke.
  std::ptrdiff_t receive(std::span<u8> buffer) {
    if (session_ == nullptr) return ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    const int count = SSL_read(session_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (count > 0) return count;
    return SSL_get_error(session_.get(), count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }

 private:
  explicit Connection(Socket socket) : socket_(std::move(socket)) {}

  Result<void> start_tls(const Url& url, const HttpOptions& options) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    const bool trusts = options.authorities.empty() ? SSL_CTX_set_default_verify_paths(context_.get()) == 1
                                                    : SSL_CTX_load_verify_file(context_.get(), options.authorities.c_str()) == 1;
    if (!trusts) return bad_input(options.authorities + ": expected certificates in PEM");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    session_.reset(SSL_new(context_.get()));
    SSL_set_tlsext_host_name(session_.get(), url.host.c_str());
    SSL_set1_host(session_.get(), url.host.c_str());
    SSL_set_fd(session_.get(), socket_.get());
    if (SSL_connect(session_.get()) == 1) return {};
    const long reason = SSL_get_verify_result(session_.get());
    const std::string why = reason != X509_V_OK ? X509_verify_cert_error_string(reason) : "the handshake failed";
    ERR_clear_error();
    return unsupported(url.host + ": TLS: " + why);
  }

  Socket socket_;
  Context context_;
  Session session_;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 0x20) : letter; });
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Result<void> check_length(const HttpAnswer& answer) {
  if (answer.header("transfer-encoding") != nullptr) return bad_input("the answer comes in chunks, which nobody asked for");
  const auto* length = answer.header("content-length");
  if (length == nullptr) return {};
  std::size_t value = 0;
  auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), value);
  if (error != std::errc() || end != length->data() + length->size() || value != answer.body.size()) {
    return bad_input("the answer has not the length that it says");
  }
  return {};
}

}  // namespace

const std::string* HttpAnswer::header(std::string_view name) const {
  auto found = std::ranges::find(headers, name, &Header::name);
  return found == headers.end() ? nullptr : &found->value;
}

Result<HttpAnswer> parse_http_answer(ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto end_of_head = text.find("\r\n\r\n");
  if (end_of_head == text.npos || !text.starts_with("HTTP/1.")) return bad_input("the answer is not HTTP");
  auto head = text.substr(0, end_of_head);
  HttpAnswer answer;
  const auto status = head.substr(0, head.find("\r\n"));
  auto [end, error] =
      std::from_chars(status.data() + std::min<std::size_t>(9, status.size()), status.data() + status.size(), answer.status);
  if (error != std::errc() || answer.status < 100 || answer.status > 599) return bad_input("the answer has no status");
  head.remove_prefix(status.size());
  while (head.starts_with("\r\n")) {
    head.remove_prefix(2);
    const auto line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(':');
    const bool has_control = std::ranges::any_of(line, [](char letter) { return letter >= 0 && letter < ' ' && letter != '\t'; });
    if (colon == line.npos || has_control || answer.headers.size() == kMostHeaders)
      return bad_input("the answer's headers are broken");
    answer.headers.push_back({lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    head.remove_prefix(line.size());
  }
  const auto body = bytes.subspan(end_of_head + 4);
  answer.body.assign(body.begin(), body.end());
  TRY(check_length(answer));
  return answer;
}

namespace {

/// Sends a request of version 1.0: the answer comes whole, and the connection's end is its end.
Result<HttpAnswer> exchange(const std::string& text, std::string_view method, std::string_view headers, std::string_view body,
                            const HttpOptions& options) {
  auto url = parse_url(text);
  if (!url) return bad_input(text + ": expected a URL such as https://localhost:8081");
  const auto deadline = std::chrono::steady_clock::now() + options.timeout;
  auto connection = TRY(Connection::open(*url, options));
  const auto host = url->host.find(':') == url->host.npos ? url->host : "[" + url->host + "]";
  std::string request(method);
  request.append(" ").append(url->path).append(" HTTP/1.0\r\nHost: ").append(host).append(":").append(url->port);
  request.append("\r\nAccept: */*\r\nConnection: close\r\n").append(headers).append("\r\n").append(body);
  if (!connection.send(request)) return system_error(url->host + ": cannot send");
  std::vector<u8> bytes;
  std::array<u8, 16384> buffer;
  for (;;) {
    const auto count = connection.receive(buffer);
    if (count < 0) return unsupported(url->host + ": the connection broke, or nothing came in time");
    if (count == 0) break;
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + count);
    if (bytes.size() > kLargestAnswer) return bad_input(url->host + ": the answer is too long");
    if (std::chrono::steady_clock::now() > deadline) return unsupported(url->host + ": the answer takes too long");
  }
  auto answer = parse_http_answer(bytes);
  if (!answer) return Failure{std::move(answer.error()).with_context(text)};
  return answer;
}

}  // namespace

Result<HttpAnswer> http_get(const std::string& url, const HttpOptions& options) { return exchange(url, "GET", "", "", options); }

Result<HttpAnswer> http_post_json(const std::string& url, std::string_view body, const HttpOptions& options) {
  const std::string headers = "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return exchange(url, "POST", headers, body, options);
}

}  // namespace sgxx::verify
