// SPDX-License-Identifier: Apache-2.0
#include "volume/secret_box.h"

#include "volume/wipe.h"

namespace sgxx::volume {

struct SecretBox::Derived {
  ~Derived() { wipe(bytes.data(), bytes.size()); }
  CipherJob job(ByteView authenticated, ByteView from, u8* to, u8* tag) const {
    return {bytes.data(),
            bytes.data() + sizeof(Key),
            authenticated.data(),
            from.data(),
            to,
            tag,
            static_cast<u32>(authenticated.size()),
            static_cast<u32>(from.size())};
  }
  std::array<u8, sizeof(Key) + sizeof(Nonce)> bytes{};
};

Outcome<> SecretBox::derive(Derived& derived) const {
  return crypto_.derive(secret_, salt_, {reinterpret_cast<const u8*>(use_.data()), use_.size()}, derived.bytes);
}

Outcome<> SecretBox::seal(ByteView authenticated, ByteView from, u8* to, Tag& tag) const {
  Derived derived;
  TRY(derive(derived));
  const CipherJob job = derived.job(authenticated, from, to, tag.data());
  return crypto_.seal({&job, 1});
}

Outcome<bool> SecretBox::open(ByteView authenticated, ByteView from, u8* to, const Tag& tag) const {
  Derived derived;
  TRY(derive(derived));
  Tag expected = tag;
  const CipherJob job = derived.job(authenticated, from, to, expected.data());
  const u64 first_bad = TRY(crypto_.open({&job, 1}));
  return first_bad == 1;
}

}  // namespace sgxx::volume
