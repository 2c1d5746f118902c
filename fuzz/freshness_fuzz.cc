// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what comes to a freshness server and to its clients. The first byte says as what: a request, a reply, an answer of
// etcd's, a value that stands there.
#include <algorithm>

#include "freshness/server/etcd.h"
#include "fuzz/target.h"

namespace {

using namespace sgxx;
using namespace sgxx::freshness;

void require(bool promise) {
  if (!promise) std::abort();
}

const CounterName kName{Digest256{{1}}, VolumeId{{2}}};
const RecordKey& key() {
  static const RecordKey made(std::array<u8, 32>{3});
  return made;
}

const Anchor kAnchor{5, StateId{{6}}};

template <class Message>
void read_message(ByteView body, std::optional<Message> (*decode)(ByteView)) {
  const auto message = decode(body);
  if (message) require(std::ranges::equal(encode(*message), body));  // there is one encoding of each
}

void read_answer(ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto answer = parse_range_answer(text, "a");
  if (!answer) require(answer.error().message().size() < 200);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: read_message(input, decode_request); break;
    case 1: read_message(input, decode_reply); break;
    case 2: read_answer(input); break;
    default:
      if (const auto anchor = key().open(kName, input)) require(*anchor == kAnchor);  // no other was ever sealed
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  const auto with = [](u8 kind, ByteView bytes) {
    std::vector<u8> seed = {kind};
    seed.insert(seed.end(), bytes.begin(), bytes.end());
    return seed;
  };
  const Anchor later{6, StateId{{7}}};
  return {with(0, encode(Request{Operation::advance, FreshnessScope::build, VolumeId{{1}}, kAnchor, later})),
          with(0, encode(Request{Operation::get, FreshnessScope::product, VolumeId{{1}}, {}, {}})),
          with(1, encode(Reply{Status::conflict, FreshnessServerId{{4}}, kAnchor})),
          with(2, view_of(R"({"header":{"revision":"4"},"kvs":[{"key":"YQ==","mod_revision":"4","value":"Zm8="}],"count":"1"})")),
          with(2, view_of(R"({"header":{"revision":"4"}})")),
          with(3, key().seal(kName, kAnchor))};
}
