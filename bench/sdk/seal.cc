// SPDX-License-Identifier: Apache-2.0
#include <sgxx/seal.h>

#include "sdk/beside.h"

int main(int count, char** arguments) {
  const auto size = static_cast<std::size_t>(bench::size_argument(count, arguments));
  const std::vector<unsigned char> plaintext = bench::plaintext_of(size);
  std::vector<unsigned char> blob(size + sgxx::kSealOverhead), ciphertext(size), again(size);
  bench::PlainGcm plain;
  bench::measure_beside(
      bench::rounds_for(size), [&] { sgxx::seal_to(blob, plaintext); }, [&] { plain.encrypt(plaintext, ciphertext); });
  sgxx::unseal_to(again, blob);
  std::printf("%d %d\n", again == plaintext, plain.decrypt(ciphertext, again) && again == plaintext);
}
