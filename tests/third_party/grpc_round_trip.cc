// SPDX-License-Identifier: Apache-2.0
//
// gRPC: unary round trips and a stream between a server and clients in one program, over HTTP/2 on loopback. Messages are plain
// bytes, so that no generated code is needed. `grpc_round_trip serve` is the server alone: it prints its port and ends when
// standard input does; `grpc_round_trip ask PORT` is the client.
// sgxx-test: flags -lgrpc++ -lgrpc -laddress_sorting -lre2 -lupb -lcares -lz -lgpr -lssl -lcrypto
// sgxx-test: flags -labsl_raw_hash_set -labsl_hashtablez_sampler -labsl_hash -labsl_city -labsl_low_level_hash
// sgxx-test: flags -labsl_random_distributions -labsl_random_seed_sequences -labsl_random_internal_pool_urbg
// sgxx-test: flags -labsl_random_internal_randen -labsl_random_internal_randen_hwaes
// sgxx-test: flags -labsl_random_internal_randen_hwaes_impl -labsl_random_internal_randen_slow
// sgxx-test: flags -labsl_random_internal_platform -labsl_random_internal_seed_material
// sgxx-test: flags -labsl_random_seed_gen_exception -labsl_statusor -labsl_status -labsl_cord -labsl_cordz_info
// sgxx-test: flags -labsl_cord_internal -labsl_cordz_functions -labsl_exponential_biased -labsl_cordz_handle
// sgxx-test: flags -labsl_bad_optional_access -labsl_strerror -labsl_str_format_internal -labsl_synchronization
// sgxx-test: flags -labsl_graphcycles_internal -labsl_stacktrace -labsl_symbolize -labsl_debugging_internal
// sgxx-test: flags -labsl_demangle_internal -labsl_malloc_internal -labsl_time -labsl_civil_time -labsl_strings
// sgxx-test: flags -labsl_strings_internal -latomic -labsl_base -labsl_spinlock_wait -labsl_int128
// sgxx-test: flags -labsl_throw_delegate -labsl_time_zone -labsl_bad_variant_access -labsl_raw_logging_internal
// sgxx-test: flags -labsl_log_severity
// sgxx-test: needs libgrpc++.a
// sgxx-test: timeout 120

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

grpc::ByteBuffer bytes_of(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string text_of(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  CHECK(bytes.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

/// Answers each message of a call; `/test/Fail` fails.
class Call : public grpc::ServerGenericBidiReactor {
 public:
  explicit Call(const std::string& method) {
    if (method == "/test/Fail") {
      Finish({grpc::StatusCode::NOT_FOUND, "no such thing"});
    } else {
      StartRead(&request_);
    }
  }
  void OnReadDone(bool more) override {
    if (!more) return Finish(grpc::Status::OK);
    reply_ = bytes_of("reply to " + text_of(request_));
    StartWrite(&reply_);
  }
  void OnWriteDone(bool written) override {
    CHECK(written);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_, reply_;
};

class Service : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Call(context->method());
  }
};

/// One call of one message; its status.
grpc::Status ask(grpc::GenericStub& stub, const std::string& method, const std::string& question, std::string& answer) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request = bytes_of(question);
  const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool good = false;
  CHECK(queue.Next(&tag, &good));
  if (status.ok()) answer = text_of(reply);
  return status;
}

void stream(grpc::GenericStub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, "/test/Stream", &queue);
  const auto step = [&queue] {
    void* tag = nullptr;
    bool good = false;
    CHECK(queue.Next(&tag, &good));
    return good;
  };
  call->StartCall(nullptr);
  CHECK(step());
  for (int i = 0; i < 3; ++i) {
    call->Write(bytes_of("message " + std::to_string(i)), nullptr);
    CHECK(step());
    grpc::ByteBuffer reply;
    call->Read(&reply, nullptr);
    CHECK(step());
    std::printf("%s\n", text_of(reply).c_str());
  }
  call->WritesDone(nullptr);
  CHECK(step());
  grpc::Status status;
  call->Finish(&status, nullptr);
  CHECK(step() && status.ok());
}

struct Server {
  Server() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(&service);
    running = builder.BuildAndStart();
    CHECK(running && port != 0);
  }
  Service service;
  int port = 0;
  std::unique_ptr<grpc::Server> running;
};

void ask_all(int port) {
  const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  std::string answer;
  CHECK(ask(stub, "/test/Ask", "a question", answer).ok());
  std::printf("%s\n", answer.c_str());
  const grpc::Status failed = ask(stub, "/test/Fail", "x", answer);
  std::printf("%d %s\n", static_cast<int>(failed.error_code()), failed.error_message().c_str());
  const std::string much(1 << 20, 'g');
  CHECK(ask(stub, "/test/Ask", much, answer).ok() && answer == "reply to " + much);
  stream(stub);
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&stub, &answered] {
      std::string mine;
      for (int k = 0; k < 25; ++k) answered += ask(stub, "/test/Ask", std::to_string(k), mine).ok() ? 1 : 0;
    });
  }
  for (std::thread& client : clients) client.join();
  std::printf("%d answered\n", answered.load());
}

}  // namespace

int main(int count, char** arguments) {
  const std::string role = count > 1 ? arguments[1] : "";
  if (role == "ask") {
    CHECK(count == 3);
    ask_all(std::stoi(arguments[2]));
    return 0;
  }
  Server server;
  if (role == "serve") {
    std::printf("%d\n", server.port);
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
  } else {
    ask_all(server.port);
  }
  server.running->Shutdown();
}
