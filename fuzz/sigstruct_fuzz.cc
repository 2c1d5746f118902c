// SPDX-License-Identifier: Apache-2.0
//
// Verifies any bytes as a SIGSTRUCT. The seeds are valid and nobody can make another without the key, so what verifies differs
// from a seed only where no signature reaches, which is nowhere.
#include <algorithm>

#include "fuzz/target.h"
#include "image/sigstruct.h"
#include "image/test_key.h"

namespace {

using namespace sgxx;
using namespace sgxx::image;

void require(bool promise) {
  if (!promise) std::abort();
}

const isa::SigStruct& seed() {
  static const isa::SigStruct sigstruct = [] {
    SigStructOptions options;
    options.enclave_hash.fill(7);
    const SigningKey key = std::move(SigningKey::from_pem(kTestKey, "test key")).value();
    return sign(unsigned_sigstruct(options).value(), key).value();
  }();
  return sigstruct;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const auto sigstruct = read_sigstruct({data, size});
  require(sigstruct.ok() == (size == sizeof(isa::SigStruct)));
  if (!sigstruct.ok()) return 0;
  const auto signer = verify(*sigstruct);
  const bool is_seed = std::ranges::equal(as_bytes_of(*sigstruct), as_bytes_of(seed()));
  if (signer.ok()) {
    require(is_seed || sigstruct->modulus != seed().modulus);
  } else {
    const auto code = static_cast<isa::SgxError>(signer.error().code());
    require(!is_seed && signer.error().kind() == ErrorKind::refused);
    require(code == isa::SgxError::invalid_sig_struct || code == isa::SgxError::invalid_signature);
  }
  const auto q = quotients(sigstruct->signature, sigstruct->modulus);
  require(q.ok() || q.error().kind() == ErrorKind::refused);
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  const ByteView bytes = as_bytes_of(seed());
  return {{bytes.begin(), bytes.end()}};
}
