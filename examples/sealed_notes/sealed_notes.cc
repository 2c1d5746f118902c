// SPDX-License-Identifier: Apache-2.0
//
// Notes that only this program can read, kept by a host that nobody needs to trust: the host holds one sealed file, and a note is
// in the clear only inside. What it does not do: notice that the host brought back an older file (docs/sdk.md).
//
//   sgxx c++ -std=c++20 -O2 sealed_notes.cc -o sealed_notes && mkdir -p notes
//   sgxx run --manifest sealed_notes.toml sealed_notes add "buy milk"
//   sgxx run --manifest sealed_notes.toml sealed_notes list
#include <sgxx/seal.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

/// The manifest mounts a folder of the host's there.
constexpr const char* kFile = "/notes/sealed";

/// Says what the file is, so that no other sealed data of this program can take its place.
const sgxx::ByteView kLabel = sgxx::view_of("sealed_notes, version 1");

/// All notes, a line each; none when there is no file yet.
std::string load() {
  std::ifstream file(kFile, std::ios::binary);
  if (!file) return {};
  const std::vector<std::uint8_t> blob(std::istreambuf_iterator<char>(file), {});
  return std::string(sgxx::unseal(blob, kLabel).text());
}

void save(const std::string& notes) {
  const std::vector<std::uint8_t> blob = sgxx::seal(sgxx::view_of(notes), {.additional = kLabel});
  std::ofstream file(kFile, std::ios::binary);
  file.write(reinterpret_cast<const char*>(blob.data()), static_cast<std::streamsize>(blob.size()));
  if (!file.flush()) throw std::runtime_error(std::string("cannot write ") + kFile);
}

}  // namespace

int main(int count, char** arguments) try {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 1 && words[0] == "list") {
    std::cout << load();
  } else if (words.size() == 2 && words[0] == "add") {
    save(load() + words[1] + "\n");
  } else {
    std::cerr << "usage: sealed_notes add TEXT | sealed_notes list\n";
    return 2;
  }
} catch (const std::exception& error) {
  std::cerr << "sealed_notes: " << error.what() << "\n";
  return 1;
}
