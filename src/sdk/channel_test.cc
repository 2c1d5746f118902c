// SPDX-License-Identifier: Apache-2.0
//
// Handshakes and records between enclaves of a pretended machine, with somebody in between who changes what he likes.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "sdk/fake_reports.h"
#include "sgxx/random.h"

namespace sgxx::sdk {
namespace {

Identity identity(u8 number) {
  Identity who;
  who.mr_enclave.bytes.fill(number);
  who.mr_signer.bytes.fill(9);
  who.version = SecurityVersion{number};
  who.attributes.flags = Attributes::kInit;
  return who;
}

const Identity kOne = identity(1), kTwo = identity(2);

/// Changes the byte with a number, of all that is read.
class ChangingStream final : public ByteStream {
 public:
  ChangingStream(int descriptor, std::optional<size_t> position, u8 mask)
      : inner_(descriptor), position_(position), mask_(mask) {}
  size_t read(ByteSpan bytes) override {
    const size_t count = inner_.read(bytes);
    if (position_ && *position_ >= at_ && *position_ < at_ + count) bytes[*position_ - at_] ^= mask_;
    at_ += count;
    return count;
  }
  void write(ByteView bytes) override { inner_.write(bytes); }

 private:
  DescriptorStream inner_;
  std::optional<size_t> position_;
  u8 mask_;
  size_t at_ = 0;
};

struct Outcome {
  std::optional<Session> session;
  std::optional<ErrorCode> error;
  std::optional<Refusal> refusal;
};

Outcome outcome_of(const std::function<Session()>& handshake) {
  Outcome outcome;
  try {
    outcome.session.emplace(handshake());
  } catch (const PeerRefused& error) {
    outcome.error = error.code();
    outcome.refusal = error.refusal();
  } catch (const SdkError& error) {
    outcome.error = error.code();
  }
  return outcome;
}

struct Scene {
  Identity one = kOne, two = kTwo;
  u8 machine_of_two = 1;
  PeerPolicy policy_of_one = PeerPolicy().accept(kTwo.mr_enclave), policy_of_two = PeerPolicy().accept(kOne.mr_enclave);
  std::optional<size_t> change_for_one = {}, change_for_two = {};
  u8 mask = 1;
};

struct Pair {
  Outcome one, two;
};

Pair play(const Scene& scene) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Pair pair;
  std::thread other([&] {
    ChangingStream stream(ends[1], scene.change_for_two, scene.mask);
    FakeReports reports(scene.two, scene.machine_of_two);
    pair.two = outcome_of([&] { return handshake_as_responder(stream, scene.policy_of_two, reports); });
  });
  {
    ChangingStream stream(ends[0], scene.change_for_one, scene.mask);
    FakeReports reports(scene.one, 1);
    pair.one = outcome_of([&] { return handshake_as_initiator(stream, scene.policy_of_one, reports); });
  }
  other.join();
  return pair;
}

TEST(Handshake, BothLearnWhoTheOtherIsAndHaveTheSameKeys) {
  Pair pair = play({});
  ASSERT_TRUE(pair.one.session && pair.two.session);
  EXPECT_EQ(pair.one.session->peer.mr_enclave, kTwo.mr_enclave);
  EXPECT_EQ(pair.two.session->peer.mr_enclave, kOne.mr_enclave);
  for (auto [from, to] : {std::pair(&*pair.one.session, &*pair.two.session), std::pair(&*pair.two.session, &*pair.one.session)}) {
    MemoryStream out;
    from->out.write(out, RecordType::message, view_of("text"));
    MemoryStream in(out.output);
    EXPECT_EQ(to->in.read(in).plaintext.text(), "text");
  }
}

TEST(Handshake, WhoIsNotAcceptedIsToldSoOnBothSides) {
  Pair pair = play({.policy_of_one = PeerPolicy().accept(kTwo.mr_signer, ProductId{0}, SecurityVersion{3})});
  EXPECT_EQ(pair.one.refusal, Refusal::old_version);
  EXPECT_EQ(pair.two.error, ErrorCode::refused_by_peer);
  pair = play({.policy_of_two = PeerPolicy().accept(kTwo.mr_enclave)});
  EXPECT_EQ(pair.two.refusal, Refusal::unknown_enclave);
  EXPECT_EQ(pair.one.error, ErrorCode::refused_by_peer);
  Identity debug = kOne;
  debug.attributes.flags |= Attributes::kDebug;
  pair = play({.one = debug});
  EXPECT_EQ(pair.two.refusal, Refusal::debug);
  EXPECT_EQ(pair.one.error, ErrorCode::refused_by_peer);
}

TEST(Handshake, AnotherMachineIsNotAuthentic) { EXPECT_EQ(play({.machine_of_two = 2}).one.error, ErrorCode::not_authentic); }

TEST(Handshake, NoChangedByteGoesUnnoticed) {
  // hello, proof and `accepted` on the one way, answer and `accepted` on the other.
  constexpr size_t kToTwo = 8 + 552 + 8 + 432 + 24, kToOne = 8 + 464 + 24;
  // Each byte, one bit each; a header's length could make the two wait for one another, so only its lowest bits are changed: more
  // is what the fuzzer does.
  const auto skip = [](size_t at, std::initializer_list<size_t> headers) {
    return std::ranges::any_of(headers, [at](size_t header) { return at >= header && at < header + 4; });
  };
  for (size_t at = 0; at < kToTwo; ++at) {
    if (skip(at, {0, 560, 1000})) continue;
    const Pair pair = play({.change_for_two = at, .mask = static_cast<u8>(1u << at % 8)});
    ASSERT_FALSE(pair.two.session) << "byte " << at << " to the responder";
    ASSERT_FALSE(pair.one.session) << "byte " << at << " to the responder";
  }
  for (size_t at = 0; at < kToOne; ++at) {
    if (skip(at, {0, 472})) continue;
    const Pair pair = play({.change_for_one = at, .mask = static_cast<u8>(1u << at % 8)});
    ASSERT_FALSE(pair.one.session) << "byte " << at << " to the initiator";
    // The responder has the last word; whether it arrives it can't know.
    ASSERT_EQ(pair.two.session.has_value(), at >= 472) << "byte " << at << " to the initiator";
  }
}

TEST(Handshake, AReportSentBackToItsMakerIsRefused) {
  // Somebody without an enclave answers with the initiator's own words: its hello has no report, so he needs one; the best that
  // he can get is a proof of another conversation with the same enclave.
  FakeReports self(kOne, 1);
  MemoryStream empty;
  EXPECT_EQ(outcome_of([&] { return handshake_as_initiator(empty, PeerPolicy().accept(kOne.mr_enclave), self); }).error,
            ErrorCode::connection_broken);
  std::vector<u8> hello = empty.output;
  MemoryStream forger;
  std::vector<u8> answer(32, 9);
  const Report proof = self.create(self.own_target(), {});
  answer.insert(answer.end(), proof.bytes().begin(), proof.bytes().end());
  write_record(forger, RecordType::answer, answer);
  MemoryStream replay(forger.output);
  EXPECT_EQ(outcome_of([&] { return handshake_as_initiator(replay, PeerPolicy().accept(kOne.mr_enclave), self); }).error,
            ErrorCode::not_authentic);
}

RecordKeys keys(const KeyLimits& limits = {}) { return RecordKeys(SecretBytes::copy_of(std::array<u8, 32>{1, 2, 3}), limits); }

std::optional<ErrorCode> reading(RecordKeys& in, ByteView bytes) {
  try {
    MemoryStream stream(bytes);
    in.read(stream);
  } catch (const SdkError& error) {
    return error.code();
  }
  return std::nullopt;
}

TEST(Records, OnlyTheNextOneIsTaken) {
  RecordKeys out = keys();
  MemoryStream first, second;
  out.write(first, RecordType::message, view_of("first"));
  out.write(second, RecordType::message, view_of("second"));
  RecordKeys in = keys();
  EXPECT_EQ(reading(in, first.output), std::nullopt);
  RecordKeys skipping = keys(), repeating = keys();
  EXPECT_EQ(reading(skipping, second.output), ErrorCode::not_authentic);
  EXPECT_EQ(reading(repeating, first.output), std::nullopt);
  EXPECT_EQ(reading(repeating, first.output), ErrorCode::not_authentic);
}

TEST(Records, EveryChangedBitAndEveryTruncationIsNoticed) {
  RecordKeys out = keys();
  MemoryStream stream;
  out.write(stream, RecordType::message, view_of("some message"));
  for (size_t bit = 0; bit < stream.output.size() * 8; ++bit) {
    auto changed = stream.output;
    changed[bit / 8] = static_cast<u8>(changed[bit / 8] ^ 1u << bit % 8);
    RecordKeys in = keys();
    ASSERT_NE(reading(in, changed), std::nullopt) << "bit " << bit;
  }
  for (size_t size = 0; size < stream.output.size(); ++size) {
    RecordKeys in = keys();
    ASSERT_EQ(reading(in, ByteView(stream.output).first(size)), ErrorCode::connection_broken);
  }
}

TEST(Records, KeysAreChangedInTimeAndWearOut) {
  const KeyLimits limits{.records = 3, .bytes = 100, .keys = 3};
  RecordKeys out = keys(limits), in = keys(limits), unlimited = keys();
  std::vector<u8> third_without_change;
  // Three small ones, then two of 60 bytes that do not go into one key, and the third key's three.
  for (size_t size : {1, 1, 1, 60, 60, 1, 1}) {
    MemoryStream stream, other;
    const std::vector<u8> text(size, 7);
    out.write(stream, RecordType::message, text);
    unlimited.write(other, RecordType::message, text);
    EXPECT_TRUE(size != 60 || stream.output != other.output);
    MemoryStream input(stream.output);
    EXPECT_TRUE(std::ranges::equal(in.read(input).plaintext.bytes(), text));
  }
  MemoryStream stream;
  try {
    out.write(stream, RecordType::message, {});
    ADD_FAILURE() << "not worn out";
  } catch (const SdkError& error) {
    EXPECT_EQ(error.code(), ErrorCode::worn_out);
  }
  EXPECT_TRUE(stream.output.empty());
}

TEST(Records, AnEmptyRecordIsNoTwoEqualRecords) {
  RecordKeys out = keys();
  MemoryStream one, other;
  out.write(one, RecordType::message, {});
  out.write(other, RecordType::message, {});
  EXPECT_NE(one.output, other.output);
}

}  // namespace
}  // namespace sgxx::sdk
