// SPDX-License-Identifier: Apache-2.0
#include "enclave/volume/anchor_file.h"

#include "enclave/host_handles.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

/// One block.
struct Contents4K {
  std::array<u8, 8> magic;
  AnchorFile::Known known;
  std::array<u8, volume::kBlockSize - 8 - sizeof(AnchorFile::Known)> zero;
};
static_assert(sizeof(Contents4K) == volume::kBlockSize);

constexpr std::array<u8, 8> kMagic = {'S', 'G', 'X', 'X', 'A', 'N', 'C', 0};
constexpr char kSuffix[] = ".new";

/// An open file of the host's.
class OpenHandle {
 public:
  static Outcome<OpenHandle> open(const host::FolderPath& path, u32 flags) {
    constexpr u32 kMode = 0600;
    const u32 handle = TRY(take_handle());
    const auto opened = host::folder_open(handle, path, flags, kMode);
    if (opened.ok()) return OpenHandle(handle);
    give_handle(handle);
    return fail(opened.error());
  }
  OpenHandle(OpenHandle&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
  OpenHandle& operator=(OpenHandle&&) = delete;
  ~OpenHandle() {
    if (handle_ != 0) close_handle(handle_);
  }
  u32 number() const { return handle_; }

 private:
  explicit OpenHandle(u32 handle) : handle_(handle) {}
  u32 handle_;
};

}  // namespace

Outcome<std::optional<AnchorFile::Known>> AnchorFile::read() const {
  constexpr u32 kReadOnly = 0;
  const auto file = OpenHandle::open({folder_, name_}, kReadOnly);
  if (!file.ok() && file.error() == Errno::noent) return std::optional<Known>();
  if (!file.ok()) return fail(file.error());
  Contents4K contents;
  u8* const to = reinterpret_cast<u8*>(&contents);
  if (TRY(host::file_read_blocks(file->number(), 0, {&to, 1})) != 1 || contents.magic != kMagic) return fail(Errno::badmsg);
  return std::optional<Known>(contents.known);
}

Outcome<> AnchorFile::write_new(Text name, const Known& known) const {
  constexpr u32 kWriteOnly = 1, kCreate = 0100, kTruncate = 01000;
  const OpenHandle file = TRY(OpenHandle::open({folder_, name}, kWriteOnly | kCreate | kTruncate));
  Contents4K contents{};
  contents.magic = kMagic;
  contents.known = known;
  const u64 written = TRY(host::file_write_bytes(file.number(), 0, as_bytes_of(contents)));
  if (written != sizeof contents) return fail(Errno::io);
  return host::file_sync(file.number(), false);
}

Outcome<> AnchorFile::write(const Known& known) const {
  std::array<char, 256> other;
  const u64 length = name_.length + sizeof(kSuffix) - 1;
  if (length > other.size()) return fail(Errno::nametoolong);
  memcpy(other.data(), name_.data, name_.length);
  memcpy(other.data() + name_.length, kSuffix, sizeof(kSuffix) - 1);
  const Text fresh{other.data(), length};
  TRY(write_new(fresh, known));
  return host::folder_rename({folder_, fresh}, name_, 0);
}

}  // namespace sgxx::enclave
