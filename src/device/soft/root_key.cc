// SPDX-License-Identifier: Apache-2.0
//
// The file behind load_root_key. Two processes may want to make it at once: each writes a file of its own and links it into
// place, and whoever comes second takes what is there.
#include <fcntl.h>
#include <openssl/rand.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "device/soft/keys.h"

namespace sgxx::device::soft {
namespace {

std::string default_path() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && data[0] == '/')
    return std::string(data) + "/sgxx/soft-sgx/root.key";
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') {
    const passwd* user = ::getpwuid(::getuid());
    home = user != nullptr ? user->pw_dir : "/";
  }
  return std::string(home) + "/.local/share/sgxx/soft-sgx/root.key";
}

struct File {
  int fd;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

Result<isa::Key128> read_key(const std::string& path) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return system_error("cannot open the software SGX's root key " + path);
  isa::Key128 key;
  u8 more = 0;
  if (::read(file.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()) || ::read(file.fd, &more, 1) != 0)
    return bad_input(
        path +
        ": the software SGX's root key must have 16 bytes; remove the file to have a new one made (what is sealed is lost)");
  return key;
}

Result<void> make_key(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  std::string temporary = path + ".XXXXXX";
  const File file{::mkostemp(temporary.data(), O_CLOEXEC)};  // mode 0600
  if (file.fd < 0) return system_error("cannot make the software SGX's root key " + path);
  isa::Key128 key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) std::abort();
  const bool written = ::write(file.fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(file.fd) == 0;
  const bool linked = written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int reason = errno;
  ::unlink(temporary.c_str());
  errno = reason;
  if (!linked) return system_error("cannot make the software SGX's root key " + path);
  return {};
}

}  // namespace

Result<isa::Key128> load_root_key() {
  const char* chosen = std::getenv("SGXX_SOFT_SGX_KEY");
  const std::string path = chosen != nullptr ? chosen : default_path();
  if (::access(path.c_str(), F_OK) != 0) TRY(make_key(path));
  return read_key(path);
}

}  // namespace sgxx::device::soft
