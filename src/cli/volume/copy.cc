// SPDX-License-Identifier: Apache-2.0
//
// `sgxx volume cp`: files into a volume and out of it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/descriptor.h"
#include "cli/command.h"
#include "cli/volume/commands.h"
#include "cli/volume/opened.h"

namespace sgxx::cli {
namespace {

namespace fs = std::filesystem;
using volume::FileTree;

constexpr size_t kPiece = size_t{1} << 20;
constexpr u32 kPermissions = 0777;
constexpr i64 kNanoseconds = 1'000'000'000;

std::string last_name(const std::string& path) {
  return fs::path(path.substr(0, path.find_last_not_of('/') + 1)).filename().string();
}

/// "FOLDER:/PATH".
struct InVolume {
  std::string folder, path;
};
std::optional<InVolume> in_volume(const std::string& text) {
  const auto colon = text.find(":/");
  if (colon == text.npos || colon == 0) return std::nullopt;
  return InVolume{text.substr(0, colon), text.substr(colon + 1)};
}

bool is_directory(FileTree& tree, const std::string& path) {
  const auto entry = tree.look_up(path);
  return entry.ok() && S_ISDIR(entry->record.mode);
}

/// From the machine into the volume.
class In {
 public:
  In(FileTree& tree, bool recursive) : tree_(tree), recursive_(recursive) {}

  Result<void> copy(const std::string& from, const std::string& to) {
    struct stat status {};
    // What was named may be a link to it; what lies below is copied as the link that it is.
    if ((depth_ == 0 ? ::stat : ::lstat)(from.c_str(), &status) != 0) return system_error(from + ": cannot read");
    if (S_ISDIR(status.st_mode)) return copy_directory(from, to, status);
    if (S_ISLNK(status.st_mode)) return copy_link(from, to);
    if (!S_ISREG(status.st_mode)) return bad_input(from + ": neither a file nor a directory nor a symbolic link");
    return copy_file(from, to);
  }

 private:
  Result<void> copy_file(const std::string& from, const std::string& to) {
    const Descriptor file(::open(from.c_str(), O_RDONLY | O_CLOEXEC | (depth_ == 0 ? 0 : O_NOFOLLOW)));
    struct stat status {};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) return system_error(from + ": cannot read");
    const u64 object = TRY(tree_.create_file(to, status.st_mode & kPermissions));
    std::vector<u8> piece(kPiece);
    for (u64 offset = 0;;) {
      const ssize_t count = ::read(file.number(), piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error(from + ": cannot read");
      if (count == 0) break;
      TRY(tree_.write(object, offset, ByteView(piece).first(static_cast<size_t>(count))));
      offset += static_cast<u64>(count);
    }
    return set_attributes(to, &status);
  }

  Result<void> copy_directory(const std::string& from, const std::string& to, const struct stat& status) {
    if (!recursive_) return bad_input(from + ": is a directory; copy it with -r");
    if (!is_directory(tree_, to)) TRY(tree_.make_directory(to, status.st_mode & kPermissions));
    ++depth_;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(from, error)) {
      TRY(copy(entry.path().string(), to + "/" + entry.path().filename().string()));
    }
    if (error) return bad_input(from + ": cannot read: " + error.message());
    --depth_;
    return set_attributes(to, &status);
  }

  Result<void> copy_link(const std::string& from, const std::string& to) {
    std::error_code error;
    const auto target = fs::read_symlink(from, error);
    if (error) return bad_input(from + ": cannot read: " + error.message());
    if (tree_.look_up(to).ok()) TRY(tree_.remove(to));
    TRY(tree_.make_symbolic_link(target.string(), to));
    return set_attributes(to, nullptr);
  }

  Result<void> set_attributes(const std::string& path, const struct stat* status) {
    auto entry = TRY(tree_.look_up(path));
    entry.record.user = entry.record.group = kProgramUser;
    if (status != nullptr) entry.record.modified = status->st_mtim.tv_sec * kNanoseconds + status->st_mtim.tv_nsec;
    return tree_.set_attributes(entry.object, entry.record);
  }

