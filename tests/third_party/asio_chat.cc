// SPDX-License-Identifier: Apache-2.0
//
// A chat over Boost.Asio: one server, a hundred clients in the same program, coroutines on two threads. Everybody says something
// and hears everybody; timers, a resolver's numeric answer, cancellation, UDP and a Unix-domain pair besides.
// `asio_chat serve` is the server alone and prints its port; `asio_chat join PORT` are the clients.
// sgxx-test: flags -fcoroutines
// sgxx-test: needs /usr/include/boost/asio.hpp

#include <utility>  // which this version of Asio forgets

#include <boost/asio.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;
using asio::ip::udp;

namespace {

constexpr int kClients = 100;

/// Whoever is connected; on one strand.
struct Member {
  explicit Member(tcp::socket connection) : socket(std::move(connection)), wake(socket.get_executor()) {}
  tcp::socket socket;
  asio::steady_timer wake;
  std::string unsent;
};
std::set<std::shared_ptr<Member>> members;
int joined = 0;

awaitable<void> write_to(std::shared_ptr<Member> member) {
  member->wake.expires_at(std::chrono::steady_clock::time_point::max());
  while (member->socket.is_open()) {
    if (member->unsent.empty()) {
      boost::system::error_code ignored;
      co_await member->wake.async_wait(asio::redirect_error(use_awaitable, ignored));
      continue;
    }
    const std::string bytes = std::move(member->unsent);
    member->unsent.clear();
    co_await asio::async_write(member->socket, asio::buffer(bytes), use_awaitable);
  }
}

awaitable<void> read_from(std::shared_ptr<Member> member) {
  asio::streambuf buffer;
  boost::system::error_code error;
  for (;;) {
    const size_t length =
        co_await asio::async_read_until(member->socket, buffer, '\n', asio::redirect_error(use_awaitable, error));
    if (error) break;
    const std::string line(asio::buffers_begin(buffer.data()), asio::buffers_begin(buffer.data()) + static_cast<long>(length));
    buffer.consume(length);
    for (const auto& other : members) {
      other->unsent += line;
      other->wake.cancel();
    }
  }
  CHECK(error == asio::error::eof || error == asio::error::connection_reset);
  members.erase(member);
  member->socket.close();
  member->wake.cancel();
}

awaitable<void> serve(tcp::acceptor& acceptor) {
  const auto executor = acceptor.get_executor();
  for (; joined < kClients; ++joined) {
    const auto member = std::make_shared<Member>(co_await acceptor.async_accept(use_awaitable));
    member->socket.set_option(tcp::no_delay(true));
    members.insert(member);
    asio::co_spawn(executor, write_to(member), asio::detached);
    asio::co_spawn(executor, read_from(member), asio::detached);
  }
  for (const auto& member : members) {
    member->unsent += "welcome\n";
    member->wake.cancel();
  }
}

std::atomic<long> heard{0};

awaitable<std::string> read_line(tcp::socket& socket, asio::streambuf& buffer) {
  co_await asio::async_read_until(socket, buffer, '\n', use_awaitable);
  std::istream stream(&buffer);
  std::string text;
  std::getline(stream, text);
  co_return text;
}

awaitable<void> client(int number, unsigned short port) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  tcp::resolver resolver(executor);
  const auto found =
      co_await resolver.async_resolve("127.0.0.1", std::to_string(port), tcp::resolver::numeric_host, use_awaitable);
  co_await asio::async_connect(socket, found, use_awaitable);
  asio::streambuf buffer;
  // Nobody speaks before everybody has been let in.
  CHECK(co_await read_line(socket, buffer) == "welcome");
  asio::steady_timer timer(executor, std::chrono::milliseconds(5));
  co_await timer.async_wait(use_awaitable);
  const std::string line = "client " + std::to_string(number) + '\n';
  co_await asio::async_write(socket, asio::buffer(line), use_awaitable);
  std::set<std::string> lines;
  while (lines.size() < kClients) {
    CHECK(lines.insert(co_await read_line(socket, buffer)).second);
    heard.fetch_add(1);
  }
}

/// Both threads until all is done.
void run(asio::io_context& context) {
  std::thread other([&context] { context.run(); });
  context.run();
  other.join();
}

struct Server {
  explicit Server(asio::io_context& context)
      : strand(asio::make_strand(context)), acceptor(strand, {asio::ip::address_v4::loopback(), 0}) {
    acceptor.listen(kClients);
    asio::co_spawn(strand, serve(acceptor), asio::detached);
  }
  asio::strand<asio::io_context::executor_type> strand;
  tcp::acceptor acceptor;
};

void join(asio::io_context& context, unsigned short port) {
  for (int i = 0; i < kClients; ++i) {
    asio::co_spawn(asio::make_strand(context), client(i, port), [](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
    });
  }
}

void chat() {
  asio::io_context context(2);
  Server server(context);
  join(context, server.acceptor.local_endpoint().port());
  run(context);
  std::printf("%ld lines heard\n", heard.load());
}

void others() {
  asio::io_context context;
  udp::socket one(context, {asio::ip::address_v4::loopback(), 0}), two(context, {asio::ip::address_v4::loopback(), 0});
  char buffer[16] = {};
  udp::endpoint from;
  one.send_to(asio::buffer("datagram", 8), two.local_endpoint());
  two.async_receive_from(asio::buffer(buffer), from, [&](boost::system::error_code error, size_t length) {
    CHECK(!error && length == 8 && from == one.local_endpoint());
    std::printf("%s\n", buffer);
  });
  context.run();
  context.restart();
  asio::local::stream_protocol::socket left(context), right(context);
  asio::local::connect_pair(left, right);
  asio::write(left, asio::buffer("pair", 4));
  asio::read(right, asio::buffer(buffer, 4));
  std::printf("%.4s\n", buffer);
  asio::steady_timer limit(context, std::chrono::milliseconds(20));
  left.async_read_some(asio::buffer(buffer), [](boost::system::error_code error, size_t) {
    std::printf("%s\n", error == asio::error::operation_aborted ? "cancelled" : "?");
  });
  limit.async_wait([&left](boost::system::error_code) { left.cancel(); });
  context.run();
  context.restart();
  tcp::socket refused(context);
  tcp::acceptor gone(context, {asio::ip::address_v4::loopback(), 0});
  const auto nobody = gone.local_endpoint();
  gone.close();
  refused.async_connect(nobody, [](boost::system::error_code error) {
    std::printf("%s\n", error == asio::error::connection_refused ? "refused" : "?");
  });
  context.run();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string role = count > 1 ? arguments[1] : "";
  asio::io_context context(2);
  if (role == "serve") {
    Server server(context);
    std::printf("%u\n", server.acceptor.local_endpoint().port());
    std::fflush(stdout);
    run(context);
    std::printf("%d joined\n", joined);
  } else if (role == "join") {
    CHECK(count == 3);
    join(context, static_cast<unsigned short>(std::stoi(arguments[2])));
    run(context);
    std::printf("%ld lines heard\n", heard.load());
  } else {
    chat();
    others();
  }
}
