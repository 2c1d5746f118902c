// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what comes over a channel. The first byte says to whom: an initiator that waits for the answer, a responder, or a
// receiver of encrypted records. Whoever it is, no handshake succeeds, and of the records a prefix of what was sent is received.
#include <algorithm>

#include "fuzz/target.h"
#include "sdk/fake_reports.h"

namespace {

using namespace sgxx;
using namespace sgxx::sdk;

void require(bool promise) {
  if (!promise) std::abort();
}

Identity identity() {
  Identity who;
  who.attributes.flags = Attributes::kInit;
  return who;
}

RecordKeys keys() { return RecordKeys(SecretBytes(32), {.records = 2}); }

constexpr int kMessages = 4;

/// The messages that a receiver may see, as they come over the stream.
const std::vector<u8>& records() {
  static const std::vector<u8> bytes = [] {
    MemoryStream stream;
    RecordKeys out = keys();
    for (int i = 0; i < kMessages; ++i) out.write(stream, RecordType::message, std::vector<u8>(20 * i, static_cast<u8>(i)));
    return stream.output;
  }();
  return bytes;
}

void receive(ByteView input) {
  MemoryStream stream(input);
  RecordKeys in = keys();
  int received = 0;
  try {
    for (;;) {
      const RecordKeys::Opened opened = in.read(stream);
      const std::vector<u8> sent(20 * received, static_cast<u8>(received));
      require(received < kMessages && opened.type == RecordType::message && std::ranges::equal(opened.plaintext.bytes(), sent));
      ++received;
    }
  } catch (const SdkError& error) {
    require(error.code() == ErrorCode::not_authentic || error.code() == ErrorCode::malformed ||
            error.code() == ErrorCode::connection_broken);
  }
}

template <class Handshake>
void shake_hands(ByteView input, Handshake handshake) {
  FakeReports reports(identity(), 1);
  MemoryStream stream(input);
  try {
    handshake(stream, PeerPolicy().accept(MrEnclave{}), reports);
    require(false);  // the other side's key was not chosen for this conversation
  } catch (const SdkError& error) {
    require(error.code() != ErrorCode::cryptography && error.code() != ErrorCode::bad_argument);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: shake_hands(input, handshake_as_initiator); break;
    case 1: shake_hands(input, handshake_as_responder); break;
    default: receive(input);
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  FakeReports reports(identity(), 1);
  const std::vector<u8> public_key(32, 9);
  // An answer with a genuine report of another conversation; a hello and a proof of the same kind.
  MemoryStream answer, hello;
  std::vector<u8> body = public_key;
  const Report report = reports.create(reports.own_target(), {});
  body.insert(body.end(), report.bytes().begin(), report.bytes().end());
  write_record(answer, RecordType::answer, body);
  std::vector<u8> first = {'S', 'G', 'X', 'X', 'C', 'H', 'N', '1'};
  const TargetInfo target = reports.own_target();
  first.insert(first.end(), target.bytes().begin(), target.bytes().end());
  first.insert(first.end(), public_key.begin(), public_key.end());
  write_record(hello, RecordType::hello, first);
  write_record(hello, RecordType::proof, report.bytes());
  const auto with = [](u8 kind, const std::vector<u8>& bytes) {
    std::vector<u8> seed = {kind};
    seed.insert(seed.end(), bytes.begin(), bytes.end());
    return seed;
  };
  return {with(0, answer.output), with(1, hello.output), with(2, records())};
}