  FileTree& tree_;
  bool recursive_;
  int depth_ = 0;
};

/// Out of the volume.
class Out {
 public:
  Out(FileTree& tree, bool recursive) : tree_(tree), recursive_(recursive) {}

  Result<void> copy(const std::string& from, const std::string& to) {
    const auto entry = TRY(tree_.look_up(from));
    if (S_ISDIR(entry.record.mode)) return copy_directory(from, to, entry);
    if (S_ISLNK(entry.record.mode)) return copy_link(to, entry);
    if (!S_ISREG(entry.record.mode)) return bad_input(from + ": neither a file nor a directory nor a symbolic link");
    return copy_file(to, entry);
  }

 private:
  Result<void> copy_file(const std::string& to, const FileTree::Entry& entry) {
    // A link that stands there is replaced, not followed.
    if (fs::is_symlink(fs::symlink_status(to))) ::unlink(to.c_str());
    const Descriptor file(
        ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, entry.record.mode & kPermissions));
    if (file.number() < 0) return system_error(to + ": cannot write");
    std::vector<u8> piece(kPiece);
    for (u64 offset = 0; offset < entry.record.size;) {
      const u64 count = TRY(tree_.read(entry.object, offset, piece));
      if (count == 0) break;
      for (u64 written = 0; written < count;) {
        const ssize_t more = ::write(file.number(), piece.data() + written, count - written);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return system_error(to + ": cannot write");
        written += static_cast<u64>(more);
      }
      offset += count;
    }
    const timespec modified{entry.record.modified / kNanoseconds, entry.record.modified % kNanoseconds};
    const timespec times[2] = {modified, modified};
    ::futimens(file.number(), times);
    return {};
  }

  Result<void> copy_directory(const std::string& from, const std::string& to, const FileTree::Entry& entry) {
    if (!recursive_) return bad_input(from + ": is a directory; copy it with -r");
    // Writable while it is being filled.
    if (::mkdir(to.c_str(), (entry.record.mode & kPermissions) | S_IRWXU) != 0 && (errno != EEXIST || !fs::is_directory(to))) {
      return system_error(to + ": cannot make the directory");
    }
    for (const auto& below : TRY(tree_.list(from))) TRY(copy(from + "/" + below.name, to + "/" + below.name));
    ::chmod(to.c_str(), entry.record.mode & kPermissions);
    return {};
  }

  Result<void> copy_link(const std::string& to, const FileTree::Entry& entry) {
    std::vector<u8> bytes(entry.record.size);
    TRY(tree_.read(entry.object, 0, bytes));
    const std::string target(bytes.begin(), bytes.end());
    ::unlink(to.c_str());
    if (::symlink(target.c_str(), to.c_str()) != 0) return system_error(to + ": cannot make the symbolic link");
    return {};
  }

  FileTree& tree_;
  bool recursive_;
};

}  // namespace

Result<int> volume_cp(const VolumeCommandOptions& options) {
  const auto from = in_volume(options.from), to = in_volume(options.to);
  if (from.has_value() == to.has_value()) return bad_input("cp: expected one of the two to be in a volume: FOLDER:/PATH");
  if (to) {
    const auto opened = TRY(open_volume(to->folder, options.key_file, Open::to_write));
    // A state that is made here could not say what the service knows now, and would be refused or passed over by who asks it.
    if (opened.volume->info().anchored.generation != 0) {
      return bad_input(volume_file_of(to->folder) +
                       ": a freshness service keeps this volume, and is not asked here: copy in with a program that asks it");
    }
    const bool into = is_directory(*opened.tree, to->path);
    TRY(In(*opened.tree, options.recursive).copy(options.from, into ? to->path + "/" + last_name(options.from) : to->path));
    TRY(opened.tree->commit());
    return exit_code::ok;
  }
  const auto opened = TRY(open_volume(from->folder, options.key_file, Open::to_read));
  const std::string name = last_name(from->path);
  const bool into = fs::is_directory(options.to) && !name.empty();
  TRY(Out(*opened.tree, options.recursive).copy(from->path, into ? options.to + "/" + name : options.to));
  return exit_code::ok;
}

}  // namespace sgxx::cli
