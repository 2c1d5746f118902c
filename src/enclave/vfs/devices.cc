// SPDX-License-Identifier: Apache-2.0
#include "enclave/memory/runtime_memory.h"
#include "enclave/random.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/synthetic.h"

namespace sgxx::enclave {
namespace {

Outcome<> random_to_program(Transfer& transfer) {
  while (transfer.remaining() != 0) {
    const u64 word = random_word();
    TRY(transfer.to_program(&word, transfer.remaining() < sizeof(word) ? transfer.remaining() : sizeof(word)));
  }
  return {};
}

}  // namespace

Outcome<> DeviceFile::read(Transfer& transfer) {
  switch (id_) {
    case synthetic::null: return {};
    case synthetic::zero:
    case synthetic::full: return transfer.zeroes_to_program(transfer.remaining());
    default: return random_to_program(transfer);
  }
}

Outcome<> DeviceFile::write(Transfer& transfer) {
  if (id_ == synthetic::full) return transfer.remaining() == 0 ? Outcome<>{} : Outcome<>(fail(Errno::nospc));
  return transfer.skip(transfer.remaining());
}

void make_device(Text path, SyntheticId id, u64 major, u64 minor) {
  Inode& device = make_node(path, file_mode::character | 0666);
  device.synthetic = id;
  device.device = major << 8 | minor;
}

void make_synthetic_files() {
#define SGXX_X(id, path, major, minor) make_device(Text::of(path), synthetic::id, major, minor);
  SGXX_DEVICES(SGXX_X)
#undef SGXX_X
}

Outcome<FileReference> open_synthetic(Inode& inode, u32 flags) { return FileReference(TRY(create<DeviceFile>(flags, inode))); }

}  // namespace sgxx::enclave
