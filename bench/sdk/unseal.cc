// SPDX-License-Identifier: Apache-2.0
#include <sgxx/seal.h>

#include "sdk/beside.h"

int main(int count, char** arguments) {
  const auto size = static_cast<std::size_t>(bench::size_argument(count, arguments));
  const std::vector<unsigned char> plaintext = bench::plaintext_of(size), blob = sgxx::seal(plaintext);
  std::vector<unsigned char> ours(size), ciphertext(size), theirs(size);
  bench::PlainGcm plain;
  plain.encrypt(plaintext, ciphertext);
  bool good = true;
  bench::measure_beside(
      bench::rounds_for(size), [&] { sgxx::unseal_to(ours, blob); }, [&] { good = plain.decrypt(ciphertext, theirs) && good; });
  std::printf("%d %d\n", ours == plaintext, good && theirs == plaintext);
}
