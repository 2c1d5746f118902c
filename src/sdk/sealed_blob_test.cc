// SPDX-License-Identifier: Apache-2.0
//
// Sealing on a machine of the test's own: what its format is, what is refused, that nothing is used twice.
#include "sdk/sealed_blob.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sgxx/random.h"

namespace sgxx::sdk {
namespace {

/// Keys from a hash of the request; randomness that a test can hold still.
class FakeSource final : public SealSource {
 public:
  Key128 key(const KeyRequest& request) override {
    requests.push_back(request);
    if (*request.version > own.version) throw SdkError(ErrorCode::newer_version, "fake");
    Hash<Digest256> hash;
    const u16 policy = request.policy.bits();
    hash.add(as_bytes_of(policy)).add(request.key_id.bytes).add(as_bytes_of(*request.version)).add(request.cpu_svn->bytes);
    hash.add(as_bytes_of(request.mask.flags))
        .add(as_bytes_of(request.mask.xfrm))
        .add(as_bytes_of(request.mask.misc))
        .add(as_bytes_of(*request.config_version));
    std::array<u8, 16> bytes;
    std::ranges::copy_n(hash.finish().bytes.begin(), 16, bytes.begin());
    return Key128::taken_from(bytes);
  }
  void random(ByteSpan bytes) override {
    if (stuck) {
      for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(i + stuck);
    } else {
      fill_random(bytes);
    }
  }
  Identity identity() override { return own; }

