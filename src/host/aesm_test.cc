// SPDX-License-Identifier: Apache-2.0
//
// The AESM client against a stand-in that plays the service, one connection a request, and keeps what it was asked.
#include "host/aesm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "host/protobuf.h"

namespace sgxx::host {
namespace {

using Bytes = std::vector<u8>;

TEST(Protobuf, EncodesAsTheSpecificationsExamplesSay) {
  EXPECT_THAT(ProtobufWriter().number(1, 150).message(), testing::ElementsAre(0x08, 0x96, 0x01));
  const Bytes text = {'t', 'e', 's', 't', 'i', 'n', 'g'};
  EXPECT_THAT(ProtobufWriter().bytes(2, text).message(),
              testing::ElementsAre(0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67));
}

TEST(Protobuf, ReadsWhatItKnowsAndSkipsTheRest) {
  const Bytes bytes = {0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 0x96, 0x01, 0x7a, 0x01, 0xff, 0x08, 0x07};
  const auto message = ProtobufMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->number(1), 7u);  // the last one
  EXPECT_EQ((*message->bytes(15))[0], 0xff);
  EXPECT_FALSE(message->number(15));
}

TEST(Protobuf, RefusesWhatIsCutOffOrMalformed) {
  const Bytes whole = {0x08, 0x96, 0x01, 0x12, 0x02, 'a', 'b', 0x0d, 1, 2, 3, 4};
  for (const size_t length : {1u, 2u, 4u, 5u, 6u, 8u, 11u}) {
    EXPECT_FALSE(ProtobufMessage::parse(ByteView(whole).first(length))) << length;
  }
  EXPECT_FALSE(ProtobufMessage::parse(Bytes{0x00, 0x01}));  // field 0
  EXPECT_FALSE(ProtobufMessage::parse(Bytes{0x0b}));        // a group
  EXPECT_FALSE(ProtobufMessage::parse(Bytes(11, 0xff)));    // a number without end
  EXPECT_FALSE(ProtobufMessage::parse(Bytes{0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

/// Answers each request with what `answer` makes of it.
class StandIn {
 public:
  using Answer = std::function<Bytes(const ProtobufMessage&)>;

  explicit StandIn(Answer answer) : answer_(std::move(answer)) {
    folder_ = std::filesystem::temp_directory_path() / "sgxx-aesm-XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().data(), path().size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~StandIn() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return folder_ + "/aesm.socket"; }
  std::vector<Bytes> requests;  // complete once the client has its answers

 private:
  void serve() {
    for (int fd; (fd = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(fd)) {
      u32 length = 0;
      if (::recv(fd, &length, sizeof(length), MSG_WAITALL) != sizeof(length)) continue;
      Bytes request(length);
      if (::recv(fd, request.data(), length, MSG_WAITALL) != static_cast<ssize_t>(length)) continue;
      requests.push_back(request);
      const Bytes reply = answer_(*ProtobufMessage::parse(request));
      length = static_cast<u32>(reply.size()) + extra_length;
      ::send(fd, &length, sizeof(length), MSG_NOSIGNAL);
      ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
  }

  Answer answer_;
  std::string folder_;
  int socket_ = -1;
  std::thread thread_;

 public:
  u32 extra_length = 0;
};

Bytes key_id(u32 algorithm, u8 mark) {
  Bytes id(256, mark);
  std::memcpy(id.data() + 154, &algorithm, 4);
  return id;
}

Bytes two_keys() {
  Bytes ids = key_id(0, 0xee);  // EPID
  const Bytes ecdsa = key_id(2, 0xec);
  ids.insert(ids.end(), ecdsa.begin(), ecdsa.end());
  return ids;
}

Bytes response(u32 kind, const ProtobufWriter& content) { return ProtobufWriter().bytes(kind, content.message()).message(); }
ProtobufWriter success() { return ProtobufWriter().number(1, 0); }

isa::TargetInfo target() {
  isa::TargetInfo info{};
  info.measurement.fill(0x3e);
  return info;
}

Bytes honest(const ProtobufMessage& request) {
  if (request.bytes(21)) return response(21, success().number(2, 2));
  if (request.bytes(22)) return response(22, success().bytes(2, two_keys()));
  if (request.bytes(15)) return response(15, success().bytes(2, as_bytes_of(target())).number(3, 32).bytes(4, Bytes(32, 9)));
  if (request.bytes(16)) return response(16, success().number(2, 4000));
  return response(17, success().bytes(2, Bytes(4000, 0x51)));
}

isa::Report report() {
  isa::Report made{};
  made.body.mr_enclave.fill(0x77);
  made.mac.fill(0x88);
  return made;
}

TEST(Aesm, AsksInOrderWithEveryField) {
  StandIn service(honest);
  AesmService client(service.path(), std::chrono::seconds(5));
  const auto found = client.target();
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(found->measurement, target().measurement);
  const auto quote = client.quote(report());
  ASSERT_TRUE(quote.ok()) << quote.error().message();
  EXPECT_EQ(*quote, Bytes(4000, 0x51));

  ASSERT_EQ(service.requests.size(), 5u);
  // GetSupportedAttKeyIDNumRequest { timeout: 5000000 }, byte for byte.
  EXPECT_THAT(service.requests[0], testing::ElementsAre(0xaa, 0x01, 0x05, 0x48, 0xc0, 0x96, 0xb1, 0x02));
  const auto content = [&service](size_t index, u32 kind) {
    static std::vector<Bytes> kept;
    const ByteView inner = ProtobufMessage::parse(service.requests[index])->bytes(kind).value();
    kept.emplace_back(inner.begin(), inner.end());
    return *ProtobufMessage::parse(kept.back());
  };
  const auto as_bytes = [](ByteView view) { return Bytes(view.begin(), view.end()); };
  EXPECT_EQ(content(1, 22).number(1), 512u);
  const auto initialize = content(2, 15);
  EXPECT_EQ(as_bytes(*initialize.bytes(1)), key_id(2, 0xec));
  EXPECT_EQ(initialize.number(3), 1u);
  EXPECT_EQ(initialize.number(4), 32u);
  EXPECT_EQ(initialize.number(9), 5'000'000u);
  EXPECT_EQ(as_bytes(*content(3, 16).bytes(1)), key_id(2, 0xec));
  const auto get = content(4, 17);
  EXPECT_EQ(as_bytes(*get.bytes(1)), as_bytes(as_bytes_of(report())));
  EXPECT_EQ(get.bytes(1)->size(), 432u);
  EXPECT_EQ(as_bytes(*get.bytes(2)), key_id(2, 0xec));
  EXPECT_EQ(get.number(4), 4000u);
  EXPECT_FALSE(get.bytes(3));
}

/// The message of what `use` comes to when the answer to requests of `kind` is `answer`.
template <class Use>
std::string refusal(u32 kind, const Bytes& answer, Use use) {
  StandIn service([&](const ProtobufMessage& request) { return request.bytes(kind) ? answer : honest(request); });
  AesmService client(service.path(), std::chrono::seconds(2));
  const auto outcome = use(client);
  return outcome.ok() ? "accepted" : outcome.error().message();
}

std::string refused_target(u32 kind, const Bytes& answer) {
  return refusal(kind, answer, [](AesmService& client) { return client.target(); });
}
std::string refused_quote(u32 kind, const Bytes& answer) {
  return refusal(kind, answer, [](AesmService& client) { return client.quote(report()); });
}

TEST(Aesm, RefusesAnswersThatCannotBeRight) {
  using testing::HasSubstr;
  EXPECT_THAT(refused_target(15, response(15, ProtobufWriter().number(1, 42))), HasSubstr("error 42"));
  EXPECT_THAT(refused_target(15, response(15, success().bytes(2, Bytes(511)))), HasSubstr("identity"));
  EXPECT_THAT(refused_target(15, response(16, success())), HasSubstr("what was asked for"));
  EXPECT_THAT(refused_target(15, {0xff}), HasSubstr("what was asked for"));
  EXPECT_THAT(refused_target(15, {}), HasSubstr("what was asked for"));
  EXPECT_THAT(refused_target(21, response(21, success().number(2, 65))), HasSubstr("number of keys"));
  EXPECT_THAT(refused_target(22, response(22, success().bytes(2, key_id(0, 1)))), HasSubstr("no ECDSA attestation key"));
  EXPECT_THAT(refused_target(22, response(22, success().bytes(2, Bytes(255, 2)))), HasSubstr("no ECDSA attestation key"));
  EXPECT_THAT(refused_quote(16, response(16, success().number(2, 1 << 20))), HasSubstr("size"));
  EXPECT_THAT(refused_quote(17, response(17, success().bytes(2, Bytes(4001)))), HasSubstr("size"));
  EXPECT_THAT(refused_quote(17, response(17, success())), HasSubstr("size"));
}

TEST(Aesm, DoesNotWaitForBytesThatNeverCome) {
  StandIn service(honest);
  service.extra_length = 1;
  AesmService client(service.path(), std::chrono::seconds(1));
  EXPECT_EQ(client.target().error().kind(), ErrorKind::system);
  service.extra_length = 1 << 30;
  EXPECT_EQ(client.target().error().kind(), ErrorKind::system);
}

TEST(Aesm, SaysWhatIsMissing) {
  AesmService client("/nonexistent/aesm.socket");
  EXPECT_EQ(client.target().error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(client.target().error().message(), testing::HasSubstr("/nonexistent/aesm.socket"));
}

}  // namespace
}  // namespace sgxx::host
