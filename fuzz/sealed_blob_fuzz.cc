// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a sealed blob, on a machine of the fuzzer's own: what is no blob is refused by name, and a seed is the only thing
// that opens, because nobody can make another without the key. What does not open leaves zeroes.
#include <algorithm>

#include "fuzz/target.h"
#include "sdk/sealed_blob.h"

namespace {

using namespace sgxx;

void require(bool promise) {
  if (!promise) std::abort();
}

class Source final : public sdk::SealSource {
 public:
  Key128 key(const KeyRequest& request) override {
    std::array<u8, 16> bytes;
    std::ranges::copy_n(sha256(request.key_id.bytes).bytes.begin(), 16, bytes.begin());
    bytes[0] = static_cast<u8>(bytes[0] ^ request.policy.bits());
    return Key128::taken_from(bytes);
  }
  void random(ByteSpan bytes) override {
    for (u8& byte : bytes) byte = static_cast<u8>(++state_ * 167 >> 3);
  }
  Identity identity() override { return {}; }

 private:
  unsigned state_ = 0;
};

const std::vector<std::vector<u8>>& sealed() {
  static const std::vector<std::vector<u8>> blobs = [] {
    Source source;
    std::vector<std::vector<u8>> made;
    for (std::size_t size : {0, 1, 40}) {
      const std::vector<u8> plaintext(size, 0x42);
      made.emplace_back(size + kSealOverhead);
      sdk::Sealer(source).seal(made.back(), plaintext, {});
    }
    return made;
  }();
  return blobs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView blob(data, size);
  const bool is_seed = std::ranges::any_of(sealed(), [blob](const auto& seed) { return std::ranges::equal(seed, blob); });
  std::vector<u8> output(size < kSealOverhead ? 0 : size - kSealOverhead, 0x11);
  bool parsed = false;
  try {
    const sdk::ParsedBlob parts = sdk::parse_blob(blob);
    parsed = true;
    require(parts.ciphertext.size() == output.size());
    Source source;
    sdk::Sealer(source).unseal(output, parts, {});
    require(is_seed);
  } catch (const SdkError& error) {
    require(!is_seed);
    require(parsed == (error.code() != ErrorCode::malformed));
    require(!parsed || std::ranges::all_of(output, [](u8 byte) { return byte == 0; }));
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() { return sealed(); }
