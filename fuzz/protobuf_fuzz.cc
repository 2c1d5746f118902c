// SPDX-License-Identifier: Apache-2.0
//
// Parses any bytes as an answer of the AESM service, down to what the client takes out of it.
#include "host/protobuf.h"

#include <cstdlib>

#include "fuzz/target.h"

namespace {

using namespace sgxx;

void require(bool promise) {
  if (!promise) std::abort();
}

void look_at(ByteView bytes, int depth) {
  const auto message = host::ProtobufMessage::parse(bytes);
  if (!message) return;
  for (u32 field = 1; field < 32; ++field) {
    (void)message->number(field);
    const auto inner = message->bytes(field);
    if (!inner) continue;
    require(inner->empty() || (inner->data() >= bytes.data() && inner->data() + inner->size() <= bytes.data() + bytes.size()));
    if (depth > 0) look_at(*inner, depth - 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  look_at({data, size}, 2);
  return 0;
}

std::vector<std::vector<u8>> sgxx::fuzz::seeds() {
  const std::vector<u8> target(512, 7);
  host::ProtobufWriter answer, size;
  answer.number(1, 0).bytes(2, target).number(3, 32).bytes(4, ByteView(target).first(32));
  size.number(1, 0).number(2, 4600);
  return {host::ProtobufWriter().bytes(15, answer.message()).message(),
          host::ProtobufWriter().bytes(16, size.message()).message()};
}
