// SPDX-License-Identifier: Apache-2.0
#include "cli/keys.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"

namespace sgxx::cli {

Result<std::string> development_key_path() {
  std::string folder;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && data[0] == '/') {
    folder = data;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    folder = std::string(home) + "/.local/share";
  } else if (const passwd* user = ::getpwuid(::getuid()); user != nullptr && user->pw_dir != nullptr) {
    folder = std::string(user->pw_dir) + "/.local/share";
  } else {
    return bad_input("no home folder for the development key: set HOME or XDG_DATA_HOME, or give --key FILE");
  }
  return folder + "/sgxx/development.pem";
}

Result<image::SigningKey> read_key(const std::string& path) {
  auto pem = TRY(read_file(path));
  return image::SigningKey::from_pem(text_of(pem), path);
}

Result<void> write_key(const std::string& path, const image::SigningKey& key) {
  return write_file(path, bytes_of(key.to_pem()), FileMode::secret);
}

Result<image::SigningKey> development_key() {
  auto path = TRY(development_key_path());
  std::error_code error;
  if (std::filesystem::exists(path, error)) return read_key(path);
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return bad_input(fmt::format("{}: cannot make the folder for the development key: {}", path, error.message()));
  auto key = TRY(image::SigningKey::generate());
  TRY(write_key(path, key));
  fmt::print(stderr, "sgxx: made your development key, {}\n", path);
  // Of two first runs at once the later rename wins; both must sign with the key that stays.
  return read_key(path);
}

}  // namespace sgxx::cli
