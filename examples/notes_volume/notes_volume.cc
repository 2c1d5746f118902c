// SPDX-License-Identifier: Apache-2.0
//
// Notes in an encrypted volume, a file each. The host keeps the volume and can neither read it, change it, nor bring back an
// older one: whether a state is the newest is asked of somebody who remembers.
//   notes_volume [--server ADDRESS:PORT MRENCLAVE ID] add TEXT | list | info
// Without a server it is a file of the host's, for development: README.md.
#include <fcntl.h>
#include <sgxx/freshness_client.h>
#include <sgxx/volume.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <vector>

#include "../provisioning/demand.h"

namespace {

constexpr const char* kNotes = "/notes";

/// The server that is that enclave, and keeps the counters of that id.
std::shared_ptr<sgxx::Freshness> server_at(const std::string& address, const std::string& mrenclave, const std::string& id) {
  sgxx::FreshnessServers servers;
  servers.addresses = {address};
  servers.timeout = std::chrono::seconds(5);
  servers.demand = demand_for("/collateral", mrenclave, true);  // true: the software SGX, which protects nothing
  servers.id = sgxx::FreshnessServerId::from_hex(id);
  must(servers.id.has_value(), "ID: expected 32 hexadecimal digits");
  return std::make_shared<sgxx::FreshnessClient>(servers);
}

/// Returns when the note is in the volume for good.
void add(const std::string& text) {
  const auto count = std::distance(std::filesystem::directory_iterator(kNotes), std::filesystem::directory_iterator());
  const std::string path = std::string(kNotes) + "/" + std::to_string(1000 + count);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  must(file >= 0, "cannot make " + path);
  const bool kept = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  must(kept, std::string("the note is not kept: ") + std::strerror(error));
}

void list() {
  std::vector<std::filesystem::path> notes;
  for (const auto& entry : std::filesystem::directory_iterator(kNotes)) notes.push_back(entry.path());
  std::ranges::sort(notes);
  for (const auto& note : notes) {
    const auto bytes = content_of(note);
    std::cout << std::string(bytes.begin(), bytes.end()) << '\n';
  }
}

void show(const sgxx::VolumeInfo& info) {
  std::cout << "volume " << info.id.hex() << ", " << info.used << " bytes, generation "
            << (info.published ? info.published->generation : 0) << '\n';
}

}  // namespace

int main(int count, char** arguments) try {
  std::vector<std::string> words(arguments + 1, arguments + count);
  std::shared_ptr<sgxx::Freshness> freshness = std::make_shared<sgxx::FileFreshness>("/anchors/notes");
  if (words.size() >= 4 && words[0] == "--server") {
    freshness = server_at(words[1], words[2], words[3]);
    words.erase(words.begin(), words.begin() + 4);
  }
  const bool adds = words.size() == 2 && words[0] == "add";
  must(adds || words == std::vector<std::string>{"list"} || words == std::vector<std::string>{"info"},
       "notes_volume [--server ADDRESS:PORT MRENCLAVE ID] add TEXT | list | info");
  const auto volume = sgxx::Volume::open(kNotes, freshness, {.on_failure = [](const sgxx::SdkError& error) {
                                           std::cerr << "freshness: " << error.what() << std::endl;
                                         }});
  if (adds) {
    add(words[1]);
  } else if (words[0] == "list") {
    list();
  } else {
    show(volume.info());
  }
} catch (const std::exception& error) {
  std::cerr << "notes_volume: " << error.what() << std::endl;
  return 1;
}
