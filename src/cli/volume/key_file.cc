// SPDX-License-Identifier: Apache-2.0
#include "cli/volume/key_file.h"

#include <sys/random.h>

#include <filesystem>

#include "base/file.h"
#include "cli/hex.h"

namespace sgxx::cli {

Result<VolumeSecret> read_key_file(const std::string& path) {
  auto bytes = TRY(read_file(path));
  if (bytes.size() != VolumeSecret::kSize) {
    std::string text = text_of(bytes);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    auto digits = text.size() == 2 * VolumeSecret::kSize ? bytes_of_hex(text) : std::nullopt;
    ::explicit_bzero(text.data(), text.size());
    ::explicit_bzero(bytes.data(), bytes.size());
    if (!digits) return bad_input(path + ": expected a key: 32 bytes, or 64 hexadecimal digits (sgxx volume keygen makes one)");
    bytes = std::move(*digits);
  }
  VolumeSecret secret(bytes);
  ::explicit_bzero(bytes.data(), bytes.size());
  return secret;
}

Result<void> make_key_file(const std::string& path, KeyForm form) {
  std::error_code error;
  // A key that is overwritten takes its volumes with it.
  if (std::filesystem::exists(path, error)) return bad_input(path + ": exists already; give another name");
  std::array<u8, VolumeSecret::kSize> key;
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) return system_error("no random bytes");
  std::string text = form == KeyForm::hexadecimal ? hex(key) + "\n" : text_of(key);
  auto written = write_file(path, bytes_of(text), FileMode::secret);
  ::explicit_bzero(key.data(), key.size());
  ::explicit_bzero(text.data(), text.size());
  return written;
}

}  // namespace sgxx::cli
