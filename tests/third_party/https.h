// SPDX-License-Identifier: Apache-2.0
//
// A small HTTPS server over OpenSSL and sockets, in two makes. Each answers every request of a connection with the same page.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace https {

inline const std::string& answer() {
  static const std::string text = [] {
    const std::string page(1024, 'p');
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(page.size()) + "\r\n\r\n" + page;
  }();
  return text;
}

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// Takes whole requests off the front of `input`; how many.
inline int take_requests(std::string& input) {
  int count = 0;
  for (size_t end = 0; (end = input.find("\r\n\r\n")) != std::string::npos; ++count) input.erase(0, end + 4);
  return count;
}

/// A listening socket, and a context with a key and a certificate made here.
class Listener {
 public:
  explicit Listener(uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), context_(SSL_CTX_new(TLS_server_method())) {
    const int on = 1;
    sockaddr_in address = loopback(port);
    CHECK(setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
    CHECK(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && listen(socket_, 512) == 0);
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    CHECK(SSL_CTX_use_certificate(context_, certificate) == 1 && SSL_CTX_use_PrivateKey(context_, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    close(socket_);
    SSL_CTX_free(context_);
  }
  int socket() const { return socket_; }
  SSL_CTX* context() const { return context_; }
  uint16_t port() const {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    CHECK(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    return ntohs(address.sin_port);
  }

 private:
  int socket_;
  SSL_CTX* context_;
};

/// A thread for each connection, and sockets that block. It ends when the listener is shut down, after its connections.
class ThreadServer {
 public:
  explicit ThreadServer(SSL_CTX* context) : context_(context) {}
  void run(int listening) {
    for (;;) {
      const int connection = accept(listening, nullptr, nullptr);
      if (connection < 0) break;
      {
        const std::lock_guard lock(mutex_);
        ++live_;
      }
      std::thread([this, connection] { serve(connection); }).detach();
    }
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return live_ == 0; });
  }
  std::atomic<int> requests{0};

 private:
  void serve(int connection) {
    const int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    SSL* const ssl = SSL_new(context_);
    SSL_set_fd(ssl, connection);
    if (SSL_accept(ssl) == 1) {
      std::string input;
      char buffer[4096];
      for (int length = 0; (length = SSL_read(ssl, buffer, sizeof(buffer))) > 0;) {
        input.append(buffer, static_cast<size_t>(length));
        for (int left = take_requests(input); left > 0; --left) {
          if (SSL_write(ssl, answer().data(), static_cast<int>(answer().size())) <= 0) break;
          requests.fetch_add(1);
        }
      }
    }
    SSL_free(ssl);
    ERR_clear_error();
    close(connection);
    const std::lock_guard lock(mutex_);
    if (--live_ == 0) ended_.notify_all();
  }
  SSL_CTX* context_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int live_ = 0;
};

/// One thread, one epoll, sockets that don't block.
class EpollServer {
 public:
  explicit EpollServer(SSL_CTX* context) : context_(context), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
  EpollServer(const EpollServer&) = delete;
  EpollServer& operator=(const EpollServer&) = delete;
  ~EpollServer() { close(epoll_); }

  void run(int listening) {
    CHECK(fcntl(listening, F_SETFL, O_NONBLOCK) == 0);
    watch(listening, EPOLL_CTL_ADD, EPOLLIN);
    bool open = true;
    while (open || !connections_.empty()) {
      epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, -1);
      CHECK(count > 0);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listening) {
          open = take(listening);
          if (!open) epoll_ctl(epoll_, EPOLL_CTL_DEL, listening, nullptr);
        } else if (!serve(events[i].data.fd)) {
          finish(events[i].data.fd);
        }
      }
    }
  }
  std::atomic<int> requests{0};

 private:
  struct Connection {
    SSL* ssl;
    std::string input;
    int unanswered = 0;
    uint32_t waits_for = EPOLLIN;
  };

  void watch(int file, int operation, uint32_t conditions) {
    epoll_event event{};
    event.events = conditions;
    event.data.fd = file;
    CHECK(epoll_ctl(epoll_, operation, file, &event) == 0);
  }

  /// False when the listener has been shut down.
  bool take(int listening) {
    for (;;) {
      const int connection = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (connection < 0) return errno == EAGAIN;
      const int on = 1;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      SSL* const ssl = SSL_new(context_);
      SSL_set_fd(ssl, connection);
      SSL_set_accept_state(ssl);
      connections_[connection] = {ssl, {}, 0, EPOLLIN};
      watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    }
  }

  /// False when the connection is over.
  bool serve(int file) {
    Connection& connection = connections_.at(file);
    char buffer[4096];
    for (;;) {
      int result = 0;
      if (connection.unanswered != 0) {
        result = SSL_write(connection.ssl, answer().data(), static_cast<int>(answer().size()));
        if (result > 0) {
          --connection.unanswered;
          requests.fetch_add(1);
        }
      } else {
        result = SSL_read(connection.ssl, buffer, sizeof(buffer));
        if (result > 0) {
          connection.input.append(buffer, static_cast<size_t>(result));
          connection.unanswered = take_requests(connection.input);
        }
      }
      if (result <= 0) return wait_for(file, connection, SSL_get_error(connection.ssl, result));
    }
  }

  bool wait_for(int file, Connection& connection, int error) {
    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
    const uint32_t wanted = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    if (wanted != connection.waits_for) watch(file, EPOLL_CTL_MOD, wanted);
    connection.waits_for = wanted;
    return true;
  }

  void finish(int file) {
    SSL_free(connections_.at(file).ssl);
    connections_.erase(file);
    close(file);
  }

  SSL_CTX* context_;
  int epoll_;
  std::map<int, Connection> connections_;
};

}  // namespace https
