// SPDX-License-Identifier: Apache-2.0
//
// The development file: a line "volume generation state" for each volume, in hexadecimal but for the generation.
#include <fcntl.h>
#include <sgxx/freshness.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

namespace sgxx {
namespace {

using Anchors = std::map<VolumeId, Anchor>;

/// All files of this process: whole files are read and written.
std::mutex& file_mutex() {
  static std::mutex mutex;
  return mutex;
}

[[noreturn]] void malformed(const std::string& path) {
  throw SdkError(ErrorCode::malformed, path + ": expected lines of a volume's id, a generation and a state's id");
}

Anchors load(const std::string& path) {
  Anchors anchors;
  std::ifstream file(path);
  if (!file && errno == ENOENT) return anchors;
  if (!file) throw SdkError(ErrorCode::unavailable, path + ": cannot read: " + std::strerror(errno));
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string volume, generation, state, rest;
    words >> volume >> generation >> state;
    const auto id = VolumeId::from_hex(volume);
    const auto state_id = StateId::from_hex(state);
    Anchor anchor;
    const auto [end, error] = std::from_chars(generation.data(), generation.data() + generation.size(), anchor.generation);
    if (!id || !state_id || error != std::errc() || end != generation.data() + generation.size() || anchor.generation == 0 ||
        words >> rest || anchors.contains(*id)) {
      malformed(path);
    }
    anchor.state = *state_id;
    anchors[*id] = anchor;
  }
  return anchors;
}

/// Whole or not at all: under another name beside it, on the disk, then renamed.
void store(const std::string& path, const Anchors& anchors) {
  std::string text;
  for (const auto& [volume, anchor] : anchors) {
    text += volume.hex() + " " + std::to_string(anchor.generation) + " " + anchor.state.hex() + "\n";
  }
  const std::string beside = path + ".new";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!written || std::rename(beside.c_str(), path.c_str()) != 0) {
    throw SdkError(ErrorCode::unavailable, path + ": cannot write: " + std::strerror(errno));
  }
}

std::optional<Anchor> find(const Anchors& anchors, const VolumeId& volume) {
  const auto found = anchors.find(volume);
  return found == anchors.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::optional<Anchor> FileFreshness::current(const VolumeId& volume) {
  const std::lock_guard lock(file_mutex());
  return find(load(path_), volume);
}

void FileFreshness::advance(const VolumeId& volume, const std::optional<Anchor>& from, const Anchor& to) {
  if (to.generation == 0 || (from && from->generation >= to.generation)) {
    throw SdkError(ErrorCode::bad_argument, "an anchor goes forwards");
  }
  const std::lock_guard lock(file_mutex());
  Anchors anchors = load(path_);
  const auto current = find(anchors, volume);
  if (current == to) return;
  if (current != from) throw FreshnessConflict(current, path_ + ": the volume's anchor is another");
  anchors[volume] = to;
  store(path_, anchors);
}

}  // namespace sgxx