  Identity own{.version = SecurityVersion{3}};
  u8 stuck = 0;
  std::vector<KeyRequest> requests;
};

std::vector<u8> sealed(FakeSource& source, ByteView plaintext, const SealOptions& options = {}) {
  std::vector<u8> blob(plaintext.size() + kSealOverhead);
  Sealer(source).seal(blob, plaintext, options);
  return blob;
}

template <class Call>
std::optional<ErrorCode> code_of(Call call) {
  try {
    call();
  } catch (const SdkError& error) {
    return error.code();
  }
  return std::nullopt;
}

std::optional<ErrorCode> unsealing(FakeSource& source, ByteView blob, ByteView additional = {}) {
  return code_of([&] {
    const ParsedBlob parsed = parse_blob(blob);
    std::vector<u8> plaintext(parsed.ciphertext.size());
    Sealer(source).unseal(plaintext, parsed, additional);
  });
}

TEST(SealedBlob, HoldsWhatTheFormatSays) {
  FakeSource source;
  source.own.attributes.flags = Attributes::kKss;
  source.own.config_version = ConfigVersion{0x0908};
  source.own.cpu_svn.bytes.fill(0xcc);
  const SealOptions options{
      .policy = KeyPolicy::this_signer().same_config(), .version = SecurityVersion{2}, .mask = {0x1122, 0x3344, 0x55}};
  const auto blob = sealed(source, view_of("plain"), options);
  ASSERT_EQ(blob.size(), 133u);
  EXPECT_EQ(std::string(blob.begin(), blob.begin() + 8), "SGXXSEAL");
  EXPECT_EQ(to_hex(ByteView(blob).subspan(8, 8)), "01000a0002000809");
  EXPECT_EQ(to_hex(ByteView(blob).subspan(16, 16)), "cccccccccccccccccccccccccccccccc");
  EXPECT_EQ(to_hex(ByteView(blob).subspan(32, 32)), "2211000000000000443300000000000055000000000000000500000000000000");
  EXPECT_EQ(to_hex(ByteView(blob).subspan(108, 4)), "00000000");
  const SealedHeader header = sealed_header(blob);
  EXPECT_EQ(header.policy, options.policy);
  EXPECT_EQ(header.version, SecurityVersion{2});
  EXPECT_EQ(header.mask, options.mask);
  EXPECT_EQ(header.size, 5u);
  EXPECT_EQ(to_hex(header.key_id.bytes), to_hex(ByteView(blob).subspan(64, 32)));
  EXPECT_EQ(source.requests.back().key_id, header.key_id);
}

TEST(SealedBlob, OpensForWhoeverHasTheKeyAndReadsTheFormat) {
  FakeSource source;
  const auto blob = sealed(source, view_of("plain"), {.additional = view_of("more")});
  std::vector<u8> authenticated(blob.begin(), blob.begin() + 112);
  authenticated.insert(authenticated.end(), {'m', 'o', 'r', 'e'});
  const auto nonce = *read_at<Aead::Nonce>(blob, 96);
  const auto tag = *read_at<Aead::Tag>(blob, 112);
  std::vector<u8> plaintext(5);
  const KeyRequest request = source.requests.back();
  const Key128 key = source.key(request);
  Aead(AeadAlgorithm::aes_128_gcm, key.bytes()).open(nonce, authenticated, ByteView(blob).subspan(128), tag, plaintext);
  EXPECT_EQ(to_hex(plaintext), to_hex(view_of("plain")));
}

TEST(SealedBlob, ComesBackWithTheSameAdditionalDataOnly) {
  FakeSource source;
  for (size_t size : {0, 1, 15, 16, 17, 4096}) {
    const std::vector<u8> plaintext(size, 0x42);
    const auto blob = sealed(source, plaintext, {.additional = view_of("notes")});
    std::vector<u8> output(size, 0x11);
    Sealer(source).unseal(output, parse_blob(blob), view_of("notes"));
    EXPECT_EQ(output, plaintext);
    EXPECT_EQ(unsealing(source, blob), ErrorCode::not_authentic);
    EXPECT_EQ(unsealing(source, blob, view_of("note")), ErrorCode::not_authentic);
  }
}

TEST(SealedBlob, EveryChangedBitIsRefusedAndTheOutputIsWiped) {
  FakeSource source;
  const std::vector<u8> plaintext(40, 0x42);
  const auto blob = sealed(source, plaintext);
  int malformed = 0, refused = 0;
  for (size_t bit = 0; bit < blob.size() * 8; ++bit) {
    auto changed = blob;
    changed[bit / 8] = static_cast<u8>(changed[bit / 8] ^ 1u << bit % 8);
    std::vector<u8> output(40, 0x11);
    const auto code = code_of([&] { Sealer(source).unseal(output, parse_blob(changed), {}); });
    ASSERT_TRUE(code.has_value()) << "bit " << bit;
    if (*code == ErrorCode::malformed) {
      ++malformed;
    } else {
      ++refused;
      ASSERT_EQ(output, std::vector<u8>(40)) << "bit " << bit;
    }
  }
  // Magic, format, reserved words, length; the configuration's version; and of the policy what makes it one that does not exist.
  EXPECT_EQ(malformed, 64 + 16 + 64 + 64 + 16 + 11);
  EXPECT_EQ(malformed + refused, 168 * 8);
}

TEST(SealedBlob, EveryTruncationAndEveryLongerOneIsRefused) {
  FakeSource source;
  auto blob = sealed(source, view_of("plaintext"));
  for (size_t size = 0; size < blob.size(); ++size) {
    EXPECT_EQ(unsealing(source, ByteView(blob).first(size)), ErrorCode::malformed) << size;
  }
  blob.push_back(0);
  EXPECT_EQ(unsealing(source, blob), ErrorCode::malformed);
}

TEST(SealedBlob, AVersionBelowItsOwnIsRefused) {
  FakeSource source;
  const auto blob = sealed(source, view_of("plaintext"));
  source.own.version = SecurityVersion{4};
  EXPECT_EQ(unsealing(source, blob), std::nullopt);
  source.own.version = SecurityVersion{2};
  EXPECT_EQ(unsealing(source, blob), ErrorCode::newer_version);
  EXPECT_EQ(code_of([&] { sealed(source, view_of(""), {.version = SecurityVersion{3}}); }), ErrorCode::newer_version);
}

TEST(SealedBlob, OneForKssTellsAnEnclaveWithoutIt) {
  FakeSource source;
  source.own.attributes.flags = Attributes::kKss;
  const auto blob = sealed(source, view_of("plaintext"), {.policy = KeyPolicy::this_signer().same_family()});
  EXPECT_EQ(unsealing(source, blob), std::nullopt);
  source.own.attributes.flags = 0;
  EXPECT_EQ(unsealing(source, blob), ErrorCode::other_enclave);
}

TEST(SealedBlob, AGeneratorThatRepeatsItselfIsNoticed) {
  FakeSource source;
  source.stuck = 1;
  sealed(source, view_of("first"));
  EXPECT_EQ(code_of([&] { sealed(source, view_of("second")); }), ErrorCode::no_randomness);
  source.stuck = 2;
  sealed(source, view_of("third"));
}

TEST(SealedBlob, NoKeyIdAndNoNonceComesTwice) {
  FakeSource source;
  std::set<std::string> key_ids, nonces;
  constexpr size_t kSeals = 1 << 14;
  for (size_t i = 0; i < kSeals; ++i) {
    const auto blob = sealed(source, {});
    key_ids.insert(to_hex(ByteView(blob).subspan(64, 32)));
    nonces.insert(to_hex(ByteView(blob).subspan(96, 12)));
  }
  EXPECT_EQ(key_ids.size(), kSeals);
  EXPECT_EQ(nonces.size(), kSeals);
}

TEST(SealedBlob, SizesOfTheCallersMemoryAreChecked) {
  FakeSource source;
  std::vector<u8> memory(200);
  EXPECT_EQ(code_of([&] { Sealer(source).seal(memory, view_of("plaintext"), {}); }), ErrorCode::bad_argument);
  EXPECT_EQ(code_of([&] { Sealer(source).seal(memory, ByteView(memory.data(), kMostSealed + 1), {}); }), ErrorCode::bad_argument);
  const auto blob = sealed(source, view_of("plaintext"));
  EXPECT_EQ(code_of([&] { Sealer(source).unseal(memory, parse_blob(blob), {}); }), ErrorCode::bad_argument);
}

}  // namespace
}  // namespace sgxx::sdk
