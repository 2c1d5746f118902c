// SPDX-License-Identifier: Apache-2.0
//
// volume_user KEY COMMAND...: a program that brings the key of its volume, /data, in 64 hexadecimal digits. Commands: "write NAME
// TEXT" and "read NAME"; "rewrap KEY", "rewrap enclave", "rewrap signer"; "info". KEY "sealed": the volume's key is sealed. The
// manifest says freshness = "none".
#include <fcntl.h>
#include <sgxx/volume.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

namespace {

using namespace sgxx;

VolumeKey key_from(const std::string& digits) {
  VolumeKey key;
  if (!from_hex(digits, key.bytes())) throw std::runtime_error("KEY: expected 64 hexadecimal digits");
  return key;
}

void write(const std::string& name, const std::string& text) {
  const int file = ::open(("/data/" + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file) != 0) {
    throw std::runtime_error(std::string("cannot write: ") + std::strerror(errno));
  }
  ::close(file);
}

std::string read(const std::string& name) {
  std::ifstream file("/data/" + name);
  if (!file) return std::string("cannot read: ") + std::strerror(errno);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** arguments) try {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.empty()) return 2;
  if (words[0] == "locked") {
    std::cout << read("anything") << std::endl;
    return 0;
  }
  std::optional<Volume> volume;
  if (words[0] != "sealed") volume = Volume::open("/data", key_from(words[0]), nullptr);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "write") {
      write(words[i + 1], words[i + 2]);
      i += 2;
    } else if (words[i] == "read") {
      std::cout << read(words[++i]) << std::endl;
    } else if (words[i] == "rewrap") {
      const std::string& whom = words[++i];
      if (whom == "enclave" || whom == "signer") {
        volume.value().rewrap(whom == "enclave" ? SealedTo::enclave : SealedTo::signer);
      } else {
        volume.value().rewrap(key_from(whom));
      }
    } else if (words[i] == "info") {
      std::cout << Volume::info_of("/data").id.hex() << std::endl;
    }
  }
} catch (const SdkError& error) {
  std::cout << name_of(error.code()) << std::endl;
  return 1;
} catch (const std::exception& error) {
  std::cout << error.what() << std::endl;
  return 1;
}
