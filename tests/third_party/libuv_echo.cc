// SPDX-License-Identifier: Apache-2.0
//
// libuv: an echo server and twenty clients on one loop, timers, work on its thread pool, a wake-up from another thread.
// sgxx-test: flags -luv_a
// sgxx-test: needs libuv_a.a

#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "check.h"

namespace {

constexpr int kClients = 20;

uv_tcp_t server;
int finished = 0, served = 0;
long echoed = 0;

void allocate(uv_handle_t*, size_t suggested, uv_buf_t* buffer) {
  *buffer = uv_buf_init(static_cast<char*>(std::malloc(suggested)), static_cast<unsigned>(suggested));
}

void free_handle(uv_handle_t* handle) { std::free(handle); }

struct Write {
  uv_write_t request;
  std::string bytes;
};

void write_to(uv_stream_t* stream, std::string bytes) {
  auto* const write = new Write{{}, std::move(bytes)};
  const uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  CHECK(uv_write(&write->request, stream, &buffer, 1, [](uv_write_t* request, int status) {
          CHECK(status == 0);
          delete reinterpret_cast<Write*>(request);
        }) == 0);
}

void on_server_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* buffer) {
  if (length > 0) write_to(stream, std::string(buffer->base, static_cast<size_t>(length)));
  std::free(buffer->base);
  if (length >= 0) return;
  CHECK(length == UV_EOF);
  uv_close(reinterpret_cast<uv_handle_t*>(stream), free_handle);
  if (++served == kClients) uv_close(reinterpret_cast<uv_handle_t*>(&server), nullptr);
}

void on_connection(uv_stream_t* listening, int status) {
  CHECK(status == 0);
  auto* const connection = static_cast<uv_tcp_t*>(std::malloc(sizeof(uv_tcp_t)));
  CHECK(uv_tcp_init(listening->loop, connection) == 0);
  CHECK(uv_accept(listening, reinterpret_cast<uv_stream_t*>(connection)) == 0);
  CHECK(uv_tcp_nodelay(connection, 1) == 0 && uv_tcp_keepalive(connection, 1, 60) == 0);
  CHECK(uv_read_start(reinterpret_cast<uv_stream_t*>(connection), allocate, on_server_read) == 0);
}

void on_client_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* buffer) {
  CHECK(length > 0);
  echoed += length;
  auto& left = *static_cast<long*>(stream->data);
  left -= length;
  std::free(buffer->base);
  if (left != 0) return;
  delete &left;
  ++finished;
  uv_close(reinterpret_cast<uv_handle_t*>(stream), free_handle);
}

void on_connected(uv_connect_t* request, int status) {
  CHECK(status == 0);
  uv_stream_t* const stream = request->handle;
  constexpr long kBytes = 100000;
  stream->data = new long(kBytes);
  CHECK(uv_read_start(stream, allocate, on_client_read) == 0);
  write_to(stream, std::string(kBytes, 'u'));
  delete request;
}

void echo(uv_loop_t* loop) {
  sockaddr_in address{};
  CHECK(uv_ip4_addr("127.0.0.1", 0, &address) == 0);
  CHECK(uv_tcp_init(loop, &server) == 0 && uv_tcp_bind(&server, reinterpret_cast<sockaddr*>(&address), 0) == 0);
  CHECK(uv_listen(reinterpret_cast<uv_stream_t*>(&server), 64, on_connection) == 0);
  int length = sizeof(address);
  CHECK(uv_tcp_getsockname(&server, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  for (int i = 0; i < kClients; ++i) {
    auto* const client = static_cast<uv_tcp_t*>(std::malloc(sizeof(uv_tcp_t)));
    CHECK(uv_tcp_init(loop, client) == 0);
    CHECK(uv_tcp_connect(new uv_connect_t, client, reinterpret_cast<sockaddr*>(&address), on_connected) == 0);
  }
  CHECK(uv_run(loop, UV_RUN_DEFAULT) == 0);
  std::printf("%d clients, %d served, %ld bytes\n", finished, served, echoed);
}

void others(uv_loop_t* loop) {
  static int ticks = 0, works = 0, wakes = 0;
  uv_timer_t timer;
  CHECK(uv_timer_init(loop, &timer) == 0);
  CHECK(uv_timer_start(
            &timer,
            [](uv_timer_t* self) {
              if (++ticks == 5) uv_close(reinterpret_cast<uv_handle_t*>(self), nullptr);
            },
            2, 2) == 0);
  uv_work_t work[4];
  for (uv_work_t& one : work) {
    CHECK(uv_queue_work(
              loop, &one, [](uv_work_t*) {}, [](uv_work_t*, int status) { works += status == 0 ? 1 : 0; }) == 0);
  }
  uv_async_t async;
  CHECK(uv_async_init(loop, &async, [](uv_async_t* self) {
          ++wakes;
          uv_close(reinterpret_cast<uv_handle_t*>(self), nullptr);
        }) == 0);
  std::thread sender([&async] { CHECK(uv_async_send(&async) == 0); });
  CHECK(uv_run(loop, UV_RUN_DEFAULT) == 0);
  sender.join();
  std::printf("%d ticks, %d works, %d wakes\n", ticks, works, wakes);
}

}  // namespace

int main() {
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  echo(&loop);
  others(&loop);
  CHECK(uv_loop_close(&loop) == 0);
}
