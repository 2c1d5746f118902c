// SPDX-License-Identifier: Apache-2.0
#include "cli/volume/opened.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/volume/key_file.h"
#include "volume/parse.h"

namespace sgxx::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenShowings{500};
constexpr u32 kRootMode = S_IFDIR | 0755;
constexpr std::streamoff kHeaderSize = sizeof(volume::Header);

Result<volume::FileDisk> open_disk(const std::string& file, volume::FileDisk::Access access) {
  auto disk = volume::FileDisk::open(file, access);
  if (!disk.ok() && disk.error().number == ENOENT) return bad_input(file + ": there is no volume");
  return lifted(std::move(disk), file);
}

std::unique_ptr<OpenedVolume::Host> host_on(volume::FileDisk disk) {
  return std::unique_ptr<OpenedVolume::Host>(
      new OpenedVolume::Host{.disk = WatchedDisk(std::move(disk)), .crypto = {}, .memory = {}, .mutex = {}});
}

}  // namespace

std::string volume_file_of(const std::string& folder) {
  std::error_code error;
  return std::filesystem::is_regular_file(folder, error) ? folder : (std::filesystem::path(folder) / kVolumeFile).string();
}

WatchedDisk::WatchedDisk(volume::FileDisk disk)
    : disk_(std::move(disk)), shows_(::isatty(STDERR_FILENO) == 1), last_(std::chrono::steady_clock::now()) {}

WatchedDisk::WatchedDisk(WatchedDisk&& other) noexcept
    : disk_(std::move(other.disk_)),
      shows_(other.shows_),
      shown_(std::exchange(other.shown_, false)),
      blocks_(other.blocks_),
      last_(other.last_) {}

WatchedDisk::~WatchedDisk() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void WatchedDisk::count(u64 blocks) {
  blocks_ += blocks;
  const auto now = std::chrono::steady_clock::now();
  if (!shows_ || now - last_ < kBetweenShowings) return;
  last_ = now;
  shown_ = true;
  fmt::print(stderr, "\r\033[K{} MiB", blocks_ * volume::kBlockSize >> 20);
}

volume::Outcome<> WatchedDisk::read(u64 first, std::span<u8* const> blocks) {
  count(blocks.size());
  return disk_.read(first, blocks);
}

volume::Outcome<> WatchedDisk::write(u64 first, ByteView bytes) {
  count(bytes.size() / volume::kBlockSize);
  return disk_.write(first, bytes);
}

Result<OpenedVolume, OpeningFailure> try_open_volume(const std::string& folder, const VolumeSecret& secret, Open how) {
  using Access = volume::FileDisk::Access;
  const std::string file = volume_file_of(folder);
  auto disk = open_disk(file, how == Open::to_read ? Access::read_only : Access::read_write);
  if (!disk) return Failure{OpeningFailure{std::move(disk.error()), false}};
  OpenedVolume opened;
  opened.host = host_on(std::move(*disk));
  volume::FixedSecret keys(secret.bytes());
  auto volume = volume::Volume::open(opened.host->environment(), volume::KeySource(keys), {}, {});
  if (!volume.ok()) {
    const auto fault = volume.error().fault;
    const bool damaged = fault == volume::Fault::integrity || fault == volume::Fault::not_a_volume;
    return Failure{OpeningFailure{std::move(volume::to_error(volume.error())).with_context(file), damaged}};
  }
  opened.volume.reset(*volume);
  opened.tree = std::make_unique<volume::FileTree>(*opened.volume);
  return opened;
}

Result<OpenedVolume> open_volume(const std::string& folder, const std::string& key_file, Open how) {
  const auto secret = TRY(read_key_file(key_file));
  auto opened = try_open_volume(folder, secret, how);
  if (!opened) return Failure{std::move(opened.error().error)};
  return std::move(*opened);
}

Result<volume::VolumeId> make_volume(const std::string& folder, const VolumeSecret& secret, u64 most_bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return bad_input(folder + ": cannot make the folder: " + error.message());
  const std::string file = (std::filesystem::path(folder) / kVolumeFile).string();
  auto disk = volume::FileDisk::open(file, volume::FileDisk::Access::create);
  if (!disk.ok() && disk.error().number == EEXIST) return bad_input(file + ": exists already");
  auto host = host_on(TRY(lifted(std::move(disk), file)));
  const volume::KeySlotRequest slots[] = {{.kind = volume::SlotKind::provisioned, .sealing = {}, .secret = secret.bytes()}};
  const i64 now = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  const volume::Record root{.mode = kRootMode,
                            .user = kProgramUser,
                            .group = kProgramUser,
                            .links = 2,
                            .accessed = now,
                            .modified = now,
                            .changed = now,
                            .born = now};
  auto made =
      lifted(volume::Volume::create(host->environment(), slots, root, {.most_blocks = most_bytes / volume::kBlockSize}), file);
  if (!made) {
    ::unlink(file.c_str());  // made just now, and nothing is in it
    return Failure{std::move(made.error())};
  }
  return TRY(read_volume_header(folder)).id;
}

Result<volume::Header> read_volume_header(const std::string& folder) {
  const std::string path = volume_file_of(folder);
  // Without a lock, so that a volume in use can be looked at: of the two copies, which are replaced one after the other, one is
  // good at any time.
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad_input(path + ": cannot read: " + std::strerror(errno));
  std::optional<volume::Header> newest;
  Error failure(ErrorKind::bad_input, "not a volume");
  for (volume::Header header; file.read(reinterpret_cast<char*>(&header), sizeof header) && file.tellg() <= 2 * kHeaderSize;) {
    const auto checked = volume::check_header(header);
    if (!checked.ok()) {
      failure = volume::to_error(checked.error());
    } else if (!newest || newest->generation < header.generation) {
      newest = header;
    }
  }
  if (!newest) return Failure{std::move(failure).with_context(path)};
  return *newest;
}

}  // namespace sgxx::cli
