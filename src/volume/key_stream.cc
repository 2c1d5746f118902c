// SPDX-License-Identifier: Apache-2.0
#include "volume/key_stream.h"

#include <string_view>

#include "volume/wipe.h"

namespace sgxx::volume {

KeyStream::~KeyStream() { wipe(keys_.data(), sizeof(keys_)); }

Outcome<> KeyStream::reseed() {
  Key fresh;
  TRY(crypto_.random(fresh));
  // The fingerprint that is kept for the comparison does not tell the seed.
  Key fingerprint;
  constexpr std::string_view kInfo = "sgxx volume seed";
  TRY(crypto_.derive(fresh, {}, {reinterpret_cast<const u8*>(kInfo.data()), kInfo.size()}, fingerprint));
  if (seeds_ != 0 && fingerprint == drawn_) return fail(Fault::no_randomness);
  drawn_ = fingerprint;
  for (u64 i = 0; i < fresh.size(); ++i) keys_[0][i] ^= fresh[i];
  wipe(fresh.data(), fresh.size());
  ++seeds_;
  pieces_ = 0;
  return {};
}

Outcome<> KeyStream::refill() {
  if (seeds_ == 0 || pieces_ == kPiecesOfSeed) TRY(reseed());
  Key seed = keys_[0];
  constexpr std::array<u8, sizeof(Nonce)> kNonce{};
  Tag tag;
  u8* const bytes = keys_[0].data();
  std::memset(bytes, 0, sizeof(keys_));
  const CipherJob job = {seed.data(), kNonce.data(), nullptr, bytes, bytes, tag.data(), 0, sizeof(keys_)};
  const auto sealed = crypto_.seal({&job, 1});
  if (!sealed.ok()) {
    keys_[0] = seed;
    return Failure{sealed.error()};
  }
  wipe(seed.data(), seed.size());
  ++pieces_;
  next_ = 1;
  return {};
}

}  // namespace sgxx::volume
